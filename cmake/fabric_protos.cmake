# Fabric's protocol classes, a library of their own (belfry_protos). Their definitions are not in this
# repository: `./dev setup` takes them from Maven's fabric-protos as one descriptor set, and protoc reads that.
set(FABRIC_DESCRIPTORS "${CMAKE_SOURCE_DIR}/.cache/fabric.descriptors" CACHE FILEPATH "FileDescriptorSet of Fabric's protocol")
if(NOT EXISTS "${FABRIC_DESCRIPTORS}")
  message(FATAL_ERROR "${FABRIC_DESCRIPTORS} is missing: run ./dev setup first")
endif()

set(messages
  common/collection common/common common/configtx common/configuration common/ledger common/policies
  msp/identities msp/msp_config msp/msp_principal
  ledger/rwset/rwset ledger/rwset/kvrwset/kv_rwset ledger/queryresult/kv_query_result
  orderer/configuration orderer/smartbft/configuration orderer/etcdraft/configuration
  peer/chaincode peer/chaincode_event peer/collection peer/configuration peer/policy peer/proposal
  peer/proposal_response peer/query peer/resources peer/signed_cc_dep_spec peer/transaction
  peer/lifecycle/lifecycle peer/lifecycle/chaincode_definition peer/lifecycle/db
  gossip/message discovery/protocol)
set(services orderer/ab peer/events peer/peer peer/chaincode_shim gateway/gateway discovery/protocol)

set(out "${CMAKE_BINARY_DIR}/protos")
file(MAKE_DIRECTORY "${out}")
get_target_property(grpc_plugin gRPC::grpc_cpp_plugin LOCATION)
set(generated "")
set(protos "")
foreach(name ${messages} ${services})
  list(APPEND protos ${name}.proto)
  list(APPEND generated "${out}/${name}.pb.cc")
endforeach()
foreach(name ${services})
  list(APPEND generated "${out}/${name}.grpc.pb.cc")
endforeach()
list(REMOVE_DUPLICATES protos)
list(REMOVE_DUPLICATES generated)
list(TRANSFORM services APPEND .proto OUTPUT_VARIABLE service_protos)

add_custom_command(
  OUTPUT ${generated}
  COMMAND protobuf::protoc "--descriptor_set_in=${FABRIC_DESCRIPTORS}" "--cpp_out=${out}" ${protos}
  COMMAND protobuf::protoc "--descriptor_set_in=${FABRIC_DESCRIPTORS}" "--grpc_out=${out}"
          "--plugin=protoc-gen-grpc=${grpc_plugin}" ${service_protos}
  DEPENDS "${FABRIC_DESCRIPTORS}"
  COMMENT "Generating Fabric's protocol classes")
add_library(belfry_protos STATIC ${generated})
target_include_directories(belfry_protos SYSTEM PUBLIC "$<BUILD_INTERFACE:${out}>")
target_link_libraries(belfry_protos PUBLIC gRPC::grpc++ protobuf::libprotobuf)
target_compile_options(belfry_protos PRIVATE -w)
if(BELFRY_SANITIZE STREQUAL "thread")
  target_compile_options(belfry_protos PUBLIC "$<BUILD_INTERFACE:SHELL:-include ${CMAKE_SOURCE_DIR}/cmake/protobuf_under_tsan.h>")
endif()
