// The CA of the transcripts, made anew: seven servers, and the identities that the recording's
// client had, found by the numbers that the recording gives their certificates. For
// transcript_test.cc only.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <map>

#include "base/bytes.h"
#include "base/forgetful_files.h"
#include "ca/go_text.h"
#include "ca/state.h"
#include "ca/test_client.h"

namespace belfry::ca {

// What a certificate request of the recording asks for, which its text does not tell.
struct RequestExtras {
  AlternativeNames names;
  bool wants_authority = false;
};

inline std::shared_ptr<EVP_PKEY> make_key(std::string_view kind) {
  EVP_PKEY* key = kind == "RSA 2048"           ? EVP_RSA_gen(2048)
                  : kind == "RSA 1024"         ? EVP_RSA_gen(1024)
                  : kind == "EC P-384"         ? EVP_EC_gen("P-384")
                  : kind == "EC P-521"         ? EVP_EC_gen("P-521")
                  : kind == "Ed25519PublicKey" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                                               : EVP_EC_gen("P-256");
  return {key, EVP_PKEY_free};
}

// "CN=admin,OU=Zeta,O=Acme,2.5.4.5=42".
inline Subject subject_of_text(std::string_view text) {
  Subject subject;
  for (const std::string& part : split(text, ',')) {
    const size_t at = part.find('=');
    if (at == std::string::npos) continue;
    const std::string name = part.substr(0, at), value = part.substr(at + 1);
    if (name == "CN") subject.common_name = value;
    if (name == "2.5.4.5") subject.serial_number = value;
    if (name == "C") subject.country.push_back(value);
    if (name == "ST") subject.state.push_back(value);
    if (name == "L") subject.locality.push_back(value);
    if (name == "O") subject.organization.push_back(value);
    if (name == "OU") subject.units.push_back(value);
  }
  return subject;
}

inline std::string make_csr(EVP_PKEY* key, const Subject& subject, const RequestExtras& extras,
                            bool good) {
  const RequestPointer request(X509_REQ_new());
  X509_REQ_set_subject_name(request.get(), make_name(subject).get());
  X509_REQ_set_pubkey(request.get(), key);
  const std::unique_ptr<STACK_OF(X509_EXTENSION), void (*)(STACK_OF(X509_EXTENSION)*)> all(
      sk_X509_EXTENSION_new_null(),
      [](STACK_OF(X509_EXTENSION) * it) { sk_X509_EXTENSION_pop_free(it, X509_EXTENSION_free); });
  if (!extras.names.empty())
    sk_X509_EXTENSION_push(
        all.get(), X509V3_EXT_i2d(NID_subject_alt_name, 0, make_general_names(extras.names).get()));
  if (extras.wants_authority)
    sk_X509_EXTENSION_push(all.get(), X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints,
                                                          "critical,CA:TRUE"));
  if (sk_X509_EXTENSION_num(all.get()) > 0) X509_REQ_add_extensions(request.get(), all.get());
  const bool ed25519 = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
  EXPECT_GT(X509_REQ_sign(request.get(), key, ed25519 ? nullptr : EVP_sha256()), 0);
  if (!good) {
    const ASN1_BIT_STRING* signature = nullptr;
    X509_REQ_get0_signature(request.get(), &signature, nullptr);
    const_cast<unsigned char*>(ASN1_STRING_get0_data(signature))[12] ^= 1;
  }
  const msp::Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(bio.get(), request.get());
  return msp::take(bio.get());
}

// The servers of the recording.
class TranscriptServers {
 public:
  TranscriptServers() {
    const auto add = [this](const std::string& server, CaSettings settings) {
      auto ca = Ca::open(std::move(settings), {posix_files(), clock_, *random_});
      EXPECT_TRUE(ca) << ca.error().message;
      servers_[server].push_back(ca->get());
      owned_.push_back(std::move(*ca));
    };
    const Subject subject =
        subject_of_text("CN=fabric-ca-server,OU=Fabric,O=Hyperledger,ST=North Carolina,C=US");
    const CaSettings plain{.subject = subject};
    const auto with = [&](const std::string& name, auto change) {
      CaSettings settings = plain;
      settings.name = name;
      change(settings);
      return settings;
    };
    const auto removing = [](CaSettings& it) {
      it.remove_identities = it.remove_affiliations = true;
    };
    const auto brief = [](CaSettings& it) {
      it.default_expiry = std::chrono::seconds(1);
      it.tls_expiry = std::chrono::hours(1);
    };
    add("main", with("ca-org1", removing));
    add("main",
        with("ca1", [](CaSettings& it) { it.subject.common_name = "fabric-ca-server-ca1"; }));
    add("strict", with("", [](CaSettings& it) {
          it.max_enrollments = 1;
          it.secret_attempts = 3;
        }));
    add("norem", with("", [](CaSettings& it) { it.secret_attempts = 3; }));
    add("short", with("ca-short", brief));
    add("lenient", with("ca-lenient", [&](CaSettings& it) {
          brief(it);
          it.reenroll_expired = true;
        }));
    add("compat", with("ca-compat", [](CaSettings& it) { it.older_tokens = true; }));
    add("intermediate", with("ca-int", [this](CaSettings& it) { it.authority = intermediate(); }));
  }

  http::ServerResponse call(const std::string& server, const http::ServerRequest& request) {
    return answer(request, servers_.at(server));
  }
  Ca& ca(const std::string& server) { return *servers_.at(server).front(); }
  ManualClock& clock() { return clock_; }

  // A certificate of the server's authority that it knows nothing of.
  std::string slip(const std::string& server, EVP_PKEY* key, const std::string& name,
                   WallTime not_before, WallTime not_after) {
    return ca(server)
        .state()
        .issuer
        .sign({.subject = {.common_name = name}, .not_before = not_before, .not_after = not_after},
              key, *random_)
        .pem();
  }

 private:
  // As a CA of its own enrolls at its parent, main.
  Credential intermediate() {
    const auto key = make_p256_key();
    const std::string csr = make_csr(
        key.get(), subject_of_text("CN=admin,O=Hyperledger,ST=North Carolina,C=US"), {}, true);
    const auto response = call(
        "main",
        make_request("POST", "/enroll",
                     fmt::format(R"({{"certificate_request":{},"profile":"ca"}})", go_string(csr)),
                     "Basic " + base64("admin:adminpw")));
    const auto body = parse_json(response.body);
    const std::string pem =
        unbase64(text_at(member(&*body, "result"), "Cert")).value_or(std::string());
    return {pem + ca("main").chain(), key_pem(key.get())};
  }

  ManualClock clock_{WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) +
                              std::chrono::seconds(12'144))};
  std::unique_ptr<Random> random_ = seeded_random(7);
  std::vector<std::unique_ptr<Ca>> owned_;
  std::map<std::string, std::vector<Ca*>> servers_;
};

}  // namespace belfry::ca
