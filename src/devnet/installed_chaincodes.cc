#include "devnet/installed_chaincodes.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "ca/json.h"
#include "ca/json_fields.h"
#include "devnet/archive.h"
#include "devnet/chaincode_way.h"

namespace belfry::devnet {
namespace {

constexpr uint64_t kMostPackageBytes = 200 << 20;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_label(std::string_view text) {
  if (text.empty() || !is_alphanumeric(text.front())) return false;
  for (const char c : text)
    if (!is_alphanumeric(c) && std::string_view("_.+-").find(c) == std::string_view::npos)
      return false;
  return true;
}

Result<PackageMetadata> parse_metadata(const std::string& text) {
  const auto wrong = [](const std::string& why) {
    return fail("could not unmarshal metadata.json as json: " + why);
  };
  const auto json = ca::parse_json(text);
  if (!json) return wrong(json.error().message);
  ca::FieldErrors errors;
  const ca::ObjectReader fields(*json, "persistence.ChaincodePackageMetadata", errors);
  PackageMetadata out;
  fields.text("label", out.label);
  fields.text("type", out.type);
  fields.text("path", out.path);
  if (const auto* first = errors.first()) return wrong(*first);
  return out;
}

}  // namespace

Result<ChaincodePackage> parse_package(std::string_view bytes) {
  const auto files = read_tar_gz(bytes, ArchiveFolders::refused);
  if (!files) return tl::unexpected(files.error());
  const ArchiveFile *metadata = nullptr, *code = nullptr;
  for (const auto& file : *files) {
    if (file.name == "metadata.json") metadata = &file;
    if (file.name == "code.tar.gz") code = &file;
  }
  ChaincodePackage out;
  if (metadata) {
    auto parsed = parse_metadata(metadata->contents);
    if (!parsed) return tl::unexpected(parsed.error());
    out.metadata = std::move(*parsed);
  }
  if (!code) return fail("did not find a code package inside the package");
  if (!metadata) return fail("did not find any package metadata (missing metadata.json)");
  if (!is_label(out.metadata.label))
    return fail(
        fmt::format("invalid label '{}'. Label must be non-empty, can only consist of "
                    "alphanumerics, symbols from '.+-_', and can only begin with "
                    "alphanumerics",
                    out.metadata.label));
  // Fabric looks into the code for index definitions.
  if (const auto inside = read_tar_gz(code->contents); !inside) {
    const std::string& message = inside.error().message;
    return fail("error retrieving DB artifacts from code package: " +
                message.substr(message.find(": ") + 2));
  }
  out.code = code->contents;
  return out;
}

std::string package_id(std::string_view label, std::string_view bytes) {
  return fmt::format("{}:{}", label, hex(view(sha256(bytes))));
}

std::string make_package(const PackageMetadata& metadata, std::string_view code) {
  std::string json = R"({"path":)";
  append_json_string(json, metadata.path);
  json += R"(,"type":)";
  append_json_string(json, metadata.type);
  json += R"(,"label":)";
  append_json_string(json, metadata.label);
  json += "}";
  return make_tar_gz({{"metadata.json", json, false}, {"code.tar.gz", std::string(code), false}});
}

InstalledChaincodes::InstalledChaincodes(FileSystem& files, std::string folder,
                                         PackageLauncher& launcher)
    : files_(files), folder_(std::move(folder)), launcher_(launcher) {}

std::string InstalledChaincodes::path_of(const std::string& id) const {
  std::string name = id;
  if (const auto colon = name.find(':'); colon != std::string::npos) name[colon] = '.';
  return folder_ + "/" + name;
}

Result<std::unique_ptr<InstalledChaincodes>> InstalledChaincodes::open(FileSystem& files,
                                                                       std::string folder,
                                                                       PackageLauncher& launcher) {
  std::unique_ptr<InstalledChaincodes> out(
      new InstalledChaincodes(files, folder + "/chaincodes", launcher));
  if (!files.exists(out->folder_)) return out;
  const auto names = files.list(out->folder_);
  if (!names) return tl::unexpected(names.error());
  std::set<std::string> ids;
  constexpr std::string_view kSuffix = ".installed";
  for (const auto& name : *names) {
    if (!name.ends_with(kSuffix)) continue;
    const auto text = read_whole(files, out->folder_ + "/" + name);
    if (!text) return tl::unexpected(text.error());
    auto& installed = out->by_peer_[name.substr(0, name.size() - kSuffix.size())];
    for (size_t at = 0; at < text->size();) {
      const size_t end = std::min(text->find('\n', at), text->size());
      if (end > at) installed.insert(text->substr(at, end - at));
      at = end + 1;
    }
    ids.insert(installed.begin(), installed.end());
  }
  for (const auto& id : ids) {
    const auto bytes = read_whole(files, out->path_of(id) + ".tar.gz", kMostPackageBytes);
    if (!bytes) return tl::unexpected(bytes.error());
    const auto package = parse_package(*bytes);
    if (!package) return tl::unexpected(package.error());
    auto way = out->way_for(id, *package);
    if (!way) return tl::unexpected(way.error());
    launcher.set_way(id, std::move(*way));
  }
  return out;
}

Result<ChaincodeWay> InstalledChaincodes::way_for(const std::string& id,
                                                  const ChaincodePackage& package) {
  const auto code = read_tar_gz(package.code);
  if (!code) return tl::unexpected(code.error());
  const auto& type = package.metadata.type;
  if (type == "ccaas" || type == "external") {
    for (const auto& file : *code)
      if (file.name == "connection.json") {
        auto address = parse_connection_json(file.contents);
        if (!address) return tl::unexpected(address.error());
        return ChaincodeWay(std::move(*address));
      }
    return fail("connection.json not found in the code package");
  }
  if (type != "node" && type != "binary")
    return fail(fmt::format(
        "chaincode packages of type {} are not run by the devnet: package it as ccaas (or node, or "
        "binary), or run it with --chaincode NAME=PATH|ADDRESS",
        type.empty() ? "\"\"" : type));
  auto program = unpack_program(files_, path_of(id), *code);
  if (!program) return tl::unexpected(program.error());
  return ChaincodeWay(std::move(*program));
}

Result<InstalledChaincodes::Installed> InstalledChaincodes::install(const std::string& peer,
                                                                    std::string_view bytes) {
  const auto package = parse_package(bytes);
  if (!package)
    return fail("could not parse as a chaincode install package: " + package.error().message);
  const Installed out{package_id(package->metadata.label, bytes), package->metadata.label};
  std::lock_guard lock(mutex_);
  auto& installed = by_peer_[peer];
  if (installed.contains(out.id))
    return fail(fmt::format("chaincode already successfully installed (package ID '{}')", out.id));
  auto way = way_for(out.id, *package);
  if (!way) return fail("could not build chaincode: " + way.error().message);
  const auto stored = [](const Result<void>& result) -> Result<Installed> {
    return fail("could not save cc install package: " + result.error().message);
  };
  if (auto made = files_.make_folders(folder_); !made) return stored(made);
  if (auto saved = replace_whole(files_, path_of(out.id) + ".tar.gz", bytes); !saved)
    return stored(saved);
  installed.insert(out.id);
  std::string list;
  for (const auto& id : installed) list += id + "\n";
  if (auto saved = replace_whole(files_, folder_ + "/" + peer + ".installed", list); !saved) {
    installed.erase(out.id);
    return stored(saved);
  }
  launcher_.set_way(out.id, std::move(*way));
  log::info("a chaincode package is installed", {{"package", out.id}, {"peer", peer}});
  return out;
}

bool InstalledChaincodes::has(const std::string& peer, const std::string& id) const {
  std::lock_guard lock(mutex_);
  if (everywhere_.contains(id)) return true;
  const auto found = by_peer_.find(peer);
  return found != by_peer_.end() && found->second.contains(id);
}

std::vector<InstalledChaincodes::Installed> InstalledChaincodes::list(
    const std::string& peer) const {
  std::lock_guard lock(mutex_);
  std::set<std::string> ids = everywhere_;
  if (const auto found = by_peer_.find(peer); found != by_peer_.end())
    ids.insert(found->second.begin(), found->second.end());
  std::vector<Installed> out;
  for (const auto& id : ids) out.push_back({id, id.substr(0, id.rfind(':'))});
  return out;
}

Result<std::string> InstalledChaincodes::package(const std::string& peer,
                                                 const std::string& id) const {
  const std::string missing = fmt::format(
      "could not load cc install package: chaincode install package '{}' not found", id);
  if (!has(peer, id)) return fail(missing);
  auto bytes = read_whole(files_, path_of(id) + ".tar.gz", kMostPackageBytes);
  if (!bytes) return fail(missing);
  return bytes;
}

void InstalledChaincodes::add_everywhere(const std::string& id, ChaincodeWay way) {
  launcher_.set_way(id, std::move(way));
  std::lock_guard lock(mutex_);
  everywhere_.insert(id);
}

}  // namespace belfry::devnet
