#include "records.h"

namespace ngo {

using belfry::chaincode::parse_json;

Result<std::string> fetch(Transaction& transaction, const std::string& key) {
  auto text = transaction.get(key);
  if (!text) return text.error();
  if (!*text) return Error{"there is no " + key, 404};
  return **std::move(text);
}

Result<> must_exist(Transaction& transaction, const std::string& key) {
  const auto text = fetch(transaction, key);
  return text ? Result<>() : Result<>(text.error());
}

Result<std::vector<Found>> list(Transaction& transaction, std::string_view type,
                                std::string_view member, std::string_view text) {
  const std::string prefix(type);
  auto entries = transaction.range(prefix, prefix + "\x7f");
  if (!entries) return entries.error();
  std::vector<Found> out;
  while (true) {
    auto entry = entries->next();
    if (!entry) return entry.error();
    if (!*entry) return out;
    auto record = parse_json((*entry)->value);
    if (!record || !record->is_object()) continue;  // nothing that this chaincode wrote
    const auto has = [&record](std::string_view name, std::string_view value) {
      const Json* found = record->as_object().if_contains(name);
      return found != nullptr && found->is_string() &&
             std::string_view(found->as_string()) == value;
    };
    // The range of spend holds spendAllocation's keys, too.
    if (has("docType", type) && (member.empty() || has(member, text))) {
      out.push_back({std::move((*entry)->key), *std::move(record)});
    }
  }
}

}  // namespace ngo
