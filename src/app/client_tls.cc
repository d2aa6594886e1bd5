#include "app/client_tls.h"

#include <mutex>

namespace belfry::app {

namespace {

constexpr uint64_t kMostPemBytes = 1 << 20;

class Pair {
 public:
  Pair(FileSystem& files, msp::IdentitySource source) : files_(files), source_(std::move(source)) {}

  Result<fabric::ClientTls> current() {
    auto now = read();
    const std::lock_guard lock(mutex_);
    if (now) last_good_ = *now;
    if (!now && last_good_) return *last_good_;
    return now;
  }

 private:
  Result<fabric::ClientTls> read() const {
    if (const auto* pem = std::get_if<msp::IdentityPem>(&source_))
      return fabric::ClientTls{pem->certificate, pem->key};
    const auto* paths = std::get_if<msp::IdentityFiles>(&source_);
    if (!paths) return fail("a TLS client certificate is given as two files, not as an MSP folder");
    auto certificate = read_whole(files_, paths->certificate, kMostPemBytes);
    if (!certificate) return tl::unexpected(certificate.error());
    auto key = read_whole(files_, paths->key, kMostPemBytes);
    if (!key) return tl::unexpected(key.error());
    if (auto matching = msp::identity_from_pem("", *certificate, *key); !matching)
      return fail(paths->certificate + ": " + matching.error().message);
    return fabric::ClientTls{std::move(*certificate), std::move(*key)};
  }

  FileSystem& files_;
  const msp::IdentitySource source_;
  std::mutex mutex_;
  std::optional<fabric::ClientTls> last_good_;
};

}  // namespace

fabric::CurrentClientTls client_tls(FileSystem& files, msp::IdentitySource source) {
  return [pair = std::make_shared<Pair>(files, std::move(source))] { return pair->current(); };
}

}  // namespace belfry::app
