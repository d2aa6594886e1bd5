#include "pipeline/wanted.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "base/json.h"
#include "decode/events.h"

namespace belfry::pipeline {
namespace {

using simdjson::dom::element;

constexpr unsigned kAllKinds = 15;

std::optional<unsigned> kind_bit(std::string_view name) {
  for (size_t i = 0; i < std::size(event::kKindNames); ++i) {
    if (event::kKindNames[i] == name) return 1U << i;
  }
  return {};
}

Result<unsigned> kind_of(std::string_view name) {
  const auto bit = kind_bit(name);
  if (bit) return *bit;
  return fail(fmt::format(
      "there is no kind \"{}\"; kinds are block, transaction, chaincode-event and write", name));
}

// The kinds that a condition on `kind` can match; all of them where that is not plain.
Result<unsigned> kinds_of(element condition) {
  std::string_view name;
  if (!condition.get(name)) return kind_of(name);
  simdjson::dom::array values;
  if (condition.get(values)) return kAllKinds;
  unsigned kinds = 0;
  for (const element value : values) {
    if (value.get(name)) return kAllKinds;
    const auto kind = kind_of(name);
    if (!kind) return kind;
    kinds |= *kind;
  }
  return kinds;
}

struct Named {
  bool kind = false, validation = false, payload = false;
};

bool names_payload(std::string_view key) {
  return key == "payload" || key.substr(0, 8) == "payload.";
}

// Which fields the conditions name, at the top or in a branch of an $or.
void find_names(simdjson::dom::object object, Named& named) {
  for (const auto [key, value] : object) {
    if (key == "kind") named.kind = true;
    if (key == "validation") named.validation = true;
    if (names_payload(key)) named.payload = true;
    simdjson::dom::array branches;
    if (key == "$or" && !value.get(branches)) {
      for (const element branch : branches) {
        simdjson::dom::object inner;
        if (!branch.get(inner)) find_names(inner, named);
      }
    }
  }
}

// The object without its conditions on what a withheld write does not show. An $or with a branch
// that asks for nothing else holds whatever the event is.
std::string without_contents(simdjson::dom::object object) {
  std::string out = "{";
  const auto put = [&](std::string_view key, std::string_view condition) {
    if (out.size() > 1) out += ',';
    append_json_string(out, key);
    out += ':';
    out += condition;
  };
  for (const auto [key, value] : object) {
    if (key == "key" || key == "delete" || names_payload(key)) continue;
    simdjson::dom::array branches;
    if (key != "$or" || value.get(branches)) {
      put(key, simdjson::minify(value));
      continue;
    }
    std::string alternatives;
    bool always = false;
    for (const element branch : branches) {
      simdjson::dom::object inner;
      const std::string rest = branch.get(inner) ? "{}" : without_contents(inner);
      always |= rest == "{}";
      alternatives += (alternatives.empty() ? "" : ",") + rest;
    }
    if (!always) put(key, fmt::format("[{}]", alternatives));
  }
  return out + "}";
}

}  // namespace

Result<Wanted> wanted(const std::optional<match::Pattern>& pattern) {
  Wanted wanted;
  if (!pattern) return wanted;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (const auto error = parser.parse(simdjson::padded_string(pattern->text())).get(object)) {
    return fail(fmt::format("the pattern is no JSON object: {}", simdjson::error_message(error)));
  }
  Named named;
  find_names(object, named);
  wanted.invalid = named.validation;
  wanted.payload = named.payload;
  if (named.kind) wanted.kinds = kAllKinds;
  element kind;
  if (!object["kind"].get(kind)) {
    auto kinds = kinds_of(kind);
    if (!kinds) return tl::unexpected(kinds.error());
    wanted.kinds = *kinds;
  }
  if (wanted.kinds & decode::bit(event::Kind::write)) {
    auto rest = match::Pattern::parse(without_contents(object), match::Dialect::listener);
    if (rest) wanted.withheld = std::move(*rest);
  }
  return wanted;
}

}  // namespace belfry::pipeline
