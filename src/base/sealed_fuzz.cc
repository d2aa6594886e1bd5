// Sealed values that nobody sealed: opening them must end in an error or, for the genuine one in
// the corpus, in its value; never in a crash.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/sealed.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace belfry;
  static const MasterKey key = *MasterKey::parse("0123456789abcdef0123456789abcdef");
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto opened = key.open(bytes, "corpus"))
    BELFRY_CHECK(opened->size() + MasterKey::kOverhead == size);
  (void)MasterKey::parse(bytes).has_value();
  return 0;
}
