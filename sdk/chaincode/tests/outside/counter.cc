#include "counter.h"

using namespace belfry::chaincode;

namespace {

struct Counter {
  std::string name;
  std::int64_t value = 0;
  std::optional<std::string> owner;
  static constexpr auto fields =
      std::tuple(field("name", &Counter::name), field("value", &Counter::value),
                 field("owner", &Counter::owner));
};

Result<Counter> look_up(Transaction& transaction, const std::string& name) {
  auto counter = transaction.get<Counter>(name);
  if (!counter) return counter.error();  // the peer's
  if (!*counter) return Error{"there is no counter " + name, 404};
  return **counter;
}

Result<> create(Transaction& transaction, const std::string& name) {
  if (look_up(transaction, name)) return Error{name + " exists already", 409};
  auto client = transaction.client();
  if (!client) return client.error();
  return transaction.put(name, Counter{name, 0, client->common_name});
}

Result<std::int64_t> add(Transaction& transaction, const std::string& name, std::int64_t amount) {
  auto counter = look_up(transaction, name);
  if (!counter) return counter.error();
  counter->value += amount;
  if (auto put = transaction.put(name, *counter); !put) return put.error();
  if (auto set = transaction.set_event("added", *counter); !set) return set.error();
  return counter->value;
}

}  // namespace

Chaincode counters() {
  Contract contract("counters");
  contract.submit("create", create, {"name"});
  contract.submit("add", add, {"name", "amount"});
  contract.evaluate("read", look_up, {"name"});
  return Chaincode(std::move(contract));
}
