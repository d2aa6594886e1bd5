// What a real fabric-ca-server answered (tests/data/transcripts/ca), asked of ours case by case in
// the recorded order: status, code, message and the body's every value must agree, certificates and
// revocation lists in what they say. Differences that stay are named with their reason, here and in
// docs/compatibility.md.
#include <regex>
#include <set>

#include "base/json.h"
#include "ca/transcript_certificates.h"
#include "ca/transcript_harness.h"
#include "support/certificates.h"
#include "support/xz.h"

namespace belfry::ca {
namespace {

using Kind = JsonValue::Kind;

// Cases whose answer differs, by group and name, and why.
const std::map<std::string, std::string>& differences() {
  static const std::string kAsn1 = "Go's ASN.1 parser's own words for what it stumbled over";
  static const std::string kListStatus =
      "the real server answers a list with 201 once anything was added; ours stays with 200";
  static const std::string kIdemix = "idemix credentials are not offered: 501 says so";
  static const std::map<std::string, std::string> all = {
      {"enroll: CSR is PEM around garbage", kAsn1},
      {"identities: list after a POST to the same path", kListStatus},
      {"identities: list after a POST to the other path", kListStatus},
      {"affiliations: list at the end", kListStatus},
      {"affiliations: rename to one that exists",
       "the real server's handler panics and gives no answer; ours answers 409, code 64"},
      {"idemix: POST /api/v1/idemix/credential, Basic, empty request: a nonce", kIdemix},
      {"idemix: POST /idemix/credential, Basic, empty request: a nonce", kIdemix},
      {"idemix: credential, token", kIdemix},
      {"idemix: credential, request that is nonsense", kIdemix},
      {"idemix: cri, token", kIdemix},
      {"idemix: cri, path without prefix", kIdemix},
  };
  return all;
}

class Transcript : public ::testing::Test {
 protected:
  Transcript()
      : recorded_(*parse_json(tests::read_data("transcripts/ca/rest.json.xz"))),
        described_(*parse_json(tests::read_data("transcripts/ca/certificates.json.xz"))) {}

  // ---- what the recording's numbers stand for ----

  TestIdentity& identity(int number, const std::string& server) {
    const auto found = identities_.find(number);
    if (found != identities_.end()) return found->second;
    return identities_.emplace(number, make(number, server)).first->second;
  }

  const JsonValue* described(int number) {
    return member(member(&recorded_, "certificates"), fmt::format("certificate {}", number));
  }

  // A certificate that the recording's client got outside the recorded cases.
  TestIdentity make(int number, const std::string& server) {
    const JsonValue* about = described(number);
    EXPECT_NE(about, nullptr) << "certificate " << number;
    TestIdentity who;
    who.key = make_key(text_at(about, "key"));
    const std::string name = subject_of_text(text_at(about, "subject")).common_name;
    const WallTime now = servers_.clock().now();
    constexpr auto kHour = std::chrono::hours(1);
    if (number == 97) {  // self-signed
      const tests::CertificateAuthority self({.common_name = "admin"});
      who.certificate = self.certificate();
      const std::string pem = self.key();
      const msp::Bio bio = msp::read_bio(pem);
      who.key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
    } else if (number == 98 || number == 102) {
      who.certificate = servers_.slip(server, who.key.get(), name, now - kHour, now + kHour);
    } else if (number == 99 || number == 100) {
      who.certificate = servers_.slip(server, who.key.get(), name, now - 2 * kHour, now - kHour);
    } else if (number == 101) {
      who.certificate = servers_.slip(server, who.key.get(), name, now + kHour, now + 2 * kHour);
    } else {
      enroll_outside(who, number, name, server);
    }
    return who;
  }

  void enroll_outside(TestIdentity& who, int number, const std::string& name,
                      const std::string& server) {
    const JsonValue* about = described(number);
    if (name != "admin" && !servers_.ca(server).state().registry->find(name))
      register_outside(name);
    const bool tls = member(about, "ext_key_usage") != nullptr;
    const std::string secret = name == "admin" ? "adminpw" : name + "pw";
    std::string hosts;
    for (const std::string& host : texts(member(about, "alt_names")))
      hosts += (hosts.empty() ? "" : ",") + go_string(host.substr(host.find(':') + 1));
    const bool other_ca = number == 64, no_attributes = number == 50;
    const std::string body = fmt::format(
        R"({{"certificate_request":{}{}{}{}{}}})",
        go_string(make_csr(who.key.get(), {.common_name = name}, {}, true)),
        tls ? R"(,"profile":"tls")" : "", hosts.empty() ? "" : ",\"hosts\":[" + hosts + "]",
        other_ca ? R"(,"caname":"ca1")" : "",
        no_attributes ? R"(,"attr_reqs":[{"name":"nope","optional":true}])" : "");
    const auto response = servers_.call(
        server, make_request("POST", "/enroll", body, "Basic " + base64(name + ":" + secret)));
    EXPECT_EQ(response.status, 201) << "certificate " << number << ": " << response.body;
    const auto parsed = parse_json(response.body);
    who.certificate = unbase64(text_at(member(&*parsed, "result"), "Cert")).value_or("");
    check_certificate(number, who.certificate);
  }

  void register_outside(const std::string& name) {
    const std::string rights =
        name == "revoker2"
            ? R"([{"name":"hf.Revoker","value":"true"},{"name":"hf.Registrar.Roles","value":"client"}])"
            : "[]";
    const std::string body = fmt::format(
        R"({{"id":"{0}","type":"client","affiliation":"org1","secret":"{0}pw","attrs":{1}}})", name,
        rights);
    const std::string token = identity(8, "main").token({"POST", "/register", body});
    const auto response = servers_.call("main", make_request("POST", "/register", body, token));
    EXPECT_EQ(response.status, 201) << response.body;
  }

  // What the recording's client did between its cases.
  void prepare(const std::string& group, const std::string& name) {
    const std::string key = group + ": " + name;
    if (key == "register: no permission: plain client")
      for (int number = 38; number <= 44; ++number) identity(number, "main");
    if (key == "register: no permission: plain client")
      for (int number = 50; number <= 53; ++number) identity(number, "main");
    if (key == "token: issued certificate that has expired since" ||
        key == "reenroll: expired certificate, CA told to ignore expiry on reenroll") {
      identity(6, "short");
      identity(7, "lenient");
      servers_.clock().advance(std::chrono::minutes(2));
    }
    if (key == "revoke: by id, two certificates") {
      for (int number = 79; number <= 89; ++number) identity(number, "main");
      register_outside("v7");
    }
  }

  msp::Certificate certificate(int number, const std::string& server) {
    if (number <= 5 || number == 91 || number == 96) return *authority(number);
    auto parsed = msp::Certificate::from_pem(identity(number, server).certificate);
    EXPECT_TRUE(parsed) << "certificate " << number;
    return *parsed;
  }

  const msp::Certificate* authority(int number) {
    static const std::map<int, std::string> kServers = {{1, "main"},         {2, "lenient"},
                                                        {3, "strict"},       {4, "short"},
                                                        {5, "intermediate"}, {91, "norem"}};
    if (number == 96) return &servers_second_authority();
    return &servers_.ca(kServers.at(number)).certificate();
  }
  const msp::Certificate& servers_second_authority() {
    if (!second_) {
      const auto response = servers_.call("main", make_request("GET", "/cainfo?ca=ca1"));
      const auto body = parse_json(response.body);
      second_ = *msp::Certificate::from_pem(
          unbase64(text_at(member(&*body, "result"), "CAChain")).value_or(""));
    }
    return *second_;
  }

  // ---- requests ----

  // Every <placeholder> of a request's text.
  std::string filled(std::string text, const std::string& server, const RequestExtras& extras) {
    static const std::regex kCsr("<CSR (.*), ([^,]*), signature (good|bad)>");
    static const std::regex kNumbered(
        "<(base64 of certificate|certificate|serial|SERIAL|ski of certificate|"
        "SKI of certificate) (\\d+)(, upper case)?>");
    std::smatch found;
    if (std::regex_search(text, found, kCsr)) {
      auto key = make_key(found[2].str());
      last_key_ = key;
      const std::string csr =
          make_csr(key.get(), subject_of_text(found[1].str()), extras, found[3] == "good");
      return found.prefix().str() + csr + found.suffix().str();
    }
    if (text == "<new certificate request>") {
      std::string csr =
          make_csr((last_key_ = make_key("")).get(), {.common_name = "admin"}, {}, true);
      for (const char* word : {"BEGIN", "END"}) {
        const std::string from = std::string(word) + " CERT";
        csr.replace(csr.find(from), from.size(), std::string(word) + " NEW CERT");
      }
      return csr;
    }
    if (text == "<CSR, unreadable>")
      return "-----BEGIN CERTIFICATE REQUEST-----\nAAECAw==\n-----END CERTIFICATE REQUEST-----\n";
    if (text == "<hex bytes> ") {
      std::string colons;
      const std::string serial = serial_of(certificate(82, server));
      for (size_t i = 0; i < serial.size(); ++i)
        colons += (i && (serial.size() - i) % 2 == 0 ? ":" : "") + std::string(1, serial[i]);
      return colons;
    }
    std::string out;
    while (std::regex_search(text, found, kNumbered)) {
      out += found.prefix().str() + placeholder(found[1].str(), std::stoi(found[2].str()), server);
      text = found.suffix().str();
    }
    return out + text;
  }

  std::string placeholder(const std::string& what, int number, const std::string& server) {
    const msp::Certificate it = certificate(number, server);
    const auto upper = [](std::string text) {
      std::ranges::transform(text, text.begin(), ::toupper);
      return text;
    };
    const std::string ski = without_leading_zeros(hex(it.subject_key_id()));
    if (what == "base64 of certificate") return base64(it.pem());
    if (what == "certificate") return it.pem();
    if (what == "serial") return serial_of(it);
    if (what == "SERIAL") return upper(serial_of(it));
    return what[0] == 's' ? ski : upper(ski);
  }

  std::string compact(const JsonValue& value, const std::string& server,
                      const RequestExtras& extras) {
    std::string out;
    switch (value.kind) {
      case Kind::null:
        return "null";
      case Kind::boolean:
        return value.boolean ? "true" : "false";
      case Kind::number:
        return value.text;
      // The client wrote its JSON without escaping <, > and &.
      case Kind::string:
        append_json_string(out, filled(value.text, server, extras));
        return out;
      case Kind::array:
        for (const JsonValue& it : value.items)
          out += (out.empty() ? "" : ",") + compact(it, server, extras);
        return "[" + out + "]";
      case Kind::object:
        for (const auto& [key, it] : value.members) {
          out += out.empty() ? "" : ",";
          append_json_string(out, key);
          out += ":" + compact(it, server, extras);
        }
        return "{" + out + "}";
    }
    return out;
  }

  std::string authorization(const std::string& header, const JsonValue& one,
                            const std::string& body, const std::string& server) {
    static const std::regex kToken(R"(<base64 of certificate (\d+)>\.<signature>)");
    std::smatch found;
    if (header.starts_with("Basic ")) return known_secret(header);
    if (!std::regex_search(header, found, kToken)) return filled(header, server, {});
    const JsonValue* token = member(&one, "token");
    const JsonValue* request = member(&one, "request");
    const std::string sent_method = text_at(request, "method");
    SignedRequest what{sent_method, {}, body};
    const std::string method = token ? text_at(token, "method") : std::string(what.method),
                      uri = token && member(token, "uri")
                                ? filled(text_at(token, "uri"), server, {})
                                : target_of(one, server);
    const std::string name = text_at(&one, "name");
    const std::string other = "{\"id\":\"other\"}";
    if (name.find("another body signed") != std::string::npos) what.body = other;
    TestIdentity who = identity(std::stoi(found[1].str()), server);
    if (name == "signed by another key") who.key = make_p256_key();
    const std::string certificate = base64(who.certificate);
    const std::string input =
        token && text_at(token, "form") == "old"
            ? base64(what.body) + "." + certificate
            : fmt::format("{}.{}.{}.{}", method.empty() ? std::string(what.method) : method,
                          base64(uri), base64(what.body), certificate);
    std::string signature = msp::Signer::from_pem(key_pem(who.key.get()))->sign(input);
    if (token && text_at(token, "s") == "high") signature = tests::flip_s(signature);
    return found.prefix().str() + certificate + "." + base64(signature) + found.suffix().str();
  }

  // A secret that the real server made is another one here.
  std::string known_secret(const std::string& header) {
    const auto pair = unbase64(header.substr(6));
    if (!pair || pair->find(':') == std::string::npos) return header;
    const std::string user = pair->substr(0, pair->find(':')),
                      secret = pair->substr(pair->find(':') + 1);
    if (generated_.contains(user) && secret.size() == 12 && !replaced_.contains(secret))
      replaced_[secret] = generated_[user];
    return replaced_.contains(secret) ? "Basic " + base64(user + ":" + replaced_[secret]) : header;
  }

  std::string target_of(const JsonValue& one, const std::string& server) {
    return filled(text_at(member(&one, "request"), "path"), server, {});
  }

  http::ServerRequest request_of(const JsonValue& one, const std::string& server) {
    const JsonValue* request = member(&one, "request");
    const std::string name = text_at(&one, "name");
    RequestExtras extras;
    extras.wants_authority = name.find("CSR with CA basic constraints") != std::string::npos;
    if (name.starts_with("SANs in the CSR"))
      extras.names = {
          {"csr.example.com"}, {"a@b.example"}, {std::string("\x0a\x09\x08\x07", 4)}, {}};
    last_key_.reset();
    std::string body;
    if (const JsonValue* value = member(request, "body"))
      body = compact(*value, server, extras);
    else if (const JsonValue* text = member(request, "body_text")) {
      // Text around a certificate request: in JSON its line ends are escaped.
      body = text->text;
      if (const size_t at = body.find("<CSR "); at != std::string::npos) {
        const size_t end = body.find('>', at) + 1;
        std::string escaped;
        append_json_string(escaped, filled(body.substr(at, end - at), server, extras));
        body.replace(at, end - at, escaped.substr(1, escaped.size() - 2));
      }
    }
    auto made = make_request(text_at(request, "method"), target_of(one, server), body);
    for (const auto& [key, value] : member(request, "headers")->members)
      made.headers.emplace_back(key, key == "Authorization" || key == "authorization"
                                         ? authorization(value.text, one, body, server)
                                         : value.text);
    return made;
  }

  // ---- answers ----

  void check_certificate(int number, const std::string& pem) {
    const auto parsed = msp::Certificate::from_pem(pem);
    ASSERT_TRUE(parsed) << "certificate " << number;
    const Summary ours = summary_of(*parsed);
    const Summary theirs = recorded_summary(*described(number));
    EXPECT_EQ(relative_names(ours.subject), relative_names(theirs.subject)) << number;
    EXPECT_EQ(ours.key, theirs.key) << number;
    EXPECT_EQ(ours.usage, theirs.usage) << number;
    EXPECT_EQ(ours.extended, theirs.extended) << number;
    EXPECT_EQ(ours.names, theirs.names) << number;
    EXPECT_EQ(ours.attributes, theirs.attributes) << number;
    EXPECT_EQ(ours.authority, theirs.authority) << number;
  }

  // A certificate that was recorded in full, against those of ours that say the same: names as they
  // are encoded, extensions in their order and with their weight, and how long it is good.
  void check_in_full(const JsonValue& one) {
    const JsonValue* theirs = member(&one, "certificate");
    const std::string name = text_at(&one, "case");
    if (name.starts_with("TLS certificate the server makes")) return;  // ours has fewer names
    SCOPED_TRACE(name);
    bool found = false;
    for (const std::string& pem : all_of_ours()) {
      const auto certificate = msp::Certificate::from_pem(pem);
      ASSERT_TRUE(certificate);
      if (names_of(X509_get_subject_name(certificate->native())) !=
              recorded_names(*member(theirs, "subject_rdns")) ||
          key_kind(X509_get0_pubkey(certificate->native())) != text_at(theirs, "key") ||
          extensions_of(certificate->native()) != recorded_extensions(*theirs) ||
          names_of(X509_get_issuer_name(certificate->native())) !=
              recorded_names(*member(theirs, "issuer_rdns")))
        continue;
      found = true;
    }
    EXPECT_TRUE(found) << "no certificate of ours is like it: "
                       << ::testing::PrintToString(recorded_names(*member(theirs, "subject_rdns")))
                       << recorded_extensions(*theirs);
  }

  std::vector<std::string> all_of_ours() {
    std::vector<std::string> all;
    for (const char* server : {"main", "lenient", "intermediate"}) {
      Ca& ca = servers_.ca(server);
      all.push_back(ca.certificate().pem());
      for (const auto& it : ca.state().registry->certificates()) all.push_back(it.pem);
    }
    return all;
  }

  void check_crl(const std::string& name, const std::string& encoded, const std::string& server) {
    const std::string pem = unbase64(encoded).value_or("");
    const msp::Bio bio = msp::read_bio(pem);
    const std::unique_ptr<X509_CRL, Freer<X509_CRL_free>> list(
        PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr));
    ASSERT_TRUE(list) << name;
    std::set<std::string> ours, theirs;
    STACK_OF(X509_REVOKED)* revoked = X509_CRL_get_REVOKED(list.get());
    for (int i = 0; revoked && i < sk_X509_REVOKED_num(revoked); ++i) {
      const X509_REVOKED* entry = sk_X509_REVOKED_value(revoked, i);
      ours.insert(without_leading_zeros(hex(bytes_of(X509_REVOKED_get0_serialNumber(entry)))));
      EXPECT_EQ(X509_REVOKED_get_ext_count(entry), 0);
    }
    for (const JsonValue& it : member(member(member(&recorded_, "crls"), name), "revoked")->items)
      theirs.insert(filled(text_at(&it, "serial"), server, {}));
    EXPECT_EQ(ours, theirs) << name;
    EXPECT_EQ(X509_CRL_get_ext_count(list.get()), 1);
    int days = 0, seconds = 0;
    ASN1_TIME_diff(&days, &seconds, X509_CRL_get0_lastUpdate(list.get()),
                   X509_CRL_get0_nextUpdate(list.get()));
    EXPECT_EQ(days * 86'400 + seconds, 86'400);
  }

  // Says where the two differ; empty if they do not.
  std::string difference(const JsonValue& theirs, const JsonValue& ours, const std::string& where,
                         const std::string& server) {
    if (theirs.kind != ours.kind) return where + ": of another kind";
    if (theirs.kind == Kind::boolean && theirs.boolean != ours.boolean) return where;
    if (theirs.kind == Kind::number && theirs.text != ours.text)
      return fmt::format("{}: {} instead of {}", where, ours.text, theirs.text);
    if (theirs.kind == Kind::string) return text_difference(theirs.text, ours.text, where, server);
    if (theirs.kind == Kind::array) return list_difference(theirs, ours, where, server);
    for (size_t i = 0; i < std::max(theirs.members.size(), ours.members.size()); ++i) {
      if (i >= theirs.members.size() || i >= ours.members.size() ||
          theirs.members[i].first != ours.members[i].first)
        return fmt::format("{}: other members from the {}. on", where, i + 1);
      const auto found = difference(theirs.members[i].second, ours.members[i].second,
                                    where + "." + theirs.members[i].first, server);
      if (!found.empty()) return found;
    }
    return {};
  }

  std::string list_difference(const JsonValue& theirs, const JsonValue& ours,
                              const std::string& where, const std::string& server) {
    if (theirs.items.size() != ours.items.size())
      return fmt::format("{}: {} elements instead of {}", where, ours.items.size(),
                         theirs.items.size());
    const bool unordered = where.ends_with(".attrs") || where.ends_with(".affiliations");
    std::vector<const JsonValue*> left;
    for (const JsonValue& it : ours.items) left.push_back(&it);
    for (size_t i = 0; i < theirs.items.size(); ++i) {
      const std::string here = fmt::format("{}[{}]", where, i);
      std::string first;
      const auto equal = std::ranges::find_if(left, [&](const JsonValue* it) {
        const auto found = difference(theirs.items[i], *it, here, server);
        if (first.empty()) first = found;
        return found.empty() || !unordered;
      });
      if (!unordered && !first.empty()) return first;
      if (equal == left.end()) return first;
      left.erase(equal);
    }
    return {};
  }

  std::string text_difference(const std::string& theirs, const std::string& ours,
                              const std::string& where, const std::string& server) {
    static const std::regex kNew(R"(<base64 of certificate (\d+)>)"),
        kCrl("<base64 of (CRL \\d+)>");
    std::smatch found;
    if (where.ends_with(".Cert") && std::regex_match(theirs, found, kNew)) {
      const int number = std::stoi(found[1].str());
      TestIdentity who;
      who.certificate = unbase64(ours).value_or("");
      if (last_key_) who.key = last_key_;
      check_certificate(number, who.certificate);
      identities_[number] = who;
      return {};
    }
    if (theirs == "<base64 of certificate 5 + certificate 1>")
      return ours == base64(servers_.ca("intermediate").chain()) ? "" : where;
    if (where.ends_with(".CAChain")) {
      // The compat server's own is not numbered.
      return std::regex_match(theirs, found, kNew) && std::stoi(found[1].str()) == 1 &&
                     server != "main"
                 ? ""
             : filled(theirs, server, {}) == ours ? ""
                                                  : where;
    }
    if (std::regex_match(theirs, found, kCrl)) {
      check_crl(found[1].str(), ours, server);
      return {};
    }
    if (theirs == "<generated secret>") {
      secret_ = ours;
      return ours.size() == 12 ? "" : where + ": no secret of twelve letters";
    }
    if (theirs.starts_with("<idemix")) return ours.empty() ? "" : where;
    const std::string expected = theirs.find("body=") != std::string::npos
                                     ? theirs.substr(0, theirs.find("body="))
                                     : filled(theirs, server, {});
    const std::string got =
        theirs.find("body=") != std::string::npos ? ours.substr(0, ours.find("body=")) : ours;
    return got == expected ? "" : fmt::format("{}: '{}' instead of '{}'", where, got, expected);
  }

  const JsonValue recorded_, described_;
  TranscriptServers servers_;
  std::map<int, TestIdentity> identities_;
  std::map<std::string, std::string> generated_, replaced_;  // secrets by user, by recorded secret
  std::shared_ptr<EVP_PKEY> last_key_;
  std::string secret_;
  std::optional<msp::Certificate> second_;
};

TEST_F(Transcript, EveryCaseIsAnsweredAsTheRealServerAnswersIt) {
  int same = 0, differing = 0;
  for (const JsonValue& one : member(&recorded_, "cases")->items) {
    const std::string server = text_at(&one, "server"), group = text_at(&one, "group"),
                      name = text_at(&one, "name"), key = group + ": " + name;
    SCOPED_TRACE(fmt::format("{} ({})", key, server));
    prepare(group, name);
    const auto request = request_of(one, server);
    const auto response = servers_.call(server, request);
    const JsonValue* theirs = member(&one, "response");
    std::string found;
    if (text_at(theirs, "status") != std::to_string(response.status))
      found = fmt::format("status {} instead of {}", response.status, text_at(theirs, "status"));
    if (const JsonValue* text = member(theirs, "body_text"); text && found.empty())
      found = text->text == response.body ? "" : "another text";
    const JsonValue* body = member(theirs, "body");
    const auto ours = parse_json(response.body);
    secret_.clear();
    if (body && found.empty() && request.method != "HEAD")
      found = ours ? difference(*body, *ours, "", server) : "the body is no JSON";
    if (const JsonValue* location = member(member(theirs, "headers"), "Location"); location)
      for (const auto& [header, value] : response.headers)
        if (header == "Location") EXPECT_EQ(value, location->text);
    if (const JsonValue* sent = member(member(&one, "request"), "body"); sent && !secret_.empty())
      generated_[text_at(sent, "id")] = secret_;
    if (differences().contains(key)) {
      ++differing;
      EXPECT_FALSE(found.empty()) << "no longer differs: take it off the list";
    } else {
      ++same;
      EXPECT_EQ(found, "") << response.body.substr(0, 600);
    }
  }
  for (const JsonValue& it : member(&described_, "certificates")->items) check_in_full(it);
  EXPECT_EQ(same + differing, 413);
  EXPECT_EQ(differing, static_cast<int>(differences().size()));
}

TEST_F(Transcript, TokensOfTheRealServersClientsAreJudgedAsItJudgedThem) {
  for (const JsonValue& it : member(&recorded_, "token_vectors")->items) {
    const std::string method = text_at(&it, "method"), uri = text_at(&it, "uri"),
                      body = text_at(&it, "body"), token = text_at(&it, "authorization");
    SCOPED_TRACE(text_at(&it, "case"));
    const bool older = text_at(&it, "form") == "old";
    EXPECT_EQ(verify_token(token, {method, uri, body}, false).has_value(), !older);
    EXPECT_TRUE(verify_token(token, {method, uri, body}, true));
    EXPECT_FALSE(verify_token(token, {method, uri, body + " "}, true));
    if (!older) EXPECT_FALSE(verify_token(token, {method, uri + "?x", body}, false));
  }
}

}  // namespace
}  // namespace belfry::ca
