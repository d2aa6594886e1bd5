#include "ca/client.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "ca/go_text.h"
#include "ca/openssl.h"
#include "ca/token.h"
#include "http/client.h"
#include "http/url.h"

namespace belfry::ca {
namespace {

constexpr size_t kMostAnswer = 64 << 20;  // a list of some hundred thousand identities

const JsonValue* member(const JsonValue& value, std::string_view name) {
  const auto found = std::ranges::find(value.members, name, &JsonValue::Member::first);
  return found == value.members.end() ? nullptr : &found->second;
}

std::string text_of(const JsonValue& value, std::string_view name) {
  const JsonValue* found = member(value, name);
  return found ? found->text : std::string();
}

// What to try when a CA says no, by its code.
std::string advice(int64_t code, bool with_secret) {
  switch (code) {
    case 19:
      return "`belfry ca info` without --ca-name shows the name of the server's first CA";
    case 20:
      return with_secret ? "the name or the secret is wrong, or the identity is revoked, or has "
                           "enrolled as often as it may; its registrar can give it a new secret: "
                           "`belfry ca identities modify ID --secret NEW`"
                         : "the certificate that signs the request is expired, revoked, or of "
                           "another CA: enroll again with `belfry ca enroll`; a CA older than 1.4 "
                           "or with another clock refuses so too";
    case 63:
      return "`belfry ca identities list` and `belfry ca affiliations list` show what is there";
    case 71:
      return "the identity lacks the right for this: a registrar's hf.Registrar.Roles, "
             "hf.Registrar.Attributes and affiliation bound what it may do, and hf.Revoker, "
             "hf.GenCRL and hf.AffiliationMgr allow the rest; an unknown affiliation is refused so "
             "too (`belfry ca affiliations list`)";
    case 73:
      return "its registrar unlocks it with `belfry ca identities modify ID --secret NEW`";
    case 74:
      return "it keeps its secret; `belfry ca identities modify ID --secret NEW` gives a new one";
    case 77:
      return "enroll under the identity's own name";
    default:
      return {};
  }
}

std::string json_list(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& it : texts) out += (out.empty() ? "" : ",") + go_string(it);
  return "[" + out + "]";
}

class HttpClient final : public Client {
 public:
  explicit HttpClient(ClientOptions options) : options_(std::move(options)) {
    while (options_.url.ends_with('/')) options_.url.pop_back();
    http::Client::Options http;
    http.allow_private_networks = true;
    http.authorities = options_.authorities;
    client_ = http::Client::create(http);
  }

  Result<JsonValue> info() override {
    const std::string target =
        "/api/v1/cainfo" + (options_.ca_name.empty()
                                ? std::string()
                                : "?ca=" + http::percent_encode(options_.ca_name));
    return result(send("GET", target, {}, {}), false);
  }

  Result<Enrollment> enroll(const EnrollOptions& options) override {
    const auto key = make_p256_key();
    const std::string body = enroll_body(key.get(), options.id, options.certificate);
    return enrollment(result(send("POST", "/api/v1/enroll", body,
                                  "Basic " + base64(options.id + ":" + options.secret)),
                             true),
                      key.get());
  }

  Result<Enrollment> reenroll(const Credential& who, const CertificateOptions& options) override {
    const auto certificate = msp::Certificate::from_pem(who.certificate);
    if (!certificate) return tl::unexpected(certificate.error());
    const auto key = make_p256_key();
    const std::string body = enroll_body(key.get(), certificate->common_name(), options);
    return enrollment(signed_call(who, "POST", "/api/v1/reenroll", body), key.get());
  }

  Result<JsonValue> call(const Credential& who, std::string_view method, std::string_view path,
                         std::string_view body) override {
    std::string target = "/api/v1" + std::string(path);
    if (options_.ca_name.empty()) return signed_call(who, method, target, std::string(body));
    target += (target.find('?') == std::string::npos ? "?ca=" : "&ca=") +
              http::percent_encode(options_.ca_name);
    return signed_call(who, method, target, std::string(body));
  }

 private:
  std::string enroll_body(EVP_PKEY* key, const std::string& id, const CertificateOptions& options) {
    Subject subject = options.subject;
    subject.common_name = id;
    std::string body = fmt::format(
        R"({{"certificate_request":{})",
        go_string(make_certificate_request(
            key, subject, options.hosts ? names_of_hosts(*options.hosts) : AlternativeNames())));
    if (options.hosts) body += fmt::format(R"(,"hosts":{})", json_list(*options.hosts));
    if (!options.profile.empty())
      body += fmt::format(R"(,"profile":{})", go_string(options.profile));
    if (!options_.ca_name.empty())
      body += fmt::format(R"(,"caname":{})", go_string(options_.ca_name));
    if (options.attributes) body += fmt::format(R"(,"attr_reqs":[{}])", asked(*options.attributes));
    return body + "}";
  }

  static std::string asked(const std::vector<std::string>& attributes) {
    constexpr std::string_view kOptional = ":opt";
    std::string out;
    for (std::string_view name : attributes) {
      const bool optional = name.ends_with(kOptional);
      if (optional) name.remove_suffix(kOptional.size());
      out += fmt::format(R"({}{{"name":{}{}}})", out.empty() ? "" : ",", go_string(name),
                         optional ? R"(,"optional":true)" : "");
    }
    return out;
  }

  http::Response send(std::string_view method, const std::string& target, std::string body,
                      const std::string& authorization) {
    http::Request request;
    request.method = std::string(method);
    request.url = options_.url + target;
    request.timeout = options_.timeout;
    request.response_limit = kMostAnswer;
    if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
    request.body = std::move(body);
    return client_->send(std::move(request));
  }

  Result<JsonValue> signed_call(const Credential& who, std::string_view method,
                                const std::string& target, const std::string& body) {
    const auto signer = msp::Signer::from_pem(who.key);
    if (!signer) return fail("the identity's key: " + signer.error().message);
    const std::string token = make_token({method, target, body}, who.certificate, *signer);
    return result(send(method, target, body, token), false);
  }

  Result<JsonValue> result(const http::Response& response, bool with_secret) const {
    if (response.status == 0) return fail(unreached(response.error));
    auto body = parse_json(response.body);
    if (!body || body->kind != JsonValue::Kind::object || !member(*body, "success"))
      return fail(fmt::format("what answers at {} is no Fabric CA (status {})", options_.url,
                              response.status));
    if (member(*body, "success")->boolean) {
      const JsonValue* found = member(*body, "result");
      return found ? *found : JsonValue();
    }
    const JsonValue* errors = member(*body, "errors");
    if (!errors || errors->items.empty())
      return fail(fmt::format("the CA refused without a reason (status {})", response.status));
    const JsonValue& error = errors->items.front();
    const std::string code = text_of(error, "code"),
                      next = advice(std::atoll(code.c_str()), with_secret);
    return fail(fmt::format("the CA refused: {} (status {}, code {}){}{}",
                            text_of(error, "message"), response.status, code,
                            next.empty() ? "" : "; ", next));
  }

  std::string unreached(const std::string& why) const {
    const bool certificate = why.find("certificate") != std::string::npos;
    const bool plain = options_.url.starts_with("http:");
    return fmt::format("no Fabric CA answers at {}: {}; {}", options_.url, why,
                       certificate ? "give the CA's TLS root certificate with --tls-ca"
                       : plain ? "is it running there, and does it speak https (--url https://…)?"
                               : "is it running there? `belfry ca serve` starts one");
  }

  Result<Enrollment> enrollment(Result<JsonValue> answer, EVP_PKEY* key) const {
    if (!answer) return tl::unexpected(answer.error());
    const JsonValue* server = member(*answer, "ServerInfo");
    const auto certificate = unbase64(text_of(*answer, "Cert"));
    const auto chain = unbase64(server ? text_of(*server, "CAChain") : std::string());
    if (!certificate || !chain || !msp::Certificate::from_pem(*certificate))
      return fail(fmt::format("the CA at {} answered without a certificate", options_.url));
    return Enrollment{
        {*certificate, key_pem(key)}, *chain, server ? text_of(*server, "CAName") : std::string()};
  }

  ClientOptions options_;
  std::unique_ptr<http::Client> client_;
};

}  // namespace

Result<std::unique_ptr<Client>> Client::make(ClientOptions options) {
  if (!options.url.starts_with("http://") && !options.url.starts_with("https://"))
    return fail(fmt::format(
        "'{}' is no address of a CA: give http://HOST:PORT or https://HOST:PORT", options.url));
  return std::unique_ptr<Client>(std::make_unique<HttpClient>(std::move(options)));
}

}  // namespace belfry::ca
