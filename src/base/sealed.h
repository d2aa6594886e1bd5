// Encryption at rest: small values sealed under a master key that is kept elsewhere
// (docs/formats/secrets.md).
//
// Each value gets a data key of its own (AES-256-GCM); the data key is wrapped by the master key
// and stands beside it. A context says what the value is (a name and a version): a sealed value
// that was moved to another place no longer opens. Keys are wiped from memory after use.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/random.h"
#include "base/result.h"

namespace belfry {

// Immutable; thread-safe.
class MasterKey {
 public:
  static constexpr size_t kBytes = 32;
  static constexpr size_t kOverhead = 97;  // bytes that a sealed value is longer than the value

  // 32 bytes as they are, or as text in base64 or hexadecimal, with or without a line's end.
  static Result<MasterKey> parse(std::string_view text);
  static MasterKey make(Random& random);
  // An error also when everybody may change the file.
  static Result<MasterKey> read(const std::string& path);
  // Makes the file (mode 0600) when it is not there; `made` says which it was.
  static Result<MasterKey> read_or_make(const std::string& path, Random& random, bool& made);

  MasterKey(const MasterKey&) = default;
  MasterKey& operator=(const MasterKey&) = default;
  ~MasterKey();

  std::string text() const;  // in base64, as parse() takes it: a secret
  std::string id() const;    // 16 hexadecimal digits that tell keys apart and give nothing away

  std::string seal(std::string_view value, std::string_view context, Random& random) const;
  // An error says whether it is another key's, damaged or moved, or no sealed value at all.
  Result<std::string> open(std::string_view sealed, std::string_view context) const;

 private:
  MasterKey() = default;
  std::array<unsigned char, kBytes> key_{};
};

// Overwrites a text that was a secret, then empties it.
void wipe(std::string& secret);

}  // namespace belfry
