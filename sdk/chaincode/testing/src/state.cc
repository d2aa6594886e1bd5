#include "state.h"

namespace belfry::chaincode::testing {

const Value* State::find(const Where& where) const {
  const auto found = values_.find(where);
  return found == values_.end() ? nullptr : &found->second;
}

Version State::version(const Where& where) const {
  const Value* value = find(where);
  return value == nullptr ? Version() : Version(value->version);
}

std::vector<std::pair<std::string, Value>> State::range(const std::string& space,
                                                        const RangeRequest& request) const {
  std::vector<std::pair<std::string, Value>> out;
  for (auto at = values_.lower_bound({space, request.collection, request.from});
       at != values_.end(); ++at) {
    const auto& [its_space, collection, key] = at->first;
    if (its_space != space || collection != request.collection ||
        (!request.to.empty() && key >= request.to))
      break;
    out.emplace_back(key, at->second);
  }
  return out;
}

std::vector<Change> State::history(const Where& where) const {
  const auto found = history_.find(where);
  if (found == history_.end()) return {};
  return {found->second.rbegin(), found->second.rend()};
}

void State::apply(const std::string& space, const Write& write, std::uint64_t version,
                  const std::string& transaction, Time time) {
  const Where where{space, write.collection, write.key};
  if (write.kind == Write::Kind::kEndorsement) {
    // A policy for a key that is not there is dropped, as peers do.
    if (const auto found = values_.find(where); found != values_.end()) {
      found->second.policy = write.value;
      found->second.version = version;
    }
    return;
  }
  const bool put = write.kind == Write::Kind::kPut && !write.value.empty();
  if (write.collection.empty()) {
    history_[where].push_back({transaction, put ? std::optional(write.value) : std::nullopt, time});
  }
  if (put) {
    auto& value = values_[where];
    value.text = write.value;
    value.version = version;
  } else {
    values_.erase(where);
  }
}

}  // namespace belfry::chaincode::testing
