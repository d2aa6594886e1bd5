#include "support/xz.h"

#include <lzma.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "base/files.h"

namespace belfry::tests {
namespace {

[[noreturn]] void give_up(const std::string& path, const std::string& why) {
  std::fprintf(stderr, "test data %s: %s\n", path.c_str(), why.c_str());
  std::abort();
}

std::string decompress(const std::string& path, const std::string& packed) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, UINT64_MAX, 0) != LZMA_OK) give_up(path, "no decoder");
  stream.next_in = reinterpret_cast<const uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  std::string out;
  lzma_ret result = LZMA_OK;
  while (result == LZMA_OK) {
    const size_t done = out.size();
    out.resize(done == 0 ? packed.size() * 8 + 4096 : done * 2);
    stream.next_out = reinterpret_cast<uint8_t*>(out.data() + done);
    stream.avail_out = out.size() - done;
    result = lzma_code(&stream, LZMA_FINISH);
    out.resize(out.size() - stream.avail_out);
  }
  lzma_end(&stream);
  if (result != LZMA_STREAM_END) give_up(path, "is no whole .xz file");
  return out;
}

}  // namespace

std::string read_data(const std::string& name) {
  const std::string path = std::string(BELFRY_TEST_DATA) + "/" + name;
  auto contents = read_whole(posix_files(), path);
  if (!contents) give_up(path, contents.error().message);
  return path.ends_with(".xz") ? decompress(path, *contents) : *std::move(contents);
}

}  // namespace belfry::tests
