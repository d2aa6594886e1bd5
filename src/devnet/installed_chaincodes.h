// The chaincode packages that peers have installed, kept in a folder, and how each is to be brought
// up: a package of type ccaas names an address, one of type node (or binary) is a program.
//
//   folder/chaincodes/LABEL.HASH.tar.gz     the package as it was installed, once for all peers
//   folder/chaincodes/PEER.installed        its ids, one a line
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "devnet/chaincode_launcher.h"

namespace belfry::devnet {

struct PackageMetadata {
  std::string label, type, path;
};
struct ChaincodePackage {
  PackageMetadata metadata;
  std::string code;  // code.tar.gz
};
// Errors in Fabric's words.
Result<ChaincodePackage> parse_package(std::string_view bytes);
// "LABEL:HASH" with sha256 over the package's bytes.
std::string package_id(std::string_view label, std::string_view bytes);
// A package like those of `peer lifecycle chaincode package` and of the ccaas samples.
std::string make_package(const PackageMetadata& metadata, std::string_view code);

// Of all peers. Thread-safe.
class InstalledChaincodes {
 public:
  // Reads what was installed before, and tells the launcher; all must outlive it.
  static Result<std::unique_ptr<InstalledChaincodes>> open(FileSystem& files, std::string folder,
                                                           PackageLauncher& launcher);

  struct Installed {
    std::string id, label;
  };
  // In Fabric's words when it cannot be, or is installed already.
  Result<Installed> install(const std::string& peer, std::string_view package);
  bool has(const std::string& peer, const std::string& id) const;
  std::vector<Installed> list(const std::string& peer) const;  // by id
  Result<std::string> package(const std::string& peer, const std::string& id) const;
  // Counts as installed everywhere, without a package: of `--chaincode`, and in dev mode.
  void add_everywhere(const std::string& id, ChaincodeWay way);

 private:
  InstalledChaincodes(FileSystem& files, std::string folder, PackageLauncher& launcher);
  std::string path_of(const std::string& id) const;
  Result<ChaincodeWay> way_for(const std::string& id, const ChaincodePackage& package);

  FileSystem& files_;
  const std::string folder_;
  PackageLauncher& launcher_;
  mutable std::mutex mutex_;
  std::map<std::string, std::set<std::string>> by_peer_;  // ids
  std::set<std::string> everywhere_;
};

}  // namespace belfry::devnet
