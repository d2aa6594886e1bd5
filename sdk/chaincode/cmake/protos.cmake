# Fabric's protocol classes, as far as chaincode needs them, for a build of the SDK alone: from a FileDescriptorSet of
# org.hyperledger.fabric:fabric-protos (README.md says how to make one; belfry's ./dev setup leaves it in .cache).
set(FABRIC_DESCRIPTORS "${CMAKE_CURRENT_LIST_DIR}/../../../.cache/fabric.descriptors" CACHE FILEPATH "FileDescriptorSet of Fabric's protocol")
if(NOT EXISTS "${FABRIC_DESCRIPTORS}")
  message(FATAL_ERROR "FABRIC_DESCRIPTORS (${FABRIC_DESCRIPTORS}) is missing: see README.md")
endif()
set(names common/common common/policies msp/identities msp/msp_principal ledger/queryresult/kv_query_result
    peer/chaincode peer/chaincode_event peer/proposal peer/proposal_response peer/chaincode_shim)
set(out "${CMAKE_CURRENT_BINARY_DIR}/protos")
file(MAKE_DIRECTORY "${out}")
get_target_property(grpc_plugin gRPC::grpc_cpp_plugin LOCATION)
list(TRANSFORM names APPEND .proto OUTPUT_VARIABLE protos)
list(TRANSFORM names PREPEND "${out}/" OUTPUT_VARIABLE generated)
list(TRANSFORM generated APPEND .pb.cc)
list(APPEND generated "${out}/peer/chaincode_shim.grpc.pb.cc")
add_custom_command(
  OUTPUT ${generated}
  COMMAND protobuf::protoc "--descriptor_set_in=${FABRIC_DESCRIPTORS}" "--cpp_out=${out}" ${protos}
  COMMAND protobuf::protoc "--descriptor_set_in=${FABRIC_DESCRIPTORS}" "--grpc_out=${out}"
          "--plugin=protoc-gen-grpc=${grpc_plugin}" peer/chaincode_shim.proto
  DEPENDS "${FABRIC_DESCRIPTORS}"
  COMMENT "Generating Fabric's protocol classes")
add_library(belfry_protos STATIC ${generated})
target_include_directories(belfry_protos SYSTEM PUBLIC "$<BUILD_INTERFACE:${out}>")
target_link_libraries(belfry_protos PUBLIC gRPC::grpc++ protobuf::libprotobuf)
target_compile_options(belfry_protos PRIVATE -w)
