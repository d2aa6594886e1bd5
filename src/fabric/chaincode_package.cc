#include "fabric/chaincode_package.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <set>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/json.h"
#include "fabric/tar_gz.h"

namespace belfry::fabric {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostFiles = 100'000;

// How a language's source stands in code.tar.gz.
struct Layout {
  std::set<std::string> left_out;  // folders, anywhere
  std::string left_out_ending;     // of files
  bool below_src = true;           // else as it is
};
Layout layout_of(const std::string& type) {
  if (type == "node") return {{".git", "node_modules"}, "", true};
  if (type == "java") return {{".git", "target", "build", "out"}, ".class", true};
  if (type == "golang") return {{".git"}, "", true};
  return {{".git"}, "", false};
}

std::optional<std::string> type_of(const fs::path& folder) {
  constexpr std::array<std::pair<const char*, const char*>, 6> kSigns = {
      {{"connection.json", "ccaas"},
       {"package.json", "node"},
       {"go.mod", "golang"},
       {"pom.xml", "java"},
       {"build.gradle", "java"},
       {"build.gradle.kts", "java"}}};
  for (const auto& [file, type] : kSigns)
    if (fs::exists(folder / file)) return type;
  return {};
}

Result<ChaincodePackage> seal(std::string_view path, std::string type, std::string label,
                              std::vector<ArchiveFile> code) {
  if (!is_package_label(label))
    return fail(
        fmt::format("'{}' is no package label: it has letters, digits and ._+- and begins "
                    "with a letter or digit",
                    label));
  auto inner = write_tar_gz(code);
  if (!inner) return tl::unexpected(inner.error());
  std::string metadata = "{\"path\":";
  append_json_string(metadata, path);
  metadata += ",\"type\":";
  append_json_string(metadata, type);
  metadata += ",\"label\":";
  append_json_string(metadata, label);
  metadata += '}';
  const std::array<ArchiveFile, 2> outer = {
      {{"metadata.json", metadata, false}, {"code.tar.gz", *std::move(inner), false}}};
  auto bytes = write_tar_gz(outer);
  if (!bytes) return tl::unexpected(bytes.error());
  if (bytes->size() > kMostPackageBytes)
    return fail(fmt::format("the package has {} bytes; peers take {} at most", bytes->size(),
                            kMostPackageBytes));
  ChaincodePackage out;
  out.id = fmt::format("{}:{}", label, hex(view(sha256(*bytes))));
  out.bytes = *std::move(bytes);
  out.label = std::move(label);
  out.type = std::move(type);
  out.files = code.size();
  return out;
}

// What follows "module" in go.mod; empty without.
std::string go_module(std::string_view go_mod) {
  for (size_t at = 0; at < go_mod.size();) {
    const size_t end = std::min(go_mod.find('\n', at), go_mod.size());
    std::string_view line = go_mod.substr(at, end - at);
    at = end + 1;
    while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
    if (!line.starts_with("module ")) continue;
    line.remove_prefix(7);
    while (line.starts_with(' ') || line.starts_with('"')) line.remove_prefix(1);
    return std::string(line.substr(0, line.find_first_of(" \"")));
  }
  return {};
}

Result<std::vector<ArchiveFile>> collect(FileSystem& files, const fs::path& folder,
                                         const Layout& layout) {
  std::vector<ArchiveFile> out;
  size_t bytes = 0;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(folder, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (it->is_directory(error)) {
      if (layout.left_out.contains(name)) it.disable_recursion_pending();
      continue;
    }
    if (!it->is_regular_file(error)) continue;
    if (!layout.left_out_ending.empty() && name.ends_with(layout.left_out_ending)) continue;
    std::string inside = it->path().lexically_relative(folder).generic_string();
    if (inside.starts_with("META-INF/")) {
      if (name.starts_with('.')) continue;
    } else if (layout.below_src) {
      inside = "src/" + inside;
    }
    auto contents = read_whole(files, it->path().string(), kMostPackageBytes);
    if (!contents) return tl::unexpected(contents.error());
    bytes += contents->size();
    // Sources have no use for the bit, and Fabric's packager drops it: the same id without it.
    const bool executable = !layout.below_src && (it->status(error).permissions() &
                                                  fs::perms::owner_exec) != fs::perms::none;
    out.push_back({std::move(inside), *std::move(contents), executable});
    if (out.size() > kMostFiles || bytes > 4 * kMostPackageBytes)
      return fail(fmt::format("{} holds too much for a chaincode package", folder.string()));
  }
  if (error) return fail(fmt::format("{}: {}", folder.string(), error.message()));
  std::ranges::sort(out, {}, &ArchiveFile::name);
  return out;
}

}  // namespace

bool is_package_label(std::string_view label) {
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !label.empty() && alphanumeric(label[0]) && std::ranges::all_of(label, [&](char c) {
    return alphanumeric(c) || c == '.' || c == '_' || c == '+' || c == '-';
  });
}

Result<ChaincodePackage> package_folder(FileSystem& files, const std::string& folder,
                                        const std::string& given_type, const std::string& label) {
  std::error_code error;
  const fs::path path = fs::path(folder).lexically_normal();
  if (!fs::is_directory(path, error))
    return fail(fmt::format("{} is no folder: it should hold the chaincode's source", folder));
  std::string type = given_type;
  if (type.empty()) {
    const auto told = type_of(path);
    if (!told)
      return fail(fmt::format(
          "{} holds no package.json, go.mod, pom.xml, build.gradle or connection.json: say with "
          "--type what it is",
          folder));
    type = *told;
  }
  auto code = collect(files, path, layout_of(type));
  if (!code) return tl::unexpected(code.error());
  if (code->empty()) return fail(fmt::format("{} is empty", folder));
  // A Go chaincode's path is its package's import path; others' is only for people.
  std::string import_path;
  if (type == "golang") {
    const auto go_mod = std::ranges::find(*code, "src/go.mod", &ArchiveFile::name);
    if (go_mod == code->end())
      return fail(fmt::format("{} has no go.mod: package the module's folder", folder));
    import_path = go_module(go_mod->contents);
  }
  return seal(import_path, type, label, *std::move(code));
}

Result<ChaincodePackage> package_service(const ChaincodeService& service,
                                         const std::string& label) {
  std::string connection = "{\"address\":";
  append_json_string(connection, service.address);
  connection += ",\"dial_timeout\":";
  append_json_string(connection, service.dial_timeout.empty() ? "10s" : service.dial_timeout);
  connection += fmt::format(",\"tls_required\":{}", !service.root_cert.empty());
  if (!service.root_cert.empty()) {
    connection += ",\"client_auth_required\":false,\"root_cert\":";
    append_json_string(connection, service.root_cert);
  }
  connection += "}\n";
  return seal("", "ccaas", label, {{"connection.json", connection, false}});
}

Result<ChaincodePackage> read_package(std::string bytes) {
  const auto outer = read_tar_gz(bytes, 2 * kMostPackageBytes);
  if (!outer) return tl::unexpected(outer.error());
  const auto find = [&](std::string_view name) {
    return std::ranges::find(*outer, name, &ArchiveFile::name);
  };
  const auto metadata = find("metadata.json"), code = find("code.tar.gz");
  if (metadata == outer->end() || code == outer->end())
    return fail("it is no chaincode package: it should hold metadata.json and code.tar.gz");
  ChaincodePackage out;
  try {
    const YAML::Node node = YAML::Load(metadata->contents);  // JSON is YAML
    if (!node.IsMap()) return fail("its metadata.json is no object");
    out.label = node["label"].as<std::string>("");
    out.type = node["type"].as<std::string>("");
  } catch (const YAML::Exception& wrong) {
    return fail(fmt::format("its metadata.json is not JSON: {}", wrong.msg));
  }
  if (!is_package_label(out.label)) return fail("its metadata.json has no good label");
  if (const auto inner = read_tar_gz(code->contents, 8 * kMostPackageBytes))
    out.files = inner->size();
  out.id = fmt::format("{}:{}", out.label, hex(view(sha256(bytes))));
  out.bytes = std::move(bytes);
  return out;
}

}  // namespace belfry::fabric
