// certificates: those issued, by filters.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "ca/attribute_rules.h"
#include "ca/endpoints.h"
#include "ca/go_text.h"
#include "ca/json.h"

namespace belfry::ca {
namespace {

struct Filter {
  std::string id, serial, aki;
  bool not_revoked = false, not_expired = false;
  std::optional<WallTime> revoked_from, revoked_to, expired_from, expired_to;
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return out;
}

// A date, a time, or a distance from now: "-30d", "+2h30m".
Result<std::optional<WallTime>> time_of(std::string_view given, WallTime now) {
  if (given.empty()) return std::optional<WallTime>();
  std::string text(given);
  if (!text.starts_with('+') && !text.starts_with('-')) {
    if (text.find('T') == std::string::npos) text += "T00:00:00Z";
    auto time = parse_go_time(text);
    if (!time) return fail("Failed to parse time based on RFC3339: " + time.error().message);
    return std::optional(*time);
  }
  text = lower(text);
  if (text.ends_with('y'))
    return fail("Invalid time format, year (y) is not supported, please check: " + text);
  if (text.ends_with('d')) {
    int64_t days = 0;
    const size_t digits = std::min(text.find_first_of("0123456789"), text.size());
    const char* end = text.data() + text.size();
    constexpr int64_t kMostDays = 36'500;
    if (std::from_chars(text.data() + digits, end, days).ec != std::errc() || days > kMostDays)
      return fail("Invalid time format, integer values required for duration, please check: " +
                  text);
    text = fmt::format("{}{}h", text[0], days * 24);
  }
  const auto distance = parse_go_duration(text);
  if (!distance) return fail("Failed to parse duration: " + distance.error().message);
  return std::optional(now + *distance);
}

Outcome<Filter> read_filter(const Call& call, WallTime now) {
  const auto invalid = [](const std::string& why) {
    return refuse(400, 67, "Invalid Request: " + why);
  };
  Filter filter;
  for (const auto& [parameter, name, into] :
       {std::tuple("revoked_start", "revoked_begin", &filter.revoked_from),
        {"revoked_end", "revoked_end", &filter.revoked_to},
        {"expired_start", "expired_begin", &filter.expired_from},
        {"expired_end", "expired_end", &filter.expired_to}}) {
    auto time = time_of(call.query(parameter), now);
    if (!time) return invalid(fmt::format("Invalid '{}' value: {}", name, time.error().message));
    *into = *time;
  }
  filter.id = call.query("id");
  filter.serial = without_leading_zeros(lower(call.query("serial")));
  filter.aki = without_leading_zeros(lower(call.query("aki")));
  for (const auto& [name, into] :
       {std::pair("notrevoked", &filter.not_revoked), {"notexpired", &filter.not_expired}}) {
    auto flag = call.query_flag(name);
    if (!flag) return invalid(flag.error().message);
    *into = *flag;
  }
  if (filter.not_expired && (filter.expired_from || filter.expired_to))
    return invalid("Can't specify expiration time filter and the 'notexpired' filter");
  if (filter.not_revoked && (filter.revoked_from || filter.revoked_to))
    return invalid("Can't specify revocation time filter and the 'notrevoked' filter");
  return filter;
}

bool passes(const IssuedCertificate& it, const Filter& filter, WallTime now) {
  const auto within = [](WallTime time, const auto& from, const auto& to) {
    return (!from || time >= *from) && (!to || time <= *to);
  };
  if (!filter.id.empty() && it.id != filter.id) return false;
  if (!filter.serial.empty() && it.serial != filter.serial) return false;
  if (!filter.aki.empty() && it.aki != filter.aki) return false;
  if (filter.not_expired && it.not_after < now) return false;
  if (!within(it.not_after, filter.expired_from, filter.expired_to)) return false;
  if (filter.not_revoked && it.revoked) return false;
  if (!filter.revoked_from && !filter.revoked_to) return true;
  return it.revoked && within(*it.revoked, filter.revoked_from, filter.revoked_to);
}

}  // namespace

namespace {

// Registrars and revokers.
Outcome<void> check_caller(Call& call) {
  if (auto known = call.authenticate_by_token(); !known) return tl::unexpected(known.error());
  if (call.caller().attribute(kRoles)) return {};
  return call.needs_right(kRevoker);
}

}  // namespace

Outcome<Answer> remove_certificates(Call& call) {
  if (auto may = check_caller(call); !may) return tl::unexpected(may.error());
  return refuse(500, 0, "DELETE Not Implemented");
}

Outcome<Answer> list_certificates(Call& call) {
  if (auto may = check_caller(call); !may) return tl::unexpected(may.error());
  const WallTime now = call.ca().host.clock.now();
  auto filter = read_filter(call, now);
  if (!filter) return tl::unexpected(filter.error());
  // Those of identities that the caller sees; who sees all sees those of identities removed, too.
  const std::string& affiliation = call.caller().affiliation;
  const Registry& registry = *call.ca().registry;
  std::string out = R"({"certs":[)";
  bool first = true;
  for (const IssuedCertificate& it : registry.certificates()) {
    if (!passes(it, *filter, now)) continue;
    const Identity* owner = affiliation.empty() ? nullptr : registry.find(it.id);
    if (!affiliation.empty() && !(owner && is_within(owner->affiliation, affiliation))) continue;
    out += fmt::format(R"({}{{"PEM":{}}})", first ? "" : ",", go_string(it.pem));
    first = false;
  }
  return Answer{.result = fmt::format(R"({}], "caname":{}}})", out, go_string(call.query("ca")))};
}

}  // namespace belfry::ca
