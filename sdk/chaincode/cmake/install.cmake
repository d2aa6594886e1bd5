# cmake --install BUILD --component chaincode-sdk: headers, libraries and find_package(BelfryChaincode).
include(CMakePackageConfigHelpers)
set(where "${CMAKE_INSTALL_LIBDIR}/cmake/BelfryChaincode")
install(TARGETS belfry_chaincode belfry_chaincode_testing belfry_protos EXPORT BelfryChaincode
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT chaincode-sdk)
install(DIRECTORY include/ testing/include/ DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT chaincode-sdk)
install(EXPORT BelfryChaincode NAMESPACE Belfry:: DESTINATION "${where}" COMPONENT chaincode-sdk)
configure_file(cmake/BelfryChaincodeConfig.cmake.in BelfryChaincodeConfig.cmake @ONLY)
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/BelfryChaincodeConfigVersion.cmake"
                                 VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/BelfryChaincodeConfig.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/BelfryChaincodeConfigVersion.cmake"
        DESTINATION "${where}" COMPONENT chaincode-sdk)
