#include <belfry/chaincode/testing/ledger.h>

#include <cstdio>
#include <cstdlib>

#include "counter.h"

using namespace belfry::chaincode::testing;

void expect(bool fine, const char* what) {
  if (fine) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::exit(1);
}

int main() {
  Ledger ledger(counters());
  const Client alice{.name = "alice"};
  expect(ledger.submit(alice, "create", "apples").valid(), "alice makes a counter");
  expect(ledger.submit(alice, "add", "apples", 3).response.payload == "3",
         "and counts three apples");
  expect(ledger.evaluate(alice, "read", "apples").payload ==
             R"({"name":"apples","value":3,"owner":"alice"})",
         "they are there");
  expect(ledger.events().at(0).name == "added", "and told");
  expect(ledger.evaluate(alice, "read", "pears").status == 404, "there are no pears");

  // Two at once: the second one read what the first one changed.
  const auto one = ledger.simulate(alice, {"add", {"apples", "1"}, {}});
  const auto other = ledger.simulate(alice, {"add", {"apples", "1"}, {}});
  expect(ledger.commit(*one).valid(), "the first one counts");
  expect(ledger.commit(*other).code == Code::kReadConflict, "the second one conflicts");
  std::puts("all as expected");
}
