// SHA-256, as one value or in steps.
#pragma once

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>

namespace belfry {

using Hash256 = std::array<unsigned char, 32>;

inline std::string_view view(const Hash256& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

Hash256 sha256(std::string_view bytes);

// SHA-256 of the parts one after another, without joining them.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void add(std::string_view bytes);
  Hash256 finish();  // once; the object is then spent

 private:
  void* context_;  // EVP_MD_CTX
};

}  // namespace belfry
