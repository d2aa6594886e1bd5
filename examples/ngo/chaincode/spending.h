// How a spend is divided among the donations that pay for it.
#pragma once

#include <optional>
#include <vector>

#include "model.h"
#include "records.h"

namespace ngo {

// What each of the purses gives, in their order, so that all give alike: equal shares; a purse that
// holds less gives what it has, and the others share the rest. Odd cents fall on the first ones.
// None where together they hold too little.
std::optional<std::vector<Amount>> divide(Amount spend, const std::vector<Amount>& purses);

// Records a spend of an NGO and, per donation that pays for it, a SpendAllocation.
Result<> create_spend(Transaction& transaction, const Spend& spend);

}  // namespace ngo
