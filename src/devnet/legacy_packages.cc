#include "devnet/legacy_packages.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/log.h"
#include "common/common.pb.h"
#include "devnet/archive.h"
#include "devnet/chaincode_way.h"
#include "ledger/chaincode_definition.h"
#include "peer/chaincode.pb.h"
#include "peer/signed_cc_dep_spec.pb.h"

namespace belfry::devnet {
namespace {

constexpr uint64_t kMostPackageBytes = 200 << 20;

std::string file_name(const LegacyPackage& package) {
  return package.name + "." + package.version;
}

// A protobuf field of bytes.
void append_field(std::string& out, int number, std::string_view bytes) {
  out += static_cast<char>(number << 3 | 2);
  out += static_cast<char>(bytes.size());  // hashes: less than 128
  out += bytes;
}

// In its envelope, if the bytes are that.
std::optional<::protos::SignedChaincodeDeploymentSpec> signed_spec(std::string_view bytes) {
  ::common::Envelope envelope;
  ::common::Payload payload;
  ::common::ChannelHeader header;
  ::protos::SignedChaincodeDeploymentSpec out;
  if (!envelope.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !payload.ParseFromString(envelope.payload()) || !payload.has_header() ||
      !header.ParseFromString(payload.header().channel_header()) ||
      header.type() != ::common::CHAINCODE_PACKAGE || !out.ParseFromString(payload.data()) ||
      out.instantiation_policy().empty())
    return {};
  return out;
}

}  // namespace

Result<LegacyPackage> LegacyPackage::parse(std::string_view bytes) {
  LegacyPackage out;
  out.bytes = bytes;
  const auto owned = signed_spec(bytes);
  out.spec = owned ? owned->chaincode_deployment_spec() : out.bytes;
  ::protos::ChaincodeDeploymentSpec spec;
  if (!spec.ParseFromString(out.spec) || !spec.has_chaincode_spec())
    return fail("could not unmarshal chaincode package to CDS or SignedCDS");
  const auto& id = spec.chaincode_spec().chaincode_id();
  out.name = id.name();
  out.version = id.version();
  out.path = id.path();
  std::vector<Hash256> hashes = {sha256(spec.code_package()), sha256(out.name + out.version)};
  if (owned) {
    out.instantiation_policy = owned->instantiation_policy();
    std::string owners = out.instantiation_policy;
    for (const auto& each : owned->owner_endorsements()) owners += each.endorser();
    hashes.push_back(sha256(owners));
  }
  Sha256 all;
  for (size_t i = 0; i < hashes.size(); ++i) {
    append_field(out.data, static_cast<int>(i) + 1, view(hashes[i]));
    all.add(view(hashes[i]));
  }
  out.id = view(all.finish());
  return out;
}

LegacyPackages::LegacyPackages(FileSystem& files, std::string folder, PackageLauncher& launcher)
    : files_(files), folder_(std::move(folder)), launcher_(launcher) {}

std::string LegacyPackages::path_of(const std::string& peer, const std::string& file) const {
  return fmt::format("{}/legacy/{}@{}", folder_, peer, file);
}

Result<std::unique_ptr<LegacyPackages>> LegacyPackages::open(FileSystem& files,
                                                             const std::string& folder,
                                                             PackageLauncher& launcher) {
  std::unique_ptr<LegacyPackages> out(new LegacyPackages(files, folder + "/chaincodes", launcher));
  const std::string all = out->folder_ + "/legacy";
  const auto names = files.list(all);
  if (!names && files.exists(all)) return tl::unexpected(names.error());
  for (const auto& name : names.value_or(std::vector<std::string>())) {
    const auto at = name.find('@');
    if (at == std::string::npos) continue;
    const auto bytes = read_whole(files, all + "/" + name, kMostPackageBytes);
    if (!bytes) return tl::unexpected(bytes.error());
    auto package = LegacyPackage::parse(*bytes);
    if (!package || file_name(*package) != name.substr(at + 1)) continue;  // cut short by a crash
    if (auto up = out->bring_up(*package); !up) return tl::unexpected(up.error());
    const std::string key = package->key();
    out->packages_.emplace(Key(name.substr(0, at), key), std::move(*package));
  }
  return out;
}

// Tells the launcher how, if it is a program. Otherwise it dials in.
Result<void> LegacyPackages::bring_up(const LegacyPackage& package) {
  ::protos::ChaincodeDeploymentSpec spec;
  if (!spec.ParseFromString(package.spec)) return fail("the deployment spec does not decode");
  if (spec.chaincode_spec().type() != ::protos::ChaincodeSpec::NODE) return {};
  const auto code = read_tar_gz(spec.code_package());
  if (!code) return tl::unexpected(code.error());
  auto program = unpack_program(files_, fmt::format("{}/{}", folder_, file_name(package)), *code);
  if (!program) return tl::unexpected(program.error());
  launcher_.set_way(package.key(), ChaincodeWay(std::move(*program)));
  return {};
}

Result<void> LegacyPackages::install(const std::string& peer, LegacyPackage package) {
  const std::string path = path_of(peer, file_name(package));
  const auto failed = [&](const std::string& why) {
    return fail(fmt::format("error installing chaincode code {}({})", package.key(), why));
  };
  std::lock_guard lock(mutex_);
  if (packages_.contains({peer, package.key()}))
    return failed(fmt::format("chaincode {} exists", path));
  if (auto up = bring_up(package); !up)
    return fail("chaincode installed to peer but could not build chaincode: " + up.error().message);
  if (auto made = files_.make_folders(folder_ + "/legacy"); !made)
    return failed(made.error().message);
  if (auto saved = replace_whole(files_, path, package.bytes); !saved)
    return failed(saved.error().message);
  log::info("a chaincode package is installed", {{"package", package.key()}, {"peer", peer}});
  const std::string key = package.key();
  packages_.emplace(Key(peer, key), std::move(package));
  return {};
}

Result<LegacyPackage> LegacyPackages::find(const std::string& peer, const std::string& key) const {
  std::lock_guard lock(mutex_);
  const auto found = packages_.find({peer, key});
  if (found != packages_.end()) return found->second;
  std::string file = key;
  file[file.find(':')] = '.';
  return fail(
      fmt::format("could not get legacy chaincode package '{}': open {}: no such file or directory",
                  key, path_of(peer, file)));
}

std::vector<LegacyPackage> LegacyPackages::list(const std::string& peer) const {
  std::lock_guard lock(mutex_);
  std::vector<LegacyPackage> out;
  for (auto at = packages_.lower_bound({peer, ""});
       at != packages_.end() && at->first.first == peer; ++at)
    out.push_back(at->second);
  return out;
}

}  // namespace belfry::devnet
