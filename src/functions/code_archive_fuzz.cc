// Zip files that strangers send as a function's code: unpacked, or refused with nothing left
// behind, and never outside of their folder.
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/check.h"
#include "functions/code_archive.h"

namespace fs = std::filesystem;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fs::path above = [] {
    std::string pattern = (fs::temp_directory_path() / "code_archive_fuzz_XXXXXX").string();
    BELFRY_CHECK(::mkdtemp(pattern.data()));
    return fs::path(pattern);
  }();
  const std::string_view zip(reinterpret_cast<const char*>(data), size);
  const auto done = belfry::functions::unpack_code(zip, (above / "code").string());
  BELFRY_CHECK(fs::exists(above / "code") == done.has_value());
  size_t beside = 0;
  for (const auto& entry : fs::directory_iterator(above)) beside += entry.path() != above / "code";
  BELFRY_CHECK(beside == 0);
  fs::remove_all(above / "code");
  return 0;
}
