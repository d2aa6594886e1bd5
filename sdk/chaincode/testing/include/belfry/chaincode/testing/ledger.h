// Unit tests for chaincode, without a network: a ledger in memory with the rules of a peer's.
//
//     testing::Ledger ledger(my_chaincode());
//     const testing::Client alice{.name = "alice"};
//     auto outcome = ledger.submit(alice, "createDonor", Donor{"alice"});
//     EXPECT_EQ(outcome.code, testing::Code::kValid);
//     EXPECT_EQ(ledger.evaluate(alice, "queryDonor", "alice").payload,
//     R"({"donorUserName":"alice"})");
//
// A transaction reads the committed state only, not its own writes. submit() runs and commits;
// simulate() and commit() apart let two transactions run side by side, of which the second then
// fails as it would on a peer. Private collections are declared; who may read one is checked.
// Errors are in the peer's words. Time stands still until it is moved.
//
// One thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "belfry/chaincode/contract.h"

namespace belfry::chaincode::testing {

// Someone who sends transactions. Gets a certificate with these contents at the first use.
struct Client {
  std::string msp = "Org1MSP";
  std::string name = "user";
  std::vector<std::string> units = {"client"};
  std::map<std::string, std::string>
      attributes;  // as Fabric CA would put them into the certificate
};

struct Request {
  std::string function;
  std::vector<std::string> arguments;
  std::map<std::string, std::string> transient;
};

// As a peer numbers them.
enum class Code { kValid = 0, kReadConflict = 11, kPhantomRead = 12 };

struct Outcome {
  Response response;
  std::optional<Code> code;  // none where the chaincode refused: nothing was sent for ordering
  std::string transaction_id;

  bool valid() const { return code == Code::kValid; }
};

struct Simulation;

class Ledger {
 public:
  explicit Ledger(Chaincode chaincode, std::string channel = "mychannel");
  ~Ledger();

  // Another chaincode on the channel, for invoke().
  void deploy(const std::string& name, Chaincode chaincode);
  // A private collection of the chaincode, and the organisations that may read it.
  void collection(const std::string& name, std::vector<std::string> members);
  void set_time(Time time);

  Outcome submit(const Client& client, const Request& request);
  Response evaluate(const Client& client, const Request& request);
  // Text arguments go as they are, all others as JSON.
  template <class... Args>
  Outcome submit(const Client& client, const std::string& function, const Args&... arguments) {
    return submit(client, Request{function, {text(arguments)...}, {}});
  }
  template <class... Args>
  Response evaluate(const Client& client, const std::string& function, const Args&... arguments) {
    return evaluate(client, Request{function, {text(arguments)...}, {}});
  }

  // The two halves of submit.
  std::unique_ptr<Simulation, void (*)(Simulation*)> simulate(const Client& client,
                                                              const Request& request);
  Outcome commit(const Simulation& simulation);

  // What is committed.
  std::optional<std::string> state(const std::string& key) const;
  std::optional<std::string> private_state(const std::string& collection,
                                           const std::string& key) const;
  std::vector<std::string> keys() const;
  std::optional<KeyEndorsement> endorsement(const std::string& key) const;
  // Of committed transactions, in order.
  const std::vector<Event>& events() const;

 private:
  template <class T>
  static std::string text(const T& argument) {
    if constexpr (std::is_convertible_v<const T&, std::string>) {
      return argument;
    } else {
      return to_json_text(argument);
    }
  }
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace belfry::chaincode::testing
