#include "event/json.h"

#include <charconv>

#include "base/bytes.h"
#include "base/json.h"
#include "event/compact_json.h"

namespace belfry::event {
namespace {

// Members of an object, written one after another; `key` comes with its quotes and colon.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }
  void end() { out_ += '}'; }

  std::string& next(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    return out_ += key;
  }
  void text(std::string_view key, std::string_view value) { append_json_string(next(key), value); }
  void text_if_any(std::string_view key, std::string_view value) {
    if (!value.empty()) text(key, value);
  }
  // For texts that need no escaping.
  void plain(std::string_view key, std::string_view value) {
    next(key);
    out_ += '"';
    out_ += value;
    out_ += '"';
  }
  void number(std::string_view key, uint64_t value) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    next(key).append(digits, end);
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void add_creator(Members& members, const Creator& creator) {
  if (creator.msp.empty()) return;
  Members inner(members.next("\"creator\":"));
  inner.text("\"msp\":", creator.msp);
  inner.text_if_any("\"name\":", creator.name);
  inner.end();
}

// What stands in every event but a block's own.
void add_transaction(Members& members, const Event& event) {
  members.number("\"transaction_index\":", event.position.transaction);
  members.number("\"index\":", event.position.index);
  members.text_if_any("\"transaction_id\":", event.transaction_id);
  if (event.time != WallTime{}) members.plain("\"time\":", to_rfc3339(event.time));
  members.plain("\"validation\":", validation_name(event.validation_code));
  add_creator(members, event.creator);
  members.text_if_any("\"chaincode\":", event.chaincode);
  switch (event.position.kind) {
    case Kind::chaincode_event:
      members.text("\"event\":", event.event_name);
      break;
    case Kind::write:
      members.text_if_any("\"collection\":", event.collection);
      members.text("\"key\":", event.key);
      if (event.is_delete) members.next("\"delete\":true");
      break;
    case Kind::transaction:
      members.plain("\"type\":", header_type_name(event.header_type));
      members.text_if_any("\"function\":", event.function);
      break;
    case Kind::block:
      break;
  }
}

void add_block(Members& members, const Event& event) {
  if (event.time != WallTime{}) members.plain("\"time\":", to_rfc3339(event.time));
  members.number("\"transaction_count\":", event.transaction_count);
  if (!event.block_hash.empty()) members.plain("\"hash\":", hex(event.block_hash));
  if (!event.previous_hash.empty()) members.plain("\"previous_hash\":", hex(event.previous_hash));
}

void add_base64(std::string& out, std::string_view payload) {
  out += '"';
  append_base64(out, payload);
  out += '"';
}

// All but the payload; the object stays open.
Members begin_event(std::string& out, const Event& event) {
  Members members(out);
  append_id(members.next("\"id\":\""), event.position);
  out += '"';
  members.plain("\"kind\":", name(event.position.kind));
  members.text("\"network\":", event.network);
  members.text("\"channel\":", event.channel);
  members.number("\"block\":", event.position.block);
  if (event.position.kind == Kind::block)
    add_block(members, event);
  else
    add_transaction(members, event);
  return members;
}

// A segment of a URI's path: everything but RFC 3986's unreserved characters is escaped.
void append_path_segment(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
      continue;
    }
    out += '%';
    out += kHex[static_cast<unsigned char>(c) >> 4];
    out += kHex[static_cast<unsigned char>(c) & 15];
  }
}

std::string subject(const Event& event) {
  std::string out(event.chaincode);
  const auto detail = event.position.kind == Kind::chaincode_event ? event.event_name
                      : event.position.kind == Kind::write         ? event.key
                                                                   : event.function;
  if (!detail.empty()) (out += '/') += detail;
  return out;
}

}  // namespace

std::optional<std::string> payload_json(const Event& event) {
  std::string json;
  if (!event.has_payload || !append_compact_json(json, event.payload)) return std::nullopt;
  return json;
}

void append_json(std::string& out, const Event& event) {
  Members members = begin_event(out, event);
  if (event.has_payload) {
    // Written in place; taken back if it turns out to be no JSON.
    const size_t before = out.size();
    if (!append_compact_json(members.next("\"payload\":"), event.payload)) {
      out.resize(before);
      add_base64(out += ",\"payload_base64\":", event.payload);
    }
  }
  members.end();
}

void append_json(std::string& out, const Event& event,
                 const std::optional<std::string>& payload_json) {
  Members members = begin_event(out, event);
  if (payload_json)
    members.next("\"payload\":") += *payload_json;
  else if (event.has_payload)
    add_base64(members.next("\"payload_base64\":"), event.payload);
  members.end();
}

void append_cloudevent(std::string& out, const Event& event) {
  Members members(out);
  members.plain("\"specversion\":", "1.0");
  append_id(members.next("\"id\":\""), event.position);
  append_path_segment(out += "\",\"source\":\"/", event.network);
  append_path_segment(out += '/', event.channel);
  (out += "\",\"type\":\"belfry.") += name(event.position.kind);
  out += '"';
  members.text_if_any("\"subject\":", subject(event));
  if (event.time != WallTime{}) members.plain("\"time\":", to_rfc3339(event.time));
  members.plain("\"datacontenttype\":", "application/json");
  append_json(members.next("\"data\":"), event);
  members.end();
}

}  // namespace belfry::event
