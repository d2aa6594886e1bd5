// An X.509 certificate as Fabric uses one: who it names, until when, and the key that its owner
// signs with.
//
// Everything that touches certificates begins here: loading a client's identity (msp/identity.h),
// judging an orderer's or an endorser's (msp/msp.h), and naming the creator of a transaction.
// Immutable and cheap to copy; thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "base/result.h"

struct x509_st;  // OpenSSL's X509

namespace belfry::msp {

class Certificate {
 public:
  // The first certificate in the text. Text around it is allowed, as PEM has it (RFC 7468).
  // Decoding takes OpenSSL a fifth of a millisecond and the same few come again and again: the last
  // kMostRemembered are remembered by their texts.
  static constexpr size_t kMostRemembered = 1024;
  static Result<Certificate> from_pem(std::string_view pem);
  static Result<Certificate> from_der(std::string_view der);
  // Every certificate in the text, at least one.
  static Result<std::vector<Certificate>> all_from_pem(std::string_view pem);

  const std::string& common_name() const {
    return state_->common_name;
  }  // the last CN; empty without one
  const std::vector<std::string>& organizational_units() const { return state_->units; }
  const std::string& subject() const {
    return state_->subject;
  }  // "CN=alice,OU=client,O=org1.example.com": for people
  const std::string& issuer() const { return state_->issuer; }
  const std::string& serial() const { return state_->serial; }  // hex, lower case
  const std::string& subject_key_id() const {
    return state_->subject_key_id;
  }  // bytes; empty without the extension
  WallTime not_before() const { return state_->not_before; }
  WallTime not_after() const { return state_->not_after; }
  bool is_ca() const { return state_->is_ca; }
  bool ecdsa_signed() const;  // by its issuer
  const std::string& der() const { return state_->der; }
  // The DER without the issuer's signature (TBSCertificate). Two encodings of one certificate that
  // differ in the signature only (its S can be high or low) agree here.
  const std::string& tbs() const { return state_->tbs; }
  std::string pem() const;
  // sha256 of the DER. Of a TLS client certificate it is the channel header's tls_cert_hash.
  Hash256 fingerprint() const;

  // Why the certificate is of no use at that moment (expired, not yet valid), naming whom it
  // belongs to.
  Result<void> valid_at(WallTime when) const;

  // Whether these bytes are the key's signature over sha256 of the message: ECDSA, DER, low S
  // (FABRIC.md §3). False for a certificate whose key is not ECDSA P-256 or P-384.
  bool verify(std::string_view message, std::string_view signature) const;

  x509_st* native() const { return state_->x509.get(); }

 private:
  struct State {
    std::shared_ptr<x509_st> x509;
    std::string der, tbs, common_name, subject, issuer, serial, subject_key_id;
    std::vector<std::string> units;
    WallTime not_before, not_after;
    bool is_ca = false;
  };
  explicit Certificate(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  static Result<Certificate> from_native(std::shared_ptr<x509_st> x509);

  std::shared_ptr<const State> state_;
};

}  // namespace belfry::msp
