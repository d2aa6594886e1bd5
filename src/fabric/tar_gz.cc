#include "fabric/tar_gz.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace belfry::fabric {
namespace {

constexpr size_t kBlock = 512;
constexpr size_t kNameSize = 100, kPrefixSize = 155, kPrefixAt = 345;
constexpr size_t kSizeAt = 124, kSizeDigits = 12, kChecksumAt = 148, kTypeAt = 156, kMagicAt = 257;

void put(std::string& header, size_t at, std::string_view text) {
  std::ranges::copy(text, header.begin() + static_cast<ptrdiff_t>(at));
}

// The sum of the header's bytes, its own field taken as spaces.
unsigned checksum(std::string_view header) {
  unsigned sum = 0;
  for (size_t i = 0; i < kBlock; ++i)
    sum += i >= kChecksumAt && i < kChecksumAt + 8 ? ' ' : static_cast<unsigned char>(header[i]);
  return sum;
}

Result<std::string> header_of(const ArchiveFile& file) {
  std::string header(kBlock, '\0');
  std::string_view name = file.name, prefix;
  if (name.size() > kNameSize) {
    const size_t slash = name.find('/', name.size() - kNameSize - 1);
    if (slash == std::string_view::npos || slash > kPrefixSize || slash == 0)
      return fail(fmt::format("the name {} is too long for a package", file.name));
    prefix = name.substr(0, slash);
    name = name.substr(slash + 1);
  }
  put(header, 0, name);
  put(header, kPrefixAt, prefix);
  // Mode, user and group as Fabric's own packager has them; it packs nothing that is executable.
  put(header, 100, file.executable ? "0100755" : "0100644");
  put(header, 108, "0000764");
  put(header, 116, "0000764");
  put(header, kSizeAt, fmt::format("{:011o}", file.contents.size()));
  put(header, 136, "00000000000");  // time
  header[kTypeAt] = '0';
  put(header, kMagicAt, std::string_view("ustar\00000", 8));
  put(header, kChecksumAt, fmt::format("{:06o}", checksum(header)));
  header[kChecksumAt + 7] = ' ';
  return header;
}

// zlib's stream with gzip's header and trailer.
constexpr int kGzipWindow = 15 + 16;

std::string compress(std::string_view plain) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Result<std::string> decompress(std::string_view bytes, size_t limit) {
  z_stream stream{};
  inflateInit2(&stream, kGzipWindow);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out, piece(64 << 10, '\0');
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    state = inflate(&stream, Z_NO_FLUSH);
    out.append(piece, 0, piece.size() - stream.avail_out);
    if (out.size() > limit) break;
  }
  inflateEnd(&stream);
  if (out.size() > limit) return fail(fmt::format("it holds more than {} bytes", limit));
  if (state != Z_STREAM_END) return fail("it is no gzip file, or a damaged one");
  return out;
}

std::string_view text_at(std::string_view header, size_t at, size_t size) {
  const std::string_view field = header.substr(at, size);
  return field.substr(0, field.find('\0'));
}

std::optional<size_t> octal(std::string_view field) {
  while (field.starts_with(' ')) field.remove_prefix(1);
  while (field.ends_with(' ')) field.remove_suffix(1);
  size_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value, 8);
  if (error != std::errc() || end != field.data() + field.size()) return {};
  return value;
}

}  // namespace

Result<std::string> write_tar_gz(std::span<const ArchiveFile> files) {
  std::string tar;
  for (const ArchiveFile& file : files) {
    auto header = header_of(file);
    if (!header) return header;
    tar += *header;
    tar += file.contents;
    tar.append((kBlock - file.contents.size() % kBlock) % kBlock, '\0');
    if (tar.size() > std::numeric_limits<uInt>::max() / 2) return fail("the files are too large");
  }
  tar.append(2 * kBlock, '\0');
  return compress(tar);
}

Result<std::vector<ArchiveFile>> read_tar_gz(std::string_view bytes, size_t limit) {
  if (bytes.size() > std::numeric_limits<uInt>::max()) return fail("the file is too large");
  auto tar = decompress(bytes, limit);
  if (!tar) return tl::unexpected(tar.error());
  std::vector<ArchiveFile> files;
  std::string_view rest = *tar;
  while (rest.size() >= kBlock && rest[0] != '\0') {
    const std::string_view header = rest.substr(0, kBlock);
    rest.remove_prefix(kBlock);
    const auto size = octal(text_at(header, kSizeAt, kSizeDigits));
    const auto sum = octal(text_at(header, kChecksumAt, 8));
    if (!size || !sum || *sum != checksum(header))
      return fail("the archive inside is no tar file, or a damaged one");
    if (*size > rest.size()) return fail("the archive inside ends too early");
    std::string name(text_at(header, 0, kNameSize));
    const std::string_view prefix = text_at(header, kPrefixAt, kPrefixSize);
    if (header.substr(kMagicAt, 5) == "ustar" && !prefix.empty())
      name = fmt::format("{}/{}", prefix, name);
    const char type = header[kTypeAt];
    if (type != '0' && type != '\0')
      return fail(fmt::format("{} is no regular file (type {})", name, static_cast<int>(type)));
    const bool executable = (octal(text_at(header, 100, 8)).value_or(0) & 0100) != 0;
    files.push_back({std::move(name), std::string(rest.substr(0, *size)), executable});
    const size_t padded = (*size + kBlock - 1) / kBlock * kBlock;
    rest.remove_prefix(std::min(padded, rest.size()));
  }
  return files;
}

}  // namespace belfry::fabric
