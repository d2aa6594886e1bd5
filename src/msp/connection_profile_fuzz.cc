// Connection profiles from anywhere: a value or an error that names the file. Nothing is read from
// the disk.
#include "msp/connection_profile.h"

#include "base/check.h"

namespace {

using belfry::fail;
using belfry::Result;

class NoFiles final : public belfry::FileSystem {
  Result<std::unique_ptr<belfry::File>> open(const std::string&, belfry::OpenMode) override {
    return fail("no file");
  }
  Result<void> rename(const std::string&, const std::string&) override { return fail("no file"); }
  Result<void> remove(const std::string&) override { return fail("no file"); }
  Result<std::vector<std::string>> list(const std::string&) override { return fail("no folder"); }
  bool exists(const std::string&) override { return false; }
  Result<void> make_folders(const std::string&) override { return fail("no folder"); }
  Result<void> sync_directory(const std::string&) override { return fail("no folder"); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static NoFiles files;
  auto profile = belfry::msp::parse_profile(files, "profile",
                                            std::string(reinterpret_cast<const char*>(data), size));
  if (!profile) BELFRY_CHECK(profile.error().message.starts_with("profile:"));
  return 0;
}
