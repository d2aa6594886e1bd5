// Any bytes as an archive or a package: refused, or read within bounds; what was read can be
// written and reads back the same.
#include <cstdint>

#include "base/check.h"
#include "fabric/chaincode_package.h"
#include "fabric/tar_gz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace belfry::fabric;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)read_package(std::string(bytes));
  const auto files = read_tar_gz(bytes, 1 << 20);
  if (!files) return 0;
  const auto written = write_tar_gz(*files);
  if (!written) return 0;  // a name that needs splitting elsewhere
  const auto again = read_tar_gz(*written, 4 << 20);
  BELFRY_CHECK(again.has_value() && again->size() == files->size());
  return 0;
}
