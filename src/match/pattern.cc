#include "match/pattern.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/nearest.h"
#include "match/json_tokens.h"
#include "match/pattern_node.h"
#include "match/pattern_parser.h"

namespace belfry::match {

namespace {

constexpr size_t kMostText = 256 * 1024;

// The fields of an event's JSON; "payload" and what is below it are the chaincode's.
constexpr std::array<std::string_view, 24> kEventFields = {
    "id",    "kind",           "network",   "channel",     "block",         "transaction_index",
    "index", "transaction_id", "time",      "creator.msp", "creator.name",  "function",
    "type",  "validation",     "chaincode", "event",       "payload",       "payload_base64",
    "key",   "collection",     "delete",    "hash",        "previous_hash", "transaction_count"};

}  // namespace

tl::expected<Pattern, PatternError> Pattern::parse(std::string_view json, Dialect dialect) {
  if (json.size() > kMostText) {
    return tl::unexpected(PatternError{dialect == Dialect::listener
                                           ? "the pattern is longer than 256 KiB"
                                           : "Filter policy is too complex",
                                       kMostText});
  }
  auto node = std::make_shared<Node>();
  node->dialect = dialect;
  node->source = json;
  PatternParser parser(node->source, dialect, *node);
  if (!parser.parse()) return tl::unexpected(parser.take_error());
  Pattern out;
  out.root_ = std::move(node);
  return out;
}

std::string_view Pattern::source() const {
  return root_->source;
}

std::string Pattern::text() const {
  std::string out;
  JsonTokens tokens(root_->source, false);
  bool first = true;  // in its object or list, or after a name
  for (Token token = tokens.next(); token != Token::end && token != Token::error;
       token = tokens.next()) {
    bool closes = token == Token::end_object || token == Token::end_array;
    if (!first && !closes) out.push_back(',');
    first = token == Token::begin_object || token == Token::begin_array || token == Token::name;
    switch (token) {
      case Token::begin_object:
        out.push_back('{');
        break;
      case Token::end_object:
        out.push_back('}');
        break;
      case Token::begin_array:
        out.push_back('[');
        break;
      case Token::end_array:
        out.push_back(']');
        break;
      case Token::name:
        append_json_string(out, tokens.value());
        out.push_back(':');
        break;
      case Token::string:
        append_json_string(out, tokens.value());
        break;
      case Token::number:
        out += tokens.value();
        break;
      case Token::true_value:
        out += "true";
        break;
      case Token::false_value:
        out += "false";
        break;
      case Token::null_value:
        out += "null";
        break;
      case Token::end:
      case Token::error:
        break;
    }
  }
  return out;
}

std::optional<PatternError> unknown_event_field(const Pattern& pattern) {
  for (const Condition& condition : pattern.root().conditions) {
    std::string_view path = condition.path;
    if (path.starts_with("payload.")) continue;
    if (std::find(kEventFields.begin(), kEventFields.end(), path) != kEventFields.end()) continue;
    std::string message = "no event has a field \"" + condition.path + "\"";
    if (path == "creator") {
      message += "; creator.msp and creator.name can be matched";
    } else if (std::string_view near = nearest(path, kEventFields); !near.empty()) {
      message += "; did you mean \"" + std::string(near) + "\"?";
    }
    return PatternError{message, condition.offset};
  }
  return std::nullopt;
}

}  // namespace belfry::match
