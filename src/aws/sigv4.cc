#include "aws/sigv4.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"
#include "http/url.h"

namespace belfry::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr auto kSkew = std::chrono::minutes(15);
constexpr int64_t kLongestPresign = 7 * 24 * 3600;

std::string hmac(std::string_view key, std::string_view text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  BELFRY_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                    reinterpret_cast<const unsigned char*>(text.data()), text.size(), out,
                    &size) != nullptr);
  return {reinterpret_cast<char*>(out), size};
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

// Percent-encodes a path once more: every character but the slash.
std::string encode_path(std::string_view path) {
  std::string out;
  for (;;) {
    const size_t slash = path.find('/');
    out += http::percent_encode(path.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    out += '/';
    path.remove_prefix(slash + 1);
  }
}

// Malformed escapes cannot have been signed by anybody: an empty list matches no signature.
http::Query parse_query(std::string_view query) {
  return http::parse_query(query).value_or(http::Query());
}

// Leading and trailing space away, runs of spaces folded to one.
std::string folded(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool space = c == ' ' || c == '\t';
    if (space && (out.empty() || out.back() == ' ')) continue;
    out += space ? ' ' : c;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string canonical_query(std::string_view query) {
  http::Headers encoded;
  for (const auto& [name, value] : parse_query(query))
    if (name != "X-Amz-Signature")
      encoded.emplace_back(http::percent_encode(name), http::percent_encode(value));
  std::sort(encoded.begin(), encoded.end());
  std::string out;
  for (const auto& [name, value] : encoded) {
    if (!out.empty()) out += '&';
    out += name + '=' + value;
  }
  return out;
}

std::string header_value(const SignedParts& request, std::string_view lower_name) {
  std::string joined;
  bool first = true;
  for (const auto& [name, value] : *request.headers) {
    if (!http::equal_fold(name, lower_name)) continue;
    if (!first) joined += ',';
    joined += folded(value);
    first = false;
  }
  return joined;
}

// A presigned request carries no body that its signer knew.
std::string payload_hash(const SignedParts& request) {
  return hex(view(sha256(request.body)));
}

std::string signature(const SignedParts& request, const std::vector<std::string>& signed_headers,
                      std::string_view time, std::string_view date, const Scope& scope,
                      std::string_view secret_key) {
  std::string names;
  std::string headers;
  for (const auto& name : signed_headers) {
    if (!names.empty()) names += ';';
    names += name;
    headers += name + ':' + header_value(request, name) + '\n';
  }
  const std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method,
                  encode_path(request.path.empty() ? std::string_view("/") : request.path),
                  canonical_query(request.query), headers, names, payload_hash(request));
  const std::string where = fmt::format("{}/{}/{}/aws4_request", date, scope.region, scope.service);
  const std::string to_sign =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time, where, hex(view(sha256(canonical))));
  const std::string key =
      hmac(hmac(hmac(hmac("AWS4" + std::string(secret_key), date), scope.region), scope.service),
           "aws4_request");
  return hex(hmac(key, to_sign));
}

std::optional<WallTime> parse_time(std::string_view text) {  // 20261124T022011Z
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto number = [&](size_t at, size_t length) {
    int value = -1;
    const auto* end = text.data() + at + length;
    const auto [stop, error] = std::from_chars(text.data() + at, end, value);
    return error == std::errc() && stop == end ? value : -1;
  };
  using namespace std::chrono;
  const int month_number = number(4, 2), day_number = number(6, 2);
  const int hour = number(9, 2), minute = number(11, 2), second = number(13, 2);
  if (month_number < 1 || day_number < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 60)
    return std::nullopt;
  const year_month_day date{year(number(0, 4)), month(static_cast<unsigned>(month_number)),
                            day(static_cast<unsigned>(day_number))};
  if (!date.ok()) return std::nullopt;
  return WallTime(sys_days(date)) + hours(hour) + minutes(minute) + seconds(second);
}

std::string format_time(WallTime time) {
  std::string text;
  for (const char c : to_rfc3339(time).substr(0, 19))
    if (c != '-' && c != ':') text += c;
  return text + 'Z';
}

SignatureFault incomplete(std::string message) {
  return {"IncompleteSignature", std::move(message)};
}

// Splits "AKID/20261124/us-east-1/sqs/aws4_request"; false if it is something else.
bool read_credential(std::string_view credential, Claim& claim) {
  std::array<std::string_view, 4> parts;
  for (auto& part : parts) {  // from the end: an access key may contain a slash
    const size_t slash = credential.rfind('/');
    if (slash == std::string_view::npos) return false;
    part = credential.substr(slash + 1);
    credential = credential.substr(0, slash);
  }
  if (parts[0] != "aws4_request" || credential.empty()) return false;
  claim.access_key = credential;
  claim.date = parts[3];
  claim.scope = {std::string(parts[2]), std::string(parts[1])};
  return true;
}

void read_signed_headers(std::string_view list, Claim& claim) {
  while (!list.empty()) {
    const size_t end = std::min(list.find(';'), list.size());
    if (end > 0) claim.signed_headers.push_back(lower(list.substr(0, end)));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

std::variant<std::monostate, Claim, SignatureFault> read_header(const SignedParts& request,
                                                                std::string_view text) {
  Claim claim;
  std::string_view credential, signed_headers, given;
  const std::pair<std::string_view, std::string_view*> fields[] = {
      {"Credential", &credential}, {"SignedHeaders", &signed_headers}, {"Signature", &given}};
  for (std::string_view rest = text.substr(kAlgorithm.size()); !rest.empty();) {
    const size_t end = std::min(rest.find(','), rest.size());
    const std::string_view part = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const size_t equals = std::min(part.find('='), part.size());
    for (const auto& [name, value] : fields)
      if (part.substr(0, equals) == name) *value = part.substr(std::min(equals + 1, part.size()));
  }
  for (const auto& [name, value] : fields)
    if (value->empty())
      return incomplete(fmt::format(
          "Authorization header requires '{}' parameter. Authorization={}", name, text));
  if (!read_credential(credential, claim))
    return incomplete(
        fmt::format("Credential must have exactly 5 slash-delimited elements, e.g. "
                    "keyid/date/region/service/term, got '{}'",
                    credential));
  read_signed_headers(signed_headers, claim);
  claim.signature = given;
  claim.time = header_value(request, "x-amz-date");
  claim.session_token = header_value(request, "x-amz-security-token");
  if (claim.time.empty())
    return incomplete(
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header");
  return claim;
}

std::variant<std::monostate, Claim, SignatureFault> read_presigned(const SignedParts& request) {
  std::map<std::string, std::string, std::less<>> fields;
  for (auto& [name, value] : parse_query(request.query)) fields[name] = value;
  if (fields["X-Amz-Algorithm"] != kAlgorithm)
    return incomplete("X-Amz-Algorithm must be AWS4-HMAC-SHA256");
  for (const auto* name :
       {"X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Date"})
    if (fields[name].empty()) return incomplete(fmt::format("the query lacks {}", name));
  Claim claim;
  claim.presigned = true;
  if (!read_credential(fields["X-Amz-Credential"], claim))
    return incomplete("X-Amz-Credential is malformed");
  read_signed_headers(fields["X-Amz-SignedHeaders"], claim);
  claim.signature = fields["X-Amz-Signature"];
  claim.time = fields["X-Amz-Date"];
  claim.session_token = fields["X-Amz-Security-Token"];
  claim.expires_seconds = 15 * 60;
  if (const std::string& expires = fields["X-Amz-Expires"]; !expires.empty()) {
    const auto [end, error] =
        std::from_chars(expires.data(), expires.data() + expires.size(), claim.expires_seconds);
    if (error != std::errc() || end != expires.data() + expires.size() ||
        claim.expires_seconds < 0 || claim.expires_seconds > kLongestPresign)
      return incomplete("X-Amz-Expires must be a number of seconds, a week at most");
  }
  return claim;
}

std::optional<SignatureFault> check_time(const Claim& claim, WallTime now) {
  const auto time = parse_time(claim.time);
  if (!time || claim.time.substr(0, 8) != claim.date)
    return incomplete(fmt::format(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
        "from HTTP: '{}' != '{}', from '{}'.",
        claim.date, claim.time.substr(0, 8), claim.time));
  const auto allowed =
      claim.presigned ? std::chrono::seconds(claim.expires_seconds) : std::chrono::seconds(kSkew);
  const auto oldest = now - allowed;
  if (*time < oldest)
    return SignatureFault{
        claim.presigned ? "RequestExpired" : "SignatureDoesNotMatch",
        fmt::format("Signature expired: {} is now earlier than {} ({} - {} min.)", claim.time,
                    format_time(oldest), format_time(now), allowed.count() / 60)};
  if (*time > now + kSkew)
    return SignatureFault{
        "SignatureDoesNotMatch",
        fmt::format("Signature not yet current: {} is still later than {} ({} + 15 min.)",
                    claim.time, format_time(now + kSkew), format_time(now))};
  return std::nullopt;
}

bool is_signed(const Claim& claim, const std::string& lower_name) {
  return std::find(claim.signed_headers.begin(), claim.signed_headers.end(), lower_name) !=
         claim.signed_headers.end();
}

}  // namespace

http::Headers sign(const SignedParts& request, const Credentials& credentials, const Scope& scope,
                   WallTime now) {
  const std::string time = format_time(now);
  const std::string date = time.substr(0, 8);
  http::Headers added = {{"X-Amz-Date", time}};
  if (!credentials.session_token.empty())
    added.emplace_back("X-Amz-Security-Token", credentials.session_token);

  http::Headers headers = *request.headers;
  headers.insert(headers.end(), added.begin(), added.end());
  SignedParts whole = request;
  whole.headers = &headers;
  std::vector<std::string> names;
  for (const auto& header : headers) names.push_back(lower(header.first));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  BELFRY_CHECK(std::find(names.begin(), names.end(), "host") != names.end());

  std::string joined;
  for (const auto& name : names) joined += (joined.empty() ? "" : ";") + name;
  added.emplace_back(
      "Authorization",
      fmt::format("{} Credential={}/{}/{}/{}/aws4_request, SignedHeaders={}, Signature={}",
                  kAlgorithm, credentials.access_key, date, scope.region, scope.service, joined,
                  signature(whole, names, time, date, scope, credentials.secret_key)));
  return added;
}

std::variant<std::monostate, Claim, SignatureFault> read_claim(const SignedParts& request) {
  for (const auto& [name, value] : *request.headers) {
    if (!http::equal_fold(name, "authorization")) continue;
    if (!value.starts_with(kAlgorithm))
      return incomplete("Authorization must begin with AWS4-HMAC-SHA256");
    return read_header(request, value);
  }
  if (request.query.find("X-Amz-Signature=") != std::string_view::npos)
    return read_presigned(request);
  return std::monostate();
}

Claim read_signer(const SignedParts& request) {
  constexpr std::string_view kCredential = "Credential=";
  Claim claim;
  if (const std::string* text = http::find_header(*request.headers, "authorization")) {
    const size_t at = text->find(kCredential);
    if (at != std::string::npos) {
      const std::string_view rest = std::string_view(*text).substr(at + kCredential.size());
      (void)read_credential(trim(rest.substr(0, rest.find(','))), claim);
    }
  } else if (auto read = read_claim(request); auto* presigned = std::get_if<Claim>(&read)) {
    claim = std::move(*presigned);
  }
  return claim;
}

std::optional<SignatureFault> verify(const SignedParts& request, const Claim& claim,
                                     std::string_view secret_key, WallTime now) {
  // Whoever may leave the host or the action out of the signature may send it elsewhere, or send
  // something else under it.
  if (!is_signed(claim, "host"))
    return SignatureFault{"SignatureDoesNotMatch",
                          "'Host' must be a 'SignedHeader' in the AWS Authorization."};
  for (const auto& header : *request.headers) {
    const std::string name = lower(header.first);
    if (name.starts_with("x-amz-") && !claim.presigned && !is_signed(claim, name))
      return SignatureFault{
          "SignatureDoesNotMatch",
          fmt::format("'{}' must be a 'SignedHeader' in the AWS Authorization.", header.first)};
  }
  if (auto fault = check_time(claim, now)) return fault;
  const std::string declared = header_value(request, "x-amz-content-sha256");
  const std::string expected =
      signature(request, claim.signed_headers, claim.time, claim.date, claim.scope, secret_key);
  if ((!declared.empty() && declared != payload_hash(request)) ||
      expected.size() != claim.signature.size() ||
      CRYPTO_memcmp(expected.data(), claim.signature.data(), expected.size()) != 0)
    return SignatureFault{
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your "
        "AWS Secret Access Key and signing method. Consult the service documentation for details."};
  return std::nullopt;
}

}  // namespace belfry::aws
