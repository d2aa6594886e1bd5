// What a transaction is given, and what it may ask of the peer that runs it: the seam between
// contracts and the world. Behind it stands a real peer at the other end of a stream (serve.h), or
// the in-memory ledger of tests (testing/ledger.h). Contracts do not use it; they have Transaction.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "belfry/chaincode/result.h"

namespace belfry::chaincode {

using Time = std::chrono::sys_time<std::chrono::nanoseconds>;

// A transaction as the peer hands it over.
struct Call {
  std::string id;
  std::string channel;
  std::vector<std::string> arguments;  // the function's name first
  std::map<std::string, std::string> transient;
  std::string msp;          // of the client
  std::string certificate;  // of the client, PEM
  Time time;                // the client's, from the proposal: the same at every endorser
  bool initialises = false;
};

struct Event {
  std::string name;
  std::string payload;
};

// What the peer gets in the end.
struct Response {
  int status = 200;
  std::string message;
  std::string payload;
  std::optional<Event> event;
};

struct Entry {
  std::string key;
  std::string value;
};

// One change of a key, newest first in a history.
struct Change {
  std::string transaction_id;
  std::optional<std::string> value;  // none where it was deleted
  Time time;
};

// A part of a longer answer; the rest waits at the peer under the id until it is closed.
template <class T>
struct Batch {
  std::vector<T> items;
  bool more = false;
  std::string id;
  std::string bookmark;  // of a page
};

struct RangeRequest {
  std::string collection;  // empty: the public state
  std::string from, to;    // to itself is outside; empty: no end
  int page = 0;            // 0: all
  std::string bookmark;
};

struct Write {
  enum class Kind { kPut, kRemove, kPurge, kEndorsement } kind;
  std::string collection;
  std::string key;
  std::string value;  // kEndorsement: a SignaturePolicyEnvelope
};

class Peer {
 public:
  virtual ~Peer() = default;
  // An empty text is a key that is not there.
  virtual Result<std::string> get(const std::string& collection, const std::string& key) = 0;
  virtual Result<std::vector<std::string>> get_all(const std::string& collection,
                                                   const std::vector<std::string>& keys) = 0;
  virtual Result<std::string> hash(const std::string& collection, const std::string& key) = 0;
  virtual Result<std::string> endorsement(const std::string& collection,
                                          const std::string& key) = 0;
  virtual Result<> write(Write write) = 0;

  virtual Result<Batch<Entry>> range(const RangeRequest& request) = 0;
  virtual Result<Batch<Entry>> query(const std::string& collection, const std::string& query,
                                     int page, const std::string& bookmark) = 0;
  virtual Result<Batch<Change>> history(const std::string& key) = 0;
  virtual Result<Batch<Entry>> next_entries(const std::string& id) = 0;
  virtual Result<Batch<Change>> next_changes(const std::string& id) = 0;
  virtual void close(const std::string& id) = 0;

  virtual Result<Response> invoke(const std::string& chaincode,
                                  const std::vector<std::string>& arguments) = 0;
};

}  // namespace belfry::chaincode
