#include "devnet/archive.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <zlib.h>

#include <utility>

#include "base/check.h"

namespace belfry::devnet {
namespace {

constexpr size_t kBlock = 512;  // tar's unit
constexpr int kGzip = 16 + MAX_WBITS;

struct Unpacked {
  std::string bytes;
  bool whole = true;  // otherwise the stream ends or breaks behind them
};

Result<Unpacked> gunzip(std::string_view bytes) {
  const auto broken = [](const char* how) {
    return fail(fmt::format("error reading as gzip stream: {}", how));
  };
  if (bytes.empty()) return broken("EOF");
  if (bytes.size() < 10) return broken("unexpected EOF");
  z_stream stream{};
  BELFRY_CHECK(inflateInit2(&stream, kGzip) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  Unpacked unpacked;
  std::string& out = unpacked.bytes;
  std::vector<char> buffer(64 << 10);
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    state = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer.data(), buffer.size() - stream.avail_out);
    if (out.size() > kMostArchiveBytes) break;
    if (state == Z_BUF_ERROR || (state == Z_OK && stream.avail_in == 0 && stream.avail_out > 0))
      break;
  }
  inflateEnd(&stream);
  if (out.size() > kMostArchiveBytes) return broken("archive is too large");
  if (state == Z_DATA_ERROR && out.empty()) return broken("gzip: invalid header");
  unpacked.whole = state == Z_STREAM_END;
  return unpacked;
}

uint64_t octal(std::string_view field) {
  uint64_t out = 0;
  for (const char c : field) {
    if (c == ' ' && out == 0) continue;
    if (c < '0' || c > '7') break;
    out = out * 8 + static_cast<uint64_t>(c - '0');
  }
  return out;
}

// The sum of a header's bytes, its own field taken for spaces.
bool has_right_sum(std::string_view header) {
  uint64_t sum = 0;
  for (size_t i = 0; i < kBlock; ++i)
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(header[i]);
  return octal(header.substr(148, 8)) == sum;
}

std::string_view text(std::string_view field) {
  return field.substr(0, field.find('\0'));
}

void put(std::string& header, size_t at, std::string_view value) {
  header.replace(at, value.size(), value);
}

}  // namespace

Result<std::vector<ArchiveFile>> read_tar_gz(std::string_view bytes, ArchiveFolders folders) {
  const auto unpacked = gunzip(bytes);
  if (!unpacked) return tl::unexpected(unpacked.error());
  const std::string_view tar = unpacked->bytes;
  const auto bad_header = [](const char* cause) {
    return fail(fmt::format("error inspecting next tar header: {}", cause));
  };
  const auto refused = [](const std::string& name, char type) {
    return fail(
        fmt::format("tar entry {} is not a regular file, type {}", name, static_cast<int>(type)));
  };
  std::vector<ArchiveFile> out;
  std::string long_name;
  for (size_t at = 0;;) {
    if (at >= tar.size() && unpacked->whole) break;
    if (at + kBlock > tar.size()) return bad_header("unexpected EOF");
    const std::string_view header = tar.substr(at, kBlock);
    if (header.find_first_not_of('\0') == std::string_view::npos) break;
    if (!has_right_sum(header)) return bad_header("archive/tar: invalid tar header");
    const uint64_t size = octal(header.substr(124, 12));
    at += kBlock;
    if (size > tar.size() - at) return bad_header("unexpected EOF");
    const std::string_view contents = tar.substr(at, size);
    at += (size + kBlock - 1) / kBlock * kBlock;
    std::string name(text(header.substr(0, 100)));
    if (header.substr(257, 5) == "ustar") {
      const auto prefix = text(header.substr(345, 155));
      if (!prefix.empty()) name = std::string(prefix) + "/" + name;
    }
    if (!long_name.empty()) name = std::exchange(long_name, {});
    switch (header[156]) {
      case 'L':  // GNU: the next entry's name
        long_name = text(contents);
        break;
      case 'x':
      case 'g':
        break;  // extended headers
      case '5':
        if (folders == ArchiveFolders::passed_over) break;
        return refused(name, header[156]);
      case '0':
      case '\0':
        out.push_back(
            {std::move(name), std::string(contents), (octal(header.substr(100, 8)) & 0100) != 0});
        break;
      default:
        return refused(name, header[156]);
    }
  }
  return out;
}

Result<void> unpack(FileSystem& files, const std::vector<ArchiveFile>& archive,
                    const std::string& folder) {
  for (const auto& file : archive) {
    if (file.name.starts_with('/') || ("/" + file.name + "/").find("/../") != std::string::npos)
      return fail(fmt::format("the archive's file {} leads out of its folder", file.name));
    const std::string path = folder + "/" + file.name;
    if (auto made = files.make_folders(path.substr(0, path.rfind('/'))); !made) return made;
    if (auto written = replace_whole(files, path, file.contents); !written) return written;
    if (file.executable) chmod(path.c_str(), 0755);
  }
  return {};
}

std::string make_tar_gz(const std::vector<ArchiveFile>& files) {
  std::string tar;
  for (const auto& file : files) {
    BELFRY_CHECK(file.name.size() < 100);
    std::string header(kBlock, '\0');
    put(header, 0, file.name);
    put(header, 100, file.executable ? "0000755" : "0000644");
    put(header, 108, "0000000");
    put(header, 116, "0000000");
    put(header, 124, fmt::format("{:011o}", file.contents.size()));
    put(header, 136, "00000000000");
    put(header, 148, "        ");
    header[156] = '0';
    put(header, 257, std::string_view("ustar\00000", 8));
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    put(header, 148, fmt::format("{:06o}", sum));
    header[154] = '\0';
    tar += header + file.contents;
    tar.append((kBlock - file.contents.size() % kBlock) % kBlock, '\0');
  }
  tar.append(2 * kBlock, '\0');

  z_stream stream{};
  BELFRY_CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, 8,
                            Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, tar.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(tar.data());
  stream.avail_in = static_cast<uInt>(tar.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  BELFRY_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace belfry::devnet
