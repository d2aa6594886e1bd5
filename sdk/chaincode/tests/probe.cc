#include "probe.h"

#include <cstdlib>
#include <thread>

namespace belfry::chaincode {
namespace {

using Text = std::string;
using Texts = std::vector<std::string>;

struct KeyValue {
  Text key, value;
  static constexpr auto fields =
      std::tuple(field("key", &KeyValue::key), field("value", &KeyValue::value));
};
struct Listed {
  Text objectType;
  Texts attributes;
  static constexpr auto fields = std::tuple(field("objectType", &Listed::objectType),
                                            field("attributes", &Listed::attributes));
};
struct Past {
  Text txId;
  bool isDelete = false;
  Text value;
  static constexpr auto fields = std::tuple(
      field("txId", &Past::txId), field("isDelete", &Past::isDelete), field("value", &Past::value));
};
struct PageOut {
  Texts keys;
  std::int64_t fetched = 0;
  Text bookmark;
  static constexpr auto fields =
      std::tuple(field("keys", &PageOut::keys), field("fetched", &PageOut::fetched),
                 field("bookmark", &PageOut::bookmark));
};
struct Answer {
  int status = 0;
  Text message, payload;
  static constexpr auto fields =
      std::tuple(field("status", &Answer::status), field("message", &Answer::message),
                 field("payload", &Answer::payload));
};
struct Who {
  Text msp, id, common_name;
  Texts units;
  std::map<Text, Text> attributes;
  Text time, channel, transaction, function;
  static constexpr auto fields = std::tuple(
      field("msp", &Who::msp), field("id", &Who::id), field("common_name", &Who::common_name),
      field("units", &Who::units), field("attributes", &Who::attributes), field("time", &Who::time),
      field("channel", &Who::channel), field("transaction", &Who::transaction),
      field("function", &Who::function));
};

Result<Text> text_of(Result<std::optional<Text>> value) {
  if (!value) return value.error();
  return value->value_or("");
}

Text hex(const Text& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  Text out;
  for (const unsigned char byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

Result<> put(Transaction& tx, const Text& key, const Text& value) {
  return tx.put(key, value);
}

void add_state(Contract& contract) {
  contract.submit("put", put);
  contract.evaluate("get", [](Transaction& tx, const Text& key) { return text_of(tx.get(key)); });
  contract.evaluate("getMany", [](Transaction& tx, const Texts& keys) -> Result<Texts> {
    auto values = tx.get_all(keys);
    if (!values) return values.error();
    Texts out;
    for (auto& value : *values) out.push_back(value.value_or("(none)"));
    return out;
  });
  contract.submit("putMany", [](Transaction& tx, const Text& prefix, int count) -> Result<> {
    for (int i = 0; i < count; ++i) {
      Text number = std::to_string(i);
      if (auto put = tx.put(prefix + Text(5 - number.size(), '0') + number, "v" + number); !put)
        return put;
    }
    return {};
  });
  contract.submit("del", [](Transaction& tx, const Text& key) { return tx.remove(key); });
  contract.submit("readOwnWrite",
                  [](Transaction& tx, const Text& key, const Text& value) -> Result<Text> {
                    if (auto put = tx.put(key, value); !put) return put.error();
                    return text_of(tx.get(key));
                  });
  contract.submit("bump", [](Transaction& tx, const Text& key) -> Result<std::int64_t> {
    auto number = tx.get<std::int64_t>(key);
    if (!number) return number.error();
    const std::int64_t next = number->value_or(0) + 1;
    if (auto put = tx.put(key, std::to_string(next)); !put) return put.error();
    return next;
  });
  contract.evaluate("history", [](Transaction& tx, const Text& key) -> Result<std::vector<Past>> {
    auto changes = tx.history(key);
    if (!changes) return changes.error();
    auto all = changes->all();
    if (!all) return all.error();
    std::vector<Past> out;
    for (auto& change : *all)
      out.push_back({change.transaction_id, !change.value, change.value.value_or("")});
    return out;
  });
  contract.evaluate("rich", [](Transaction& tx, const Text& query) -> Result<> {
    auto entries = tx.query(query);
    return entries ? Result<>() : Result<>(entries.error());
  });
  contract.submit("setPolicy", [](Transaction& tx, const Text& key, const Text& organisation) {
    return tx.set_endorsement(key, {{organisation}, Role::kMember});
  });
  contract.evaluate("getPolicy", [](Transaction& tx, const Text& key) -> Result<Texts> {
    auto policy = tx.endorsement(key);
    if (!policy) return policy.error();
    return *policy ? (*policy)->organisations : Texts();
  });
}

void add_ranges(Contract& contract) {
  contract.evaluate(
      "range",
      [](Transaction& tx, const Text& from, const Text& to) -> Result<std::vector<KeyValue>> {
        auto entries = tx.range(from, to);
        if (!entries) return entries.error();
        auto all = entries->all();
        if (!all) return all.error();
        std::vector<KeyValue> out;
        for (auto& entry : *all) out.push_back({entry.key, entry.value});
        return out;
      });
  contract.evaluate("firstOfRange",
                    [](Transaction& tx, const Text& from, const Text& to) -> Result<Text> {
                      auto entries = tx.range(from, to);
                      if (!entries) return entries.error();
                      auto first = entries->next();
                      if (!first) return first.error();
                      return *first ? (*first)->key : Text();
                    });
  const auto page = [](Transaction& tx, const Text& from, const Text& to, int size,
                       const Text& bookmark) -> Result<PageOut> {
    auto page = tx.page(from, to, size, bookmark);
    if (!page) return page.error();
    PageOut out{{}, static_cast<std::int64_t>(page->entries.size()), page->bookmark};
    for (auto& entry : page->entries) out.keys.push_back(entry.key);
    return out;
  };
  contract.evaluate("rangePage", page);
  contract.submit("rangePageThenWrite",
                  [page](Transaction& tx, const Text& from, const Text& to, int size,
                         const Text& key) -> Result<> {
                    if (auto read = page(tx, from, to, size, ""); !read) return read.error();
                    return tx.put(key, "w");
                  });
  contract.submit("writeThenRange",
                  [](Transaction& tx, const Text& key, const Text& from,
                     const Text& to) -> Result<std::int64_t> {
                    if (auto put = tx.put(key, "w"); !put) return put.error();
                    auto entries = tx.range(from, to);
                    if (!entries) return entries.error();
                    auto all = entries->all();
                    if (!all) return all.error();
                    return static_cast<std::int64_t>(all->size());
                  });
  contract.submit(
      "compositeKey",
      [](Transaction& tx, const Text& type, const Text& one, const Text& other) -> Result<> {
        auto key = composite_key(type, {one, other});
        return key ? tx.put(*key, "c") : Result<>(key.error());
      });
  contract.evaluate(
      "compositeRange",
      [](Transaction& tx, const Text& type, const Text& one) -> Result<std::vector<Listed>> {
        auto entries = tx.range_of(type, {one});
        if (!entries) return entries.error();
        auto all = entries->all();
        if (!all) return all.error();
        std::vector<Listed> out;
        for (auto& entry : *all) {
          auto key = split_composite_key(entry.key);
          if (!key) return key.error();
          out.push_back({key->type, key->attributes});
        }
        return out;
      });
}

void add_private(Contract& contract) {
  contract.submit("putPrivate",
                  [](Transaction& tx, const Text& collection, const Text& key) -> Result<> {
                    auto value = tx.transient("value");
                    if (!value) return Error{"transient value is missing", 400};
                    return tx.collection(collection).put(key, *value);
                  });
  contract.evaluate("getPrivate", [](Transaction& tx, const Text& collection, const Text& key) {
    return text_of(tx.collection(collection).get(key));
  });
  contract.evaluate("getPrivateHash",
                    [](Transaction& tx, const Text& collection, const Text& key) -> Result<Text> {
                      auto hash = tx.collection(collection).hash(key);
                      if (!hash) return hash.error();
                      return hex(hash->value_or(""));
                    });
  contract.evaluate("rangePrivate",
                    [](Transaction& tx, const Text& collection, const Text& from,
                       const Text& to) -> Result<Texts> {
                      auto entries = tx.collection(collection).range(from, to);
                      if (!entries) return entries.error();
                      auto all = entries->all();
                      if (!all) return all.error();
                      Texts out;
                      for (auto& entry : *all) out.push_back(entry.key);
                      return out;
                    });
  contract.submit("delPrivate", [](Transaction& tx, const Text& collection, const Text& key) {
    return tx.collection(collection).remove(key);
  });
  contract.submit("purgePrivate", [](Transaction& tx, const Text& collection, const Text& key) {
    return tx.collection(collection).purge(key);
  });
}

void add_calls(Contract& contract) {
  // The arguments for the other chaincode follow the channel; at most three here.
  using More = std::optional<Text>;
  const auto call = [](Transaction& tx, const Text& name, const Text& channel, const Text& function,
                       const More& one, const More& two) -> Result<Response> {
    Texts arguments{function};
    for (const auto& more : {one, two}) {
      if (more) arguments.push_back(*more);
    }
    return tx.call(name, arguments, channel);
  };
  contract.submit("callOther",
                  [call](Transaction& tx, const Text& name, const Text& channel,
                         const Text& function, const More& one, const More& two) -> Result<Answer> {
                    auto response = call(tx, name, channel, function, one, two);
                    if (!response) return response.error();
                    return Answer{response->status, response->message, response->payload};
                  });
  contract.submit("callOtherEvent",
                  [call](Transaction& tx, const Text& name, const Text& function, const More& one,
                         const More& two) -> Result<Text> {
                    auto response = call(tx, name, "", function, one, two);
                    if (!response) return response.error();
                    const Text status = std::to_string(response->status);
                    if (auto set = tx.set_event("called", status); !set) return set.error();
                    return "{\"status\":" + status + "}";
                  });
  contract.submit("event", [](Transaction& tx, const Text& name, const Text& payload) -> Result<> {
    if (auto set = tx.set_event(name, payload); !set) return set;
    return tx.put("event" + tx.id(), "1");
  });
  contract.submit("twoEvents", [](Transaction& tx, const Text& one, const Text& other) -> Result<> {
    if (auto set = tx.set_event(one, "first"); !set) return set;
    if (auto set = tx.set_event(other, "second"); !set) return set;
    return tx.put("event" + tx.id(), "2");
  });
  contract.submit("eventOnly", [](Transaction& tx, const Text& name, const Text& payload) {
    return tx.set_event(name, payload);
  });
  contract.submit("fail",
                  [](Transaction&, const Text& message) -> Result<> { return Error{message}; });
  contract.submit(
      "status", [](Transaction&, int status, const Text& message, const Text& payload) -> Result<> {
        return Error{message, status, payload};
      });
  contract.submit(
      "throw", [](Transaction&, const Text& what) -> Result<> { throw std::runtime_error(what); });
  contract.submit("crash", [](Transaction& tx, const Text& key) -> Result<> {
    if (auto put = tx.put(key, "lost"); !put) return put;
    std::_Exit(3);
  });
  contract.evaluate("sleep", [](Transaction&, int milliseconds) -> Text {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    return "slept";
  });
  contract.evaluate("who", [](Transaction& tx) -> Result<Who> {
    auto client = tx.client();
    if (!client) return client.error();
    return Who{client->msp,         client->id,
               client->common_name, client->units,
               client->attributes,  std::to_string(tx.time_in_milliseconds()),
               tx.channel(),        tx.id(),
               tx.function()};
  });
}

}  // namespace

Chaincode probe() {
  Contract contract("probe");
  add_state(contract);
  add_ranges(contract);
  add_private(contract);
  add_calls(contract);
  return Chaincode(std::move(contract));
}

}  // namespace belfry::chaincode
