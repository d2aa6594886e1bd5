// Key-level endorsement policies as bytes: a SignaturePolicyEnvelope that asks for every
// organisation named, the form that Fabric's own statebased helper writes.
#pragma once

#include <string>

#include "belfry/chaincode/transaction.h"

namespace belfry::chaincode {

std::string write_policy(const KeyEndorsement& endorsement);
// An error where the policy is of another form.
Result<KeyEndorsement> read_policy(const std::string& bytes);

}  // namespace belfry::chaincode
