#include "base/sealed.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"

namespace belfry {
namespace {

// version, id of the master key | nonce, wrapped data key, tag | nonce, value, tag
constexpr char kVersion = 1;
constexpr size_t kIdBytes = 8, kNonceBytes = 12, kTagBytes = 16;
constexpr size_t kHeaderBytes = 1 + kIdBytes;
constexpr size_t kWrappedBytes = kNonceBytes + MasterKey::kBytes + kTagBytes;
static_assert(kHeaderBytes + kWrappedBytes + kNonceBytes + kTagBytes == MasterKey::kOverhead);

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* bytes_of(char* text) {
  return reinterpret_cast<unsigned char*>(text);
}
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void fill(Random& random, unsigned char* into, size_t size) {
  for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
    const uint64_t word = random.next();
    std::memcpy(into + at, &word, std::min(sizeof word, size - at));
  }
}

// What both layers bind to themselves: the header, so that it cannot be exchanged, and the context.
std::string bound(std::string_view header, std::string_view context) {
  return std::string(header).append(context);
}

// Appends nonce, encrypted text and tag.
void encrypt(std::string& out, const unsigned char* key, std::string_view text,
             std::string_view bound_to, Random& random) {
  unsigned char nonce[kNonceBytes];
  fill(random, nonce, sizeof nonce);
  out.append(reinterpret_cast<char*>(nonce), sizeof nonce);
  const size_t at = out.size();
  out.resize(at + text.size() + kTagBytes);
  const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int length = 0;
  BELFRY_CHECK(context &&
               EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key, nonce) == 1 &&
               EVP_EncryptUpdate(context.get(), nullptr, &length, bytes_of(bound_to),
                                 static_cast<int>(bound_to.size())) == 1 &&
               EVP_EncryptUpdate(context.get(), bytes_of(&out[at]), &length, bytes_of(text),
                                 static_cast<int>(text.size())) == 1 &&
               EVP_EncryptFinal_ex(context.get(), bytes_of(&out[at]) + length, &length) == 1 &&
               EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                                   &out[at + text.size()]) == 1);
}

// False when the tag says that key, bytes or context are not what they were.
bool decrypt(std::string_view sealed, const unsigned char* key, std::string_view bound_to,
             std::string& out) {
  const std::string_view nonce = sealed.substr(0, kNonceBytes);
  const std::string_view tag = sealed.substr(sealed.size() - kTagBytes);
  const std::string_view text = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  out.resize(text.size() + kTagBytes);  // room for a block, which GCM does not use
  const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int length = 0;
  BELFRY_CHECK(
      context &&
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key, bytes_of(nonce)) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &length, bytes_of(bound_to),
                        static_cast<int>(bound_to.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), bytes_of(out.data()), &length, bytes_of(text),
                        static_cast<int>(text.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes,
                          const_cast<char*>(tag.data())) == 1);
  int rest = 0;
  const bool good =
      EVP_DecryptFinal_ex(context.get(), bytes_of(out.data()) + text.size(), &rest) == 1;
  if (!good) wipe(out);
  if (good) out.resize(text.size());
  return good;
}

}  // namespace

MasterKey::~MasterKey() {
  OPENSSL_cleanse(key_.data(), key_.size());
}

Result<MasterKey> MasterKey::parse(std::string_view text) {
  MasterKey key;
  const auto take = [&key](std::string_view bytes) {
    std::memcpy(key.key_.data(), bytes.data(), kBytes);
    return key;
  };
  if (text.size() == kBytes) return take(text);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  for (auto decoded : {text.size() == 2 * kBytes ? unhex(text) : std::nullopt, unbase64(text)}) {
    if (!decoded) continue;
    const bool fits = decoded->size() == kBytes;
    if (fits) take(*decoded);
    wipe(*decoded);
    if (fits) return key;
  }
  return fail(
      "a master key is 32 bytes, as they are or in base64 or hexadecimal "
      "(`openssl rand -base64 32` makes one)");
}

MasterKey MasterKey::make(Random& random) {
  MasterKey key;
  fill(random, key.key_.data(), kBytes);
  return key;
}

Result<MasterKey> MasterKey::read(const std::string& path) {
  const auto failed = [&path] { return fail(fmt::format("{}: {}", path, std::strerror(errno))); };
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failed();
  struct stat facts {};
  char text[256];
  const bool known = ::fstat(descriptor, &facts) == 0;
  const ssize_t size = ::read(descriptor, text, sizeof text);
  ::close(descriptor);
  if (!known || size < 0) return failed();
  if (facts.st_mode & S_IWOTH)
    return fail(fmt::format("{} may be changed by everybody: `chmod 600 {}`", path, path));
  auto key = parse({text, static_cast<size_t>(size)});
  OPENSSL_cleanse(text, sizeof text);
  return std::move(key).with_context(path);
}

Result<MasterKey> MasterKey::read_or_make(const std::string& path, Random& random, bool& made) {
  made = !posix_files().exists(path);
  if (!made) return read(path);
  // Written whole before it has its name, so that no crash leaves half a key.
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return fail(fmt::format("{}: {}", fresh, std::strerror(errno)));
  const MasterKey key = make(random);
  std::string line = key.text() + "\n";
  const bool written =
      ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
      ::fsync(file) == 0 && ::rename(fresh.c_str(), path.c_str()) == 0;
  const int error = errno;
  ::close(file);
  wipe(line);
  if (!written) return fail(fmt::format("{}: {}", path, std::strerror(error)));
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (auto synced = posix_files().sync_directory(folder); !synced)
    return tl::unexpected(synced.error());
  return key;
}

std::string MasterKey::text() const {
  return base64({reinterpret_cast<const char*>(key_.data()), key_.size()});
}

std::string MasterKey::id() const {
  Sha256 hash;
  hash.add("belfry master key");
  hash.add({reinterpret_cast<const char*>(key_.data()), key_.size()});
  return hex(view(hash.finish()).substr(0, kIdBytes));
}

std::string MasterKey::seal(std::string_view value, std::string_view context,
                            Random& random) const {
  std::string out(1, kVersion);
  out += *unhex(id());
  const std::string bound_to = bound(out, context);
  std::string data_key(kBytes, '\0');
  fill(random, bytes_of(data_key.data()), kBytes);
  out.reserve(value.size() + kOverhead);
  encrypt(out, key_.data(), data_key, bound_to, random);
  encrypt(out, bytes_of(data_key), value, bound_to, random);
  wipe(data_key);
  return out;
}

Result<std::string> MasterKey::open(std::string_view sealed, std::string_view context) const {
  if (sealed.empty()) return fail("the sealed value is empty");
  if (sealed[0] != kVersion)
    return fail(
        fmt::format("the sealed value is of version {}, and this belfry knows only {}: use "
                    "a newer belfry",
                    static_cast<unsigned char>(sealed[0]), int{kVersion}));
  if (sealed.size() < kOverhead) return fail("the sealed value is cut short");
  const std::string_view header = sealed.substr(0, kHeaderBytes);
  const std::string its_key = hex(header.substr(1));
  if (its_key != id())
    return fail(
        fmt::format("it is sealed under the master key {}, and the one at hand is {}: give belfry "
                    "the key that it was written with",
                    its_key, id()));
  const std::string bound_to = bound(header, context);
  std::string data_key, value;
  bool good = decrypt(sealed.substr(kHeaderBytes, kWrappedBytes), key_.data(), bound_to, data_key);
  good = good &&
         decrypt(sealed.substr(kHeaderBytes + kWrappedBytes), bytes_of(data_key), bound_to, value);
  wipe(data_key);
  if (!good) return fail("the sealed value is damaged, or belongs elsewhere");
  return value;
}

void wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

}  // namespace belfry
