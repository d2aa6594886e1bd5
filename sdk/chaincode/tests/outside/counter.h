#pragma once

#include <belfry/chaincode/contract.h>

belfry::chaincode::Chaincode counters();
