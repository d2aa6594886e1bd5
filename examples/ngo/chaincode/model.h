// What the donation application keeps in the ledger, one record per key; a key is the record's
// docType and its id.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "belfry/chaincode/json.h"

namespace ngo {

using belfry::chaincode::field;
using belfry::chaincode::Json;
using belfry::chaincode::others;
using Optional = std::optional<std::string>;
// Members of a record that the application has no use for, but its clients may.
using Rest = boost::json::object;

// Money, to the cent. In JSON a number; clients may also send the number as text, as the
// application's first ones did.
struct Amount {
  std::int64_t cents = 0;
  friend auto operator<=>(const Amount&, const Amount&) = default;
};

struct Donor {
  static constexpr const char* kType = "donor";
  std::string donorUserName;
  Rest rest;  // email, registeredDate
  Optional docType;
  std::string key() const { return kType + donorUserName; }
  static constexpr auto fields =
      std::tuple(field("donorUserName", &Donor::donorUserName), others(&Donor::rest),
                 field("docType", &Donor::docType));
};

struct Ngo {
  static constexpr const char* kType = "ngo";
  std::string ngoRegistrationNumber;
  Rest rest;  // ngoName, ngoDescription, address, contactNumber, contactEmail
  Optional docType;
  std::string key() const { return kType + ngoRegistrationNumber; }
  static constexpr auto fields =
      std::tuple(field("ngoRegistrationNumber", &Ngo::ngoRegistrationNumber), others(&Ngo::rest),
                 field("docType", &Ngo::docType));
};

struct Donation {
  static constexpr const char* kType = "donation";
  std::string donationId;
  Amount donationAmount;
  Optional donationDate;
  std::string donorUserName;
  std::string ngoRegistrationNumber;
  Rest rest;
  Optional docType;
  std::string key() const { return kType + donationId; }
  static constexpr auto fields =
      std::tuple(field("donationId", &Donation::donationId),
                 field("donationAmount", &Donation::donationAmount),
                 field("donationDate", &Donation::donationDate),
                 field("donorUserName", &Donation::donorUserName),
                 field("ngoRegistrationNumber", &Donation::ngoRegistrationNumber),
                 others(&Donation::rest), field("docType", &Donation::docType));
};

struct Spend {
  static constexpr const char* kType = "spend";
  std::string spendId;
  Amount spendAmount;
  Optional spendDate;
  Optional spendDescription;
  std::string ngoRegistrationNumber;
  Rest rest;
  Optional docType;
  std::string key() const { return kType + spendId; }
  static constexpr auto fields = std::tuple(
      field("spendId", &Spend::spendId), field("spendAmount", &Spend::spendAmount),
      field("spendDate", &Spend::spendDate), field("spendDescription", &Spend::spendDescription),
      field("ngoRegistrationNumber", &Spend::ngoRegistrationNumber), others(&Spend::rest),
      field("docType", &Spend::docType));
};

// The part of a donation that went into a spend.
struct SpendAllocation {
  static constexpr const char* kType = "spendAllocation";
  std::string spendAllocationId;
  Amount spendAllocationAmount;
  Optional spendAllocationDate;
  Optional spendAllocationDescription;
  std::string donationId;
  std::string ngoRegistrationNumber;
  std::string spendId;
  Optional docType;
  std::string key() const { return kType + spendAllocationId; }
  static constexpr auto fields =
      std::tuple(field("docType", &SpendAllocation::docType),
                 field("spendAllocationId", &SpendAllocation::spendAllocationId),
                 field("spendAllocationAmount", &SpendAllocation::spendAllocationAmount),
                 field("spendAllocationDate", &SpendAllocation::spendAllocationDate),
                 field("spendAllocationDescription", &SpendAllocation::spendAllocationDescription),
                 field("donationId", &SpendAllocation::donationId),
                 field("ngoRegistrationNumber", &SpendAllocation::ngoRegistrationNumber),
                 field("spendId", &SpendAllocation::spendId));
};

struct Rating {
  static constexpr const char* kType = "rating";
  std::string ngoRegistrationNumber;
  std::string donorUserName;
  double rating = 0;
  Rest rest;
  Optional docType;
  std::string key() const { return kType + ngoRegistrationNumber + donorUserName; }
  static constexpr auto fields =
      std::tuple(field("ngoRegistrationNumber", &Rating::ngoRegistrationNumber),
                 field("donorUserName", &Rating::donorUserName), field("rating", &Rating::rating),
                 others(&Rating::rest), field("docType", &Rating::docType));
};

// The event of version 2, for those who listen.
struct DonationCreated {
  static constexpr const char* kName = "Donation created";
  std::int64_t createdAt = 0;  // milliseconds since 1970, of the transaction
  std::string createdBy;
  Amount donationAmount;
  std::string ngoRegistrationNumber;
  static constexpr auto fields =
      std::tuple(field("createdAt", &DonationCreated::createdAt),
                 field("createdBy", &DonationCreated::createdBy),
                 field("donationAmount", &DonationCreated::donationAmount),
                 field("ngoRegistrationNumber", &DonationCreated::ngoRegistrationNumber));
};

}  // namespace ngo

template <>
struct belfry::chaincode::Codec<ngo::Amount> {
  static Result<ngo::Amount> read(const Json& value);
  static Json write(ngo::Amount value);
  static Json schema() { return detail::type_schema("number", "double"); }
};
