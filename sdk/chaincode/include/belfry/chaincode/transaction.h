// A transaction as a contract function sees it: who sent it and what with, and the state it reads
// and writes.
//
// Reads are answered from the state before the transaction: it does not see its own writes. Writes
// take effect when the block commits, if the keys it read have not changed by then and the
// endorsement policy is met. Every endorsing peer runs the same function; what it writes may depend
// only on arguments, state and time(), never on the local clock, randomness or files.
//
// One thread; valid until the function returns.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/chaincode/cursor.h"
#include "belfry/chaincode/identity.h"
#include "belfry/chaincode/json.h"
#include "belfry/chaincode/keys.h"
#include "belfry/chaincode/peer.h"
#include "belfry/chaincode/result.h"

namespace belfry::chaincode {

// Who of each organisation has to endorse a change of a key.
enum class Role { kMember, kPeer };

struct KeyEndorsement {
  std::vector<std::string> organisations;  // all of them, by MSP id; sorted
  Role role = Role::kPeer;
};

// Keys and values: the channel's state, or one private collection. Keys are UTF-8 and not empty.
class Store {
 public:
  Result<std::optional<std::string>> get(const std::string& key);
  template <class T>
  Result<std::optional<T>> get(const std::string& key);
  // Several at once, in one request where the peer can (3.1); in the order of the keys.
  Result<std::vector<std::optional<std::string>>> get_all(const std::vector<std::string>& keys);

  Result<> put(const std::string& key,
               std::string value);  // an empty value removes the key, as Fabric has it
  template <Described T>
  Result<> put(const std::string& key, const T& value) {
    return put(key, to_json_text(value));
  }
  Result<> remove(const std::string& key);

  // Simple keys from (inclusive) to (exclusive), in the order of their bytes; empty: from the
  // first, to the last.
  Result<Cursor<Entry>> range(const std::string& from, const std::string& to);
  // Composite keys that begin with a type and these attributes (keys.h).
  Result<Cursor<Entry>> range_of(const std::string& type,
                                 const std::vector<std::string>& attributes = {});
  // A query in the words of the peer's state database; peers on LevelDB refuse it.
  Result<Cursor<Entry>> query(const std::string& query);

  // Endorsement for one key instead of the chaincode's policy. None: the chaincode's holds.
  Result<> set_endorsement(const std::string& key, const KeyEndorsement& endorsement);
  Result<std::optional<KeyEndorsement>> endorsement(const std::string& key);

 protected:
  Store(Peer& peer, std::string collection) : peer_(&peer), collection_(std::move(collection)) {}
  ~Store() = default;
  Store(const Store&) = default;
  Peer* peer_;
  std::string collection_;
};

// A private collection: members' peers hold the values, the ledger their hashes.
class PrivateData final : public Store {
 public:
  PrivateData(Peer& peer, std::string collection) : Store(peer, std::move(collection)) {}
  // Removes the value, and its history from the peers' disks.
  Result<> purge(const std::string& key);
  // SHA-256 of the value, also on peers that do not hold it.
  Result<std::optional<std::string>> hash(const std::string& key);
};

struct Page {
  std::vector<Entry> entries;
  std::string bookmark;  // for the next page; empty after the last
};

class Transaction final : public Store {
 public:
  // Both outlive it.
  Transaction(const Call& call, Peer& peer);

  const std::string& id() const { return call_.id; }
  const std::string& channel() const { return call_.channel; }
  Time time() const { return call_.time; }
  std::int64_t time_in_milliseconds() const;
  // The function's name as it was called, and what followed it.
  const std::string& function() const;
  const std::vector<std::string>& all_arguments() const { return call_.arguments; }

  // Read from the certificate at the first call.
  Result<Identity> client() const;
  const std::string& msp() const { return call_.msp; }

  // What the client sent beside the arguments, which is not recorded.
  std::optional<std::string> transient(const std::string& name) const;
  template <class T>
  Result<T> transient(const std::string& name) const;

  PrivateData collection(std::string name) { return {*peer_, std::move(name)}; }
  // The private collection that every organisation has by itself.
  PrivateData collection_of(const std::string& msp) { return {*peer_, "_implicit_org_" + msp}; }

  // A transaction that reads pages may not write.
  Result<Page> page(const std::string& from, const std::string& to, int size,
                    const std::string& bookmark = "");
  Result<Page> query_page(const std::string& query, int size, const std::string& bookmark = "");

  Result<Cursor<Change>> history(const std::string& key);

  // One event per transaction; the last one counts. Listeners get it when the transaction is
  // committed.
  Result<> set_event(std::string name, std::string payload);
  template <Described T>
  Result<> set_event(std::string name, const T& payload) {
    return set_event(std::move(name), to_json_text(payload));
  }

  // Another chaincode's function, in this transaction; in another channel it only reads. Its
  // failure is an error here.
  Result<std::string> invoke(const std::string& chaincode,
                             const std::vector<std::string>& arguments,
                             const std::string& channel = "");
  // The same, with its failure as a response: an error is the peer's.
  Result<Response> call(const std::string& chaincode, const std::vector<std::string>& arguments,
                        const std::string& channel = "");

  const std::optional<Event>& event() const { return event_; }

 private:
  const Call& call_;
  std::optional<Event> event_;
};

template <class T>
Result<std::optional<T>> Store::get(const std::string& key) {
  auto text = get(key);
  if (!text) return text.error();
  if (!*text) return std::optional<T>();
  auto value = from_text<T>(**text);
  if (!value) return Error{"the state's value of " + key + ": " + value.error().message};
  return std::optional<T>(*std::move(value));
}

template <class T>
Result<T> Transaction::transient(const std::string& name) const {
  auto text = transient(name);
  if (!text) return Error{"transient " + name + " is missing", 400};
  auto value = from_text<T>(*text);
  if (!value) return detail::within("transient " + name, value.error());
  return value;
}

}  // namespace belfry::chaincode
