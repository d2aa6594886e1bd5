#include "cli/fabric_advice.h"

#include <gtest/gtest.h>

namespace belfry::cli {
namespace {

TEST(FabricAdvice, CountsTheSequence) {
  EXPECT_EQ(fabric_advice("status 500: failed to invoke backing implementation of "
                          "'CommitChaincodeDefinition': requested sequence is 5, but new "
                          "definition must be sequence 3"),
            "sequence must be 3: run belfry chaincode approve --sequence 3, then commit it");
  EXPECT_EQ(fabric_advice("requested sequence 3 is larger than the next available sequence "
                          "number 1"),
            "sequence must be 1: run belfry chaincode approve --sequence 1");
  EXPECT_EQ(fabric_advice("currently defined sequence 2 is larger than requested sequence 1"),
            "sequence must be 3: run belfry chaincode approve --sequence 3");
}

TEST(FabricAdvice, KnowsFabricsWords) {
  for (const char* words :
       {"Failed verifying that proposal's creator satisfies local MSP principal during channelless "
        "check policy with policy [Admins]: [The identity is not an admin under this MSP [Org1MSP]",
        "failed to invoke backing implementation of 'InstallChaincode': chaincode already "
        "successfully installed (package ID 'cli_1:ab')",
        "make sure the chaincode nosuch has been successfully defined on channel mychannel and try "
        "again: chaincode nosuch not found",
        "chaincode definition not agreed to by this org (Org1MSP)", "MVCC_READ_CONFLICT"})
    EXPECT_NE(fabric_advice(words), "") << words;
}

TEST(FabricAdvice, IsSilentOtherwise) {
  EXPECT_EQ(fabric_advice("went wrong"), "");
  EXPECT_EQ(with_advice("went wrong"), "went wrong");
  EXPECT_EQ(fabric_advice("but new definition must be sequence x"), "");
}

}  // namespace
}  // namespace belfry::cli
