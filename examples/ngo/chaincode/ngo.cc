#include "ngo.h"

#include "model.h"
#include "records.h"
#include "spending.h"

namespace ngo {
namespace {

using belfry::chaincode::Contract;
using belfry::chaincode::from_text;

// The one text in an argument such as {"donorUserName": "edge"}; its other members do not matter.
Result<std::string> member(const Json& argument, const char* name) {
  const Json* value = argument.is_object() ? argument.as_object().if_contains(name) : nullptr;
  if (value == nullptr || !value->is_string()) return Error{std::string(name) + " is missing", 400};
  return std::string(value->as_string());
}

template <class T>
auto query_one(const char* id) {
  return [id](Transaction& transaction, const Json& argument) -> Result<std::string> {
    auto name = member(argument, id);
    if (!name) return name.error();
    return fetch(transaction, T::kType + *name);
  };
}

// The sample's clients send these an argument or none.
template <class T>
Result<std::vector<Found>> query_all(Transaction& transaction, const std::optional<std::string>&) {
  return list(transaction, T::kType);
}

template <class T>
auto query_by(const char* id) {
  return [id](Transaction& transaction, const Json& argument) -> Result<std::vector<Found>> {
    auto name = member(argument, id);
    if (!name) return name.error();
    return list(transaction, T::kType, id, *name);
  };
}

auto create_donation(Version version) {
  return [version](Transaction& transaction, const Donation& donation) -> Result<> {
    // All that it looks at in one question to the peer.
    const std::vector<std::string> keys = {Ngo{donation.ngoRegistrationNumber}.key(),
                                           Donor{donation.donorUserName}.key(), donation.key()};
    const auto found = transaction.get_all(keys);
    if (!found) return found.error();
    for (std::size_t i = 0; i < 2; ++i) {
      if (!found->at(i)) return Error{"there is no " + keys[i], 404};
    }
    if (auto put = put_new(transaction, donation, found->back()); !put) return put;
    if (version == Version::k1) return {};
    return transaction.set_event(
        DonationCreated::kName,
        DonationCreated{transaction.time_in_milliseconds(), donation.donorUserName,
                        donation.donationAmount, donation.ngoRegistrationNumber});
  };
}

Result<std::string> query_rating(Transaction& transaction, const Json& argument) {
  auto number = member(argument, "ngoRegistrationNumber");
  if (!number) return number.error();
  auto donor = member(argument, "donorUserName");
  if (!donor) return donor.error();
  return fetch(transaction, Rating{*number, *donor}.key());
}

Result<Json> query_history(Transaction& transaction, const Json& argument) {
  auto type = member(argument, "docType");
  if (!type) return type.error();
  auto key = member(argument, "key");
  if (!key) return key.error();
  auto changes = transaction.history(*type + *key);
  if (!changes) return changes.error();
  boost::json::array out;
  while (true) {
    auto change = changes->next();
    if (!change) return change.error();
    if (!*change) return Json(std::move(out));
    const auto since = (*change)->time.time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
    auto record =
        (*change)->value ? belfry::chaincode::parse_json(*(*change)->value) : Result<Json>(Json());
    out.push_back(boost::json::object{
        {"TxId", (*change)->transaction_id},
        {"Timestamp",
         boost::json::object{{"seconds", seconds.count()}, {"nanos", (since - seconds).count()}}},
        {"IsDelete", (*change)->value ? "false" : "true"},
        {"Record", record ? *record : Json(*(*change)->value)}});
  }
}

struct Caller {
  std::string getID;
  std::string getMSPID;
  std::string getX509Certificate;
  Optional role, affiliation, enrollmentID, fullname;
  static constexpr auto fields = std::tuple(
      field("getID", &Caller::getID), field("getMSPID", &Caller::getMSPID),
      field("getX509Certificate", &Caller::getX509Certificate), field("role", &Caller::role),
      field("affiliation", &Caller::affiliation), field("enrollmentID", &Caller::enrollmentID),
      field("fullname", &Caller::fullname));
};

Result<Caller> client_identity(Transaction& transaction) {
  auto client = transaction.client();
  if (!client) return client.error();
  return Caller{client->id,
                client->msp,
                client->certificate,
                client->attribute("role"),
                client->attribute("hf.Affiliation"),
                client->attribute("hf.EnrollmentID"),
                client->attribute("fullname")};
}

Result<std::vector<Found>> query_donors_as_manager(Transaction& transaction,
                                                   const std::optional<std::string>&) {
  auto client = transaction.client();
  if (!client) return client.error();
  if (!client->has("role", "ngo_manager"))
    return Error{"only for clients whose role is ngo_manager", 403};
  return list(transaction, Donor::kType);
}

}  // namespace

belfry::chaincode::Chaincode chaincode(Version version) {
  Contract contract("ngo");
  contract.submit("initLedger", [](Transaction&, const std::optional<std::string>&) {},
                  {"nothing"});

  contract.submit("createDonor", create<Donor>, {"donor"});
  contract.evaluate("queryDonor", query_one<Donor>("donorUserName"), {"donor"});
  contract.evaluate("queryAllDonors", query_all<Donor>, {"nothing"});
  contract.evaluate("queryAllDonorsManagerOnly", query_donors_as_manager, {"nothing"});

  contract.submit("createNGO", create<Ngo>, {"ngo"});
  contract.evaluate("queryNGO", query_one<Ngo>("ngoRegistrationNumber"), {"ngo"});
  contract.evaluate("queryAllNGOs", query_all<Ngo>, {"nothing"});

  contract.submit("createDonation", create_donation(version), {"donation"});
  contract.evaluate("queryDonation", query_one<Donation>("donationId"), {"donation"});
  contract.evaluate("queryDonationsForDonor", query_by<Donation>("donorUserName"), {"donor"});
  contract.evaluate("queryDonationsForNGO", query_by<Donation>("ngoRegistrationNumber"), {"ngo"});
  contract.evaluate("queryAllDonations", query_all<Donation>, {"nothing"});

  contract.submit("createSpend", create_spend, {"spend"});
  contract.evaluate("querySpend", query_one<Spend>("spendId"), {"spend"});
  contract.evaluate("querySpendForNGO", query_by<Spend>("ngoRegistrationNumber"), {"ngo"});
  contract.evaluate("queryAllSpend", query_all<Spend>, {"nothing"});
  contract.evaluate("querySpendAllocation", query_one<SpendAllocation>("spendAllocationId"),
                    {"allocation"});
  contract.evaluate("querySpendAllocationForDonation", query_by<SpendAllocation>("donationId"),
                    {"donation"});
  contract.evaluate("querySpendAllocationForSpend", query_by<SpendAllocation>("spendId"),
                    {"spend"});
  contract.evaluate("queryAllSpendAllocations", query_all<SpendAllocation>, {"nothing"});

  contract.submit("createRating", create<Rating>, {"rating"});
  contract.evaluate("queryRatingsForNGO", query_by<Rating>("ngoRegistrationNumber"), {"ngo"});
  contract.evaluate("queryDonorRatingsForNGO", query_rating, {"rating"});

  contract.evaluate("queryHistoryForKey", query_history, {"key"});
  contract.evaluate("getClientIdentityInfo", client_identity);

  belfry::chaincode::Chaincode out(std::move(contract));
  out.describe("donations to NGOs, and what became of them", version == Version::k1 ? "1" : "2");
  return out;
}

}  // namespace ngo
