#include "spending.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace ngo {
namespace {

std::string text(Amount amount) {
  return belfry::chaincode::to_json_text(amount);
}

Amount sum(const std::vector<Amount>& amounts) {
  return std::accumulate(amounts.begin(), amounts.end(), Amount(),
                         [](Amount one, Amount other) { return Amount{one.cents + other.cents}; });
}

// What is left of each donation.
Result<std::vector<Amount>> purses(Transaction& transaction, const std::string& ngo,
                                   const std::vector<Donation>& donations) {
  auto allocations = list_of<SpendAllocation>(transaction, "ngoRegistrationNumber", ngo);
  if (!allocations) return allocations.error();
  std::map<std::string, std::int64_t> spent;
  for (const auto& allocation : *allocations)
    spent[allocation.donationId] += allocation.spendAllocationAmount.cents;
  std::vector<Amount> out;
  for (const auto& donation : donations) {
    out.push_back(
        {std::max<std::int64_t>(0, donation.donationAmount.cents - spent[donation.donationId])});
  }
  return out;
}

}  // namespace

std::optional<std::vector<Amount>> divide(Amount spend, const std::vector<Amount>& purses) {
  if (spend > sum(purses)) return std::nullopt;
  std::vector<Amount> gives(purses.size());
  std::int64_t left = spend.cents;
  while (left > 0) {  // each round empties a purse or is the last
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < purses.size(); ++i) {
      if (gives[i] < purses[i]) open.push_back(i);
    }
    const auto count = static_cast<std::int64_t>(open.size());
    const std::int64_t share = left / count;
    std::int64_t odd = left % count;
    for (const std::size_t i : open) {
      const std::int64_t wanted = share + (odd > 0 ? 1 : 0);
      odd -= odd > 0 ? 1 : 0;
      const std::int64_t given = std::min(wanted, purses[i].cents - gives[i].cents);
      gives[i].cents += given;
      left -= given;
    }
  }
  return gives;
}

Result<> create_spend(Transaction& transaction, const Spend& spend) {
  if (auto fine = must_exist(transaction, Ngo{spend.ngoRegistrationNumber}.key()); !fine)
    return fine;
  auto donations =
      list_of<Donation>(transaction, "ngoRegistrationNumber", spend.ngoRegistrationNumber);
  if (!donations) return donations.error();
  auto available = purses(transaction, spend.ngoRegistrationNumber, *donations);
  if (!available) return available.error();
  const auto parts = divide(spend.spendAmount, *available);
  if (!parts) {
    return Error{"NGO " + spend.ngoRegistrationNumber + " has " + text(sum(*available)) +
                     " left to spend, not " + text(spend.spendAmount),
                 409};
  }
  if (auto created = create(transaction, spend); !created) return created;
  int number = 0;
  for (std::size_t i = 0; i < parts->size(); ++i) {
    if (parts->at(i).cents == 0) continue;
    // The id must be the same on every peer that runs this.
    const SpendAllocation allocation{transaction.id() + "-" + std::to_string(number++),
                                     parts->at(i),
                                     spend.spendDate,
                                     spend.spendDescription,
                                     donations->at(i).donationId,
                                     spend.ngoRegistrationNumber,
                                     spend.spendId,
                                     {}};
    if (auto created = create(transaction, allocation); !created) return created;
  }
  return {};
}

}  // namespace ngo
