#include "devnet/chaincode_way.h"

#include <fmt/format.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace belfry::devnet {
namespace {

bool is_address(const std::string& text) {
  const auto colon = text.rfind(':');
  return colon != std::string::npos && colon > 0 && colon + 1 < text.size() &&
         text.find('/') == std::string::npos &&
         std::all_of(text.begin() + static_cast<ptrdiff_t>(colon) + 1, text.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

}  // namespace

Result<ChaincodeProgram> node_program(FileSystem& files, const std::string& folder,
                                      const std::string& log) {
  const auto text = read_whole(files, folder + "/package.json", 1 << 20);
  if (!text) return tl::unexpected(text.error());
  simdjson::dom::parser parser;
  simdjson::dom::element json;
  std::string_view start;
  if (parser.parse(*text).get(json) != simdjson::SUCCESS ||
      json["scripts"]["start"].get(start) != simdjson::SUCCESS)
    return fail(fmt::format("{}/package.json has no script \"start\"", folder));
  std::string script = "PATH=\"$PWD/node_modules/.bin:$PATH\"; ";
  if (!files.exists(folder + "/node_modules"))
    script += "npm install --omit=dev --no-audit --no-fund && ";
  script += "exec ";
  script += start;
  script += " \"$@\"";
  return ChaincodeProgram{{"/bin/sh", "-c", script, "start"}, folder, log};
}

Result<ChaincodeWay> chaincode_way(FileSystem& files, const std::string& named,
                                   const std::string& log) {
  if (is_address(named)) {
    ChaincodeAddress address;
    address.address = named;
    return ChaincodeWay(std::move(address));
  }
  std::error_code ignored;
  const std::string path = std::filesystem::absolute(named, ignored).string();
  struct stat about {};
  if (stat(path.c_str(), &about) != 0)
    return fail(fmt::format("{} is neither HOST:PORT nor a file or folder that exists", named));
  if (S_ISDIR(about.st_mode)) {
    if (!files.exists(path + "/package.json"))
      return fail(fmt::format("{} holds no package.json: name the chaincode's program", named));
    auto program = node_program(files, path, log);
    if (!program) return tl::unexpected(program.error());
    return ChaincodeWay(std::move(*program));
  }
  for (const auto& [ending, command] :
       {std::pair{".js", std::vector<std::string>{"node"}},
        std::pair{".mjs", std::vector<std::string>{"node"}},
        std::pair{".cjs", std::vector<std::string>{"node"}},
        std::pair{".jar", std::vector<std::string>{"java", "-jar"}}})
    if (path.ends_with(ending)) {
      auto words = command;
      words.push_back(path);
      return ChaincodeWay(ChaincodeProgram{std::move(words), folder_of(path), log});
    }
  if (access(path.c_str(), X_OK) != 0)
    return fail(fmt::format("{} is not executable: chmod +x it", named));
  return ChaincodeWay(ChaincodeProgram{{path}, folder_of(path), log});
}

Result<ChaincodeProgram> unpack_program(FileSystem& files, const std::string& folder,
                                        std::vector<ArchiveFile> code) {
  // The peer's tool and the clients of 1.4 put the sources below src/.
  for (auto& file : code)
    if (file.name.starts_with("src/")) file.name.erase(0, 4);
  if (!files.exists(folder))
    if (auto unpacked = unpack(files, code, folder); !unpacked)
      return tl::unexpected(unpacked.error());
  const std::string log = folder + ".log";
  if (files.exists(folder + "/package.json")) return node_program(files, folder, log);
  for (const auto& file : code)
    if (file.executable) return ChaincodeProgram{{folder + "/" + file.name}, folder, log};
  return fail("the code holds neither a package.json nor an executable file");
}

}  // namespace belfry::devnet
