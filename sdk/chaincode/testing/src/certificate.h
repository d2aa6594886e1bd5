// Certificates for the clients of tests.
#pragma once

#include <string>

#include "belfry/chaincode/testing/ledger.h"

namespace belfry::chaincode::testing {

// PEM, signed by a key of its own, valid for some days around now.
std::string make_certificate(const Client& client);

}  // namespace belfry::chaincode::testing
