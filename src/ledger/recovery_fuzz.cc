// Block files and private data with anything in them: opening ends in a ledger or in an error that
// says where, and a ledger that opened can be read.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/forgetful_files.h"
#include "ledger/ledger.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace belfry;
  if (size < 1) return 0;
  // The first byte says how much of the rest is private data.
  const std::string rest(reinterpret_cast<const char*>(data + 1), size - 1);
  const size_t split = rest.size() * data[0] / 256;
  ForgetfulFiles files(1);
  files.set_contents("l/chains/c/blockfile_000000", rest.substr(split));
  files.set_contents("l/pvtdata/c", rest.substr(0, split));
  auto opened = ledger::Ledger::open(files, {.folder = "l", .verifiers = 1}, "c",
                                     std::make_shared<ledger::SignatureCache>());
  if (!opened || *opened == nullptr) return 0;
  for (uint64_t number = 0; number < (*opened)->height(); ++number) {
    (void)(*opened)->block(number).has_value();
    (void)(*opened)->private_data(number).has_value();
  }
  (void)(*opened)->range("_lifecycle", "", "", 100);
  (void)(*opened)->history("_lifecycle", "", 0, 10);
  return 0;
}
