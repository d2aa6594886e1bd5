// Records in the ledger: create one, fetch one, list those that match.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/chaincode/transaction.h"

namespace ngo {

using belfry::chaincode::Error;
using belfry::chaincode::Json;
using belfry::chaincode::Result;
using belfry::chaincode::Transaction;

// A record as the lists show it.
struct Found {
  std::string Key;
  Json Record;
  static constexpr auto fields = std::tuple(belfry::chaincode::field("Key", &Found::Key),
                                            belfry::chaincode::field("Record", &Found::Record));
};

// The text of a record that has to be there.
Result<std::string> fetch(Transaction& transaction, const std::string& key);
Result<> must_exist(Transaction& transaction, const std::string& key);

// All records of a type, or those with this text in a member. Reads the type's whole range: the
// state is kept in LevelDB, which has no other index.
Result<std::vector<Found>> list(Transaction& transaction, std::string_view type,
                                std::string_view member = {}, std::string_view text = {});

// Puts a new record. `found` is what its key holds already.
template <class T>
Result<> put_new(Transaction& transaction, T record, const std::optional<std::string>& found) {
  if (record.key().size() == std::string_view(T::kType).size())
    return Error{std::string(T::kType) + " has an empty id", 400};
  if (found) return Error{record.key() + " exists already", 409};
  record.docType = T::kType;
  return transaction.put(record.key(), record);
}

template <class T>
Result<> create(Transaction& transaction, T record) {
  const auto found = transaction.get(record.key());
  if (!found) return found.error();
  return put_new(transaction, std::move(record), *found);
}

// A record's type, and the member of the argument that names it.
template <class T>
Result<std::vector<T>> list_of(Transaction& transaction, std::string_view member,
                               std::string_view text) {
  auto found = list(transaction, T::kType, member, text);
  if (!found) return found.error();
  std::vector<T> out;
  for (const Found& one : *found) {
    auto record = belfry::chaincode::from_json<T>(one.Record);
    if (!record) return Error{one.Key + ": " + record.error().message};
    out.push_back(*std::move(record));
  }
  return out;
}

}  // namespace ngo
