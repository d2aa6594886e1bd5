#include "msp/signature.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>

#include <atomic>
#include <mutex>
#include <unordered_map>

#include "base/check.h"
#include "base/hash.h"
#include "msp/key_table.h"
#include "msp/openssl.h"

namespace belfry::msp {
namespace {

struct Order {
  BigNumber whole, half;
};

Order order_of(int curve) {
  std::unique_ptr<EC_GROUP, Freer<EC_GROUP_free>> group(EC_GROUP_new_by_curve_name(curve));
  Order order{BigNumber(BN_dup(EC_GROUP_get0_order(group.get()))), BigNumber(BN_new())};
  BELFRY_CHECK(BN_rshift1(order.half.get(), order.whole.get()) == 1);
  return order;
}

std::string group_name(const EVP_PKEY* key) {
  char name[64];
  size_t size = 0;
  if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
      EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name, &size) !=
          1) {
    ERR_clear_error();
    return {};
  }
  return {name, size};
}

// None for keys that are not supported.
const Order* order_of(const EVP_PKEY* key) {
  static const Order p256 = order_of(NID_X9_62_prime256v1);
  static const Order p384 = order_of(NID_secp384r1);
  const std::string name = group_name(key);
  return name == "prime256v1" ? &p256 : name == "secp384r1" ? &p384 : nullptr;
}

std::string encode(const ECDSA_SIG* signature) {
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature, &der);
  BELFRY_CHECK(size > 0);
  std::string bytes(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

EcdsaSignature decode(std::string_view bytes) {
  auto at = reinterpret_cast<const unsigned char*>(bytes.data());
  return EcdsaSignature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(bytes.size())));
}

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;

// How often the process has verified by a key, and the table that makes it quick once that is
// often.
class Use {
 public:
  ~Use() {
    if (table_.load() != nullptr) --tables;
  }

  // Null for now. The call after the kTableAfter-th makes the table; others do not wait for it.
  const KeyTable* table(const EVP_PKEY* key) {
    if (const KeyTable* made = table_.load(std::memory_order_acquire)) return made;
    if (verified_.fetch_add(1, std::memory_order_relaxed) != kTableAfter) return nullptr;
    if (++tables > kMostTables || (owned_ = KeyTable::create(key)) == nullptr) {
      --tables;
      return nullptr;
    }
    table_.store(owned_.get(), std::memory_order_release);
    return owned_.get();
  }

 private:
  // As many as pay for a table.
  static constexpr uint64_t kTableAfter = 500;
  static constexpr int kMostTables = 64;  // in the process: 10 MiB
  static inline std::atomic<int> tables{0};

  std::atomic<uint64_t> verified_{0};
  std::unique_ptr<const KeyTable> owned_;
  std::atomic<const KeyTable*> table_{nullptr};
};

// One for each public key, whichever certificate or thread has it.
std::shared_ptr<Use> use_of(const EVP_PKEY* key) {
  constexpr size_t kMostKeys = 4096;  // then all are counted from the beginning
  static std::mutex mutex;
  static auto& uses = *new std::unordered_map<std::string, std::shared_ptr<Use>>;
  unsigned char bytes[256];
  size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, bytes, sizeof bytes, &size) !=
      1) {
    ERR_clear_error();
    return std::make_shared<Use>();
  }
  std::lock_guard lock(mutex);
  if (uses.size() >= kMostKeys) uses.clear();
  auto& use = uses[{reinterpret_cast<char*>(bytes), size}];
  if (use == nullptr) use = std::make_shared<Use>();
  return use;
}

// What signing and verifying need of a key. Looking that up anew each time takes OpenSSL a third as
// long as the signature itself, so a thread keeps it for the keys it used last.
struct PreparedKey {
  std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>> key;  // held, so that its address stays its own
  const Order* order = nullptr;
  KeyContext signing, verifying;  // made when first wanted
  std::shared_ptr<Use> use;       // as verifying
};

PreparedKey& prepared(EVP_PKEY* key) {
  constexpr size_t kMostKeys = 256;  // per thread
  thread_local std::unordered_map<EVP_PKEY*, PreparedKey> keys;
  if (auto found = keys.find(key); found != keys.end()) return found->second;
  if (keys.size() >= kMostKeys) keys.clear();
  PreparedKey& made = keys[key];
  if (key != nullptr) EVP_PKEY_up_ref(key);
  made.key.reset(key);
  made.order = order_of(key);
  return made;
}

EVP_PKEY_CTX* context_of(PreparedKey& key, KeyContext& context, int (*begin)(EVP_PKEY_CTX*)) {
  if (context != nullptr) return context.get();
  context.reset(EVP_PKEY_CTX_new(key.key.get(), nullptr));
  BELFRY_CHECK(context != nullptr && begin(context.get()) == 1 &&
               EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1);
  return context.get();
}

std::string low_s(const Order& order, std::string_view signature) {
  EcdsaSignature parts = decode(signature);
  if (parts == nullptr) {
    ERR_clear_error();
    return std::string(signature);
  }
  const BIGNUM *r = nullptr, *s = nullptr;
  ECDSA_SIG_get0(parts.get(), &r, &s);
  if (BN_cmp(s, order.half.get()) <= 0) return std::string(signature);
  BigNumber low(BN_new());
  BELFRY_CHECK(BN_sub(low.get(), order.whole.get(), s) == 1);
  BELFRY_CHECK(ECDSA_SIG_set0(parts.get(), BN_dup(r), low.release()) == 1);
  return encode(parts.get());
}

}  // namespace

bool supported_key(const EVP_PKEY* key) {
  return order_of(key) != nullptr;
}

std::string describe_key(const EVP_PKEY* key) {
  if (const std::string group = group_name(key); !group.empty()) return "ECDSA on " + group;
  const char* type = key != nullptr ? EVP_PKEY_get0_type_name(key) : nullptr;
  return fmt::format("{} of {} bits", type != nullptr ? type : "unknown",
                     key != nullptr ? EVP_PKEY_get_bits(key) : 0);
}

std::string sign_low_s(EVP_PKEY* key, std::string_view message) {
  PreparedKey& with = prepared(key);
  BELFRY_CHECK(with.order != nullptr);
  EVP_PKEY_CTX* context = context_of(with, with.signing, EVP_PKEY_sign_init);
  const Hash256 hash = sha256(message);
  std::string signature(static_cast<size_t>(EVP_PKEY_get_size(key)), '\0');
  size_t size = signature.size();
  BELFRY_CHECK(EVP_PKEY_sign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                             hash.data(), hash.size()) == 1);
  signature.resize(size);
  return low_s(*with.order, signature);
}

std::string to_low_s(const EVP_PKEY* key, std::string_view signature) {
  const Order* order = order_of(key);
  return order != nullptr ? low_s(*order, signature) : std::string(signature);
}

bool verify_low_s(EVP_PKEY* key, std::string_view message, std::string_view signature) {
  PreparedKey& with = prepared(key);
  if (with.order == nullptr) return false;
  EcdsaSignature parts = decode(signature);
  if (parts == nullptr) {
    ERR_clear_error();
    return false;
  }
  const BIGNUM *r = nullptr, *s = nullptr;
  ECDSA_SIG_get0(parts.get(), &r, &s);
  if (BN_is_negative(r) || BN_is_zero(r) || BN_is_negative(s) || BN_is_zero(s)) return false;
  if (BN_cmp(s, with.order->half.get()) > 0) return false;
  const Hash256 hash = sha256(message);
  if (with.use == nullptr) with.use = use_of(key);
  if (const KeyTable* table = with.use->table(key)) return table->verify(r, s, hash);
  const std::string canonical =
      encode(parts.get());  // bytes after the signature are ignored, as Fabric does
  EVP_PKEY_CTX* context = context_of(with, with.verifying, EVP_PKEY_verify_init);
  const bool good =
      EVP_PKEY_verify(context, octets(canonical), canonical.size(), hash.data(), hash.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace belfry::msp
