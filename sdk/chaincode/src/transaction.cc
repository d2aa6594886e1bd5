#include "belfry/chaincode/transaction.h"

#include <algorithm>

#include "endorsement_policy.h"

namespace belfry::chaincode {
namespace {

constexpr char kFirstSimpleKey[] = "\x01";  // U+0000 begins composite keys

Result<> check_key(const std::string& key) {
  if (key.empty()) return Error{"a key must not be empty"};
  if (!is_utf8(key)) return Error{"a key must be UTF-8"};
  return {};
}

Result<> check_simple(const std::string& key) {
  if (!key.empty() && key.front() == '\0')
    return Error{"a range over simple keys must not begin or end with U+0000"};
  if (!is_utf8(key)) return Error{"a key must be UTF-8"};
  return {};
}

std::optional<std::string> present(std::string value) {
  return value.empty() ? std::nullopt : std::optional(std::move(value));
}

Result<Cursor<Entry>> cursor(Peer& peer, Result<Batch<Entry>> first) {
  if (!first) return first.error();
  return Cursor<Entry>(peer, *std::move(first));
}

Result<Page> page_of(Peer& peer, Result<Batch<Entry>> first) {
  if (!first) return first.error();
  Page page{{}, first->bookmark};
  Cursor<Entry> entries(peer, *std::move(first));
  auto all = entries.all();
  if (!all) return all.error();
  page.entries = *std::move(all);
  return page;
}

}  // namespace

Result<std::optional<std::string>> Store::get(const std::string& key) {
  if (auto fine = check_key(key); !fine) return fine.error();
  auto value = peer_->get(collection_, key);
  if (!value) return value.error();
  return present(*std::move(value));
}

Result<std::vector<std::optional<std::string>>> Store::get_all(
    const std::vector<std::string>& keys) {
  for (const auto& key : keys) {
    if (auto fine = check_key(key); !fine) return fine.error();
  }
  auto values = peer_->get_all(collection_, keys);
  if (!values) return values.error();
  std::vector<std::optional<std::string>> out;
  out.reserve(keys.size());
  for (auto& value : *values) out.push_back(present(std::move(value)));
  return out;
}

Result<> Store::put(const std::string& key, std::string value) {
  if (auto fine = check_key(key); !fine) return fine;
  return peer_->write({Write::Kind::kPut, collection_, key, std::move(value)});
}

Result<> Store::remove(const std::string& key) {
  if (auto fine = check_key(key); !fine) return fine;
  return peer_->write({Write::Kind::kRemove, collection_, key, {}});
}

Result<Cursor<Entry>> Store::range(const std::string& from, const std::string& to) {
  for (const auto* key : {&from, &to}) {
    if (auto fine = check_simple(*key); !fine) return fine.error();
  }
  return cursor(*peer_, peer_->range({collection_, from.empty() ? kFirstSimpleKey : from, to}));
}

Result<Cursor<Entry>> Store::range_of(const std::string& type,
                                      const std::vector<std::string>& attributes) {
  auto from = composite_key(type, attributes);
  if (!from) return from.error();
  return cursor(*peer_, peer_->range({collection_, *from, *from + "\xf4\x8f\xbf\xbf"}));
}

Result<Cursor<Entry>> Store::query(const std::string& query) {
  return cursor(*peer_, peer_->query(collection_, query, 0, ""));
}

Result<> Store::set_endorsement(const std::string& key, const KeyEndorsement& endorsement) {
  if (auto fine = check_key(key); !fine) return fine;
  if (endorsement.organisations.empty()) return Error{"an endorsement needs an organisation"};
  return peer_->write({Write::Kind::kEndorsement, collection_, key, write_policy(endorsement)});
}

Result<std::optional<KeyEndorsement>> Store::endorsement(const std::string& key) {
  if (auto fine = check_key(key); !fine) return fine.error();
  auto policy = peer_->endorsement(collection_, key);
  if (!policy) return policy.error();
  if (policy->empty()) return std::optional<KeyEndorsement>();
  auto read = read_policy(*policy);
  if (!read) return read.error();
  return std::optional(*std::move(read));
}

Result<> PrivateData::purge(const std::string& key) {
  if (auto fine = check_key(key); !fine) return fine;
  return peer_->write({Write::Kind::kPurge, collection_, key, {}});
}

Result<std::optional<std::string>> PrivateData::hash(const std::string& key) {
  if (auto fine = check_key(key); !fine) return fine.error();
  auto hash = peer_->hash(collection_, key);
  if (!hash) return hash.error();
  return present(*std::move(hash));
}

Transaction::Transaction(const Call& call, Peer& peer) : Store(peer, ""), call_(call) {}

std::int64_t Transaction::time_in_milliseconds() const {
  return std::chrono::floor<std::chrono::milliseconds>(call_.time).time_since_epoch().count();
}

const std::string& Transaction::function() const {
  static const std::string none;
  return call_.arguments.empty() ? none : call_.arguments.front();
}

Result<Identity> Transaction::client() const {
  return read_identity(call_.msp, call_.certificate);
}

std::optional<std::string> Transaction::transient(const std::string& name) const {
  const auto found = call_.transient.find(name);
  return found == call_.transient.end() ? std::nullopt : std::optional(found->second);
}

Result<Page> Transaction::page(const std::string& from, const std::string& to, int size,
                               const std::string& bookmark) {
  for (const auto* key : {&from, &to}) {
    if (auto fine = check_simple(*key); !fine) return fine.error();
  }
  if (size <= 0) return Error{"a page must have room for at least one entry", 400};
  return page_of(*peer_,
                 peer_->range({"", from.empty() ? kFirstSimpleKey : from, to, size, bookmark}));
}

Result<Page> Transaction::query_page(const std::string& query, int size,
                                     const std::string& bookmark) {
  if (size <= 0) return Error{"a page must have room for at least one entry", 400};
  return page_of(*peer_, peer_->query("", query, size, bookmark));
}

Result<Cursor<Change>> Transaction::history(const std::string& key) {
  if (auto fine = check_key(key); !fine) return fine.error();
  auto first = peer_->history(key);
  if (!first) return first.error();
  return Cursor<Change>(*peer_, *std::move(first));
}

Result<> Transaction::set_event(std::string name, std::string payload) {
  if (name.empty()) return Error{"an event must have a name"};
  if (!is_utf8(name)) return Error{"an event's name must be UTF-8"};
  event_ = Event{std::move(name), std::move(payload)};
  return {};
}

Result<std::string> Transaction::invoke(const std::string& chaincode,
                                        const std::vector<std::string>& arguments,
                                        const std::string& channel) {
  auto response = call(chaincode, arguments, channel);
  if (!response) return response.error();
  if (response->status >= 400) {
    return Error{chaincode + ": " + response->message, response->status,
                 std::move(response->payload)};
  }
  return std::move(response->payload);
}

Result<Response> Transaction::call(const std::string& chaincode,
                                   const std::vector<std::string>& arguments,
                                   const std::string& channel) {
  return peer_->invoke(channel.empty() ? chaincode : chaincode + "/" + channel, arguments);
}

}  // namespace belfry::chaincode
