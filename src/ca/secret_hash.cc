#include "ca/secret_hash.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/check.h"
#include "ca/go_text.h"

namespace belfry::ca {
namespace {

constexpr uint64_t kBlock = 8, kParallel = 1;
constexpr uint64_t kMemory = 16 << 20;
constexpr size_t kHashBytes = 32;

std::string scrypt(std::string_view secret, std::string_view salt, uint64_t cost) {
  std::string hash(kHashBytes, '\0');
  BELFRY_CHECK(EVP_PBE_scrypt(secret.data(), secret.size(),
                              reinterpret_cast<const unsigned char*>(salt.data()), salt.size(),
                              cost, kBlock, kParallel, kMemory,
                              reinterpret_cast<unsigned char*>(hash.data()), hash.size()) == 1);
  return hash;
}

}  // namespace

std::string hash_secret(std::string_view secret, uint64_t cost, Random& random) {
  std::string salt;
  for (int i = 0; i < 2; ++i) {
    const uint64_t word = random.next();
    salt.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  return fmt::format("scrypt${}${}${}", cost, hex(salt), hex(scrypt(secret, salt, cost)));
}

bool secret_matches(std::string_view secret, std::string_view hash) {
  const auto parts = split(hash, '$');
  if (parts.size() != 4 || parts[0] != "scrypt") return false;
  const uint64_t cost = parts[1] == std::to_string(kCostOnDisk)     ? kCostOnDisk
                        : parts[1] == std::to_string(kCostInMemory) ? kCostInMemory
                                                                    : 0;
  const auto salt = unhex(parts[2]), expected = unhex(parts[3]);
  if (cost == 0 || !salt || !expected || expected->size() != kHashBytes) return false;
  return CRYPTO_memcmp(scrypt(secret, *salt, cost).data(), expected->data(), kHashBytes) == 0;
}

std::string make_secret(Random& random) {
  std::string secret;
  for (int i = 0; i < 12; ++i) {
    const auto letter = static_cast<char>(random.below(52));
    secret += static_cast<char>(letter < 26 ? 'a' + letter : 'A' + letter - 26);
  }
  return secret;
}

}  // namespace belfry::ca
