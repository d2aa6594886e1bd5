// Who belfry is on a Fabric network: an MSP id, a certificate and its private key, wherever they
// are kept; and the same kept fresh while credentials rotate below a running process
// (docs/identities.md).
//
// A client that signs asks its IdentityProvider for the current identity at each connect, and
// someone asks once a minute besides, so that a rotation or its failure is seen soon.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/result.h"
#include "msp/certificate.h"
#include "msp/signer.h"

namespace belfry::msp {

// msp.SerializedIdentity{mspid, id_bytes}: what a creator or an endorser is on the wire.
std::string serialize_identity(std::string_view msp_id, std::string_view certificate_pem);
struct IdentityView {
  std::string_view msp_id;
  std::string_view certificate_pem;
};
// Views into the bytes; fails when they are no SerializedIdentity.
Result<IdentityView> parse_identity(std::string_view serialized);

// Immutable; thread-safe.
class SigningIdentity {
 public:
  SigningIdentity(std::string msp_id, Certificate certificate, Signer signer,
                  std::string certificate_pem);

  const std::string& msp_id() const { return msp_id_; }
  const Certificate& certificate() const { return certificate_; }
  const std::string& serialized() const { return serialized_; }  // msp.SerializedIdentity
  std::string sign(std::string_view message) const { return signer_.sign(message); }

 private:
  std::string msp_id_;
  Certificate certificate_;
  Signer signer_;
  std::string serialized_;
};

// Where the certificate and its key are.
struct IdentityFiles {
  std::string certificate, key;  // paths of PEM files
};
struct IdentityPem {
  std::string certificate, key;  // PEM texts, as a secret store keeps them
};
// An MSP folder as cryptogen and fabric-ca-client lay it out: signcerts/ with the certificate,
// keystore/ with keys of which one matches.
struct MspFolder {
  std::string path;
};
// Texts that are asked for each time, because they may have been changed where they are kept.
struct IdentityLookup {
  std::function<Result<IdentityPem>()> find;
};
using IdentitySource = std::variant<IdentityFiles, IdentityPem, MspFolder, IdentityLookup>;

// Reads, and checks that key and certificate belong together and that the certificate is valid at
// `now`. Errors name the file and what is wrong with it.
Result<SigningIdentity> load_identity(FileSystem& files, const std::string& msp_id,
                                      const IdentitySource& source, WallTime now);
// The same from PEM texts.
Result<SigningIdentity> identity_from_pem(const std::string& msp_id,
                                          std::string_view certificate_pem,
                                          std::string_view key_pem);

// "the certificate of CN=alice… ends in 12 days, at …" when less than `within` is left; none before
// that.
std::optional<std::string> expiry_warning(const Certificate& certificate, WallTime now,
                                          Duration within = std::chrono::days(30));

// An identity that follows its files. Thread-safe.
class IdentityProvider {
 public:
  // files and clock must outlive it.
  IdentityProvider(FileSystem& files, const Clock& clock, std::string msp_id,
                   IdentitySource source);

  // Reads the files again (they are small) and, when they changed and are good, takes them. While a
  // rotation is half written (key and certificate do not match yet, a file is missing), the
  // identity from before stays. An error when there is no identity, or the one at hand has expired.
  Result<std::shared_ptr<const SigningIdentity>> current();
  // Why the files' present contents were not taken; none when they were. As of the last current().
  std::optional<std::string> problem() const;
  // As of the last current(): for status and the 30-day warning.
  std::optional<WallTime> expires() const;
  const std::string& msp_id() const { return msp_id_; }

 private:
  FileSystem& files_;
  const Clock& clock_;
  const std::string msp_id_;
  const IdentitySource source_;
  mutable std::mutex mutex_;
  std::shared_ptr<const SigningIdentity> identity_;
  std::optional<std::string> problem_;
};

}  // namespace belfry::msp
