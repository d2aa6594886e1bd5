# One folder of src/ is one library. belfry_library(NAME DEPS … LIBS …) makes
#   belfry_NAME        from every *.cc beside it that is no test or fuzz target,
#   belfry_NAME_test   from every *_test.cc, with tests/support,
#   NAME_X_fuzz        from every X_fuzz.cc when BELFRY_FUZZ is on.
# DEPS are other folders, LIBS outside libraries (both public: headers may use them).

add_library(belfry_options INTERFACE)
target_include_directories(belfry_options INTERFACE "${CMAKE_SOURCE_DIR}/src")
target_compile_options(belfry_options INTERFACE -Wall -Wextra -Wpedantic -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(belfry_options INTERFACE -Werror=unused-result -Werror=return-type -Werror=switch)
endif()

add_custom_target(unit_tests)
add_custom_target(fuzz_targets)

function(belfry_library name)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|/main)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  list(TRANSFORM ARG_DEPS PREPEND belfry_)

  if(sources)
    add_library(belfry_${name} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(belfry_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_link_libraries(belfry_${name} ${scope} belfry_options ${ARG_DEPS} ${ARG_LIBS})

  if(BELFRY_TESTS AND tests)
    add_executable(belfry_${name}_test ${tests})
    target_link_libraries(belfry_${name}_test PRIVATE belfry_${name} belfry_test_support GTest::gtest GTest::gmock GTest::gtest_main)
    add_dependencies(unit_tests belfry_${name}_test)
    gtest_discover_tests(belfry_${name}_test TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                         PROPERTIES TIMEOUT 300 LABELS "unit")
  endif()
  if(BELFRY_FUZZ)
    foreach(source ${fuzzers})
      get_filename_component(base ${source} NAME_WE)
      add_executable(${name}_${base} ${source})
      target_link_libraries(${name}_${base} PRIVATE belfry_${name})
      target_link_options(${name}_${base} PRIVATE -fsanitize=fuzzer)
      add_dependencies(fuzz_targets ${name}_${base})
    endforeach()
  endif()
endfunction()
