// The chaincode packages of Fabric 1.4 (peer.ChaincodeDeploymentSpec, or one that its owners have
// signed, in an envelope, as `peer chaincode package -s` makes it) that peers have installed
// through lscc, kept in a folder, and how each is to be brought up: one of type node is a program;
// others run by themselves and dial in.
//
//   folder/chaincodes/legacy/PEER@NAME.VERSION    the package as it was installed
//   folder/chaincodes/NAME.VERSION/               the code that is run, of whoever came first
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "devnet/chaincode_launcher.h"

namespace belfry::devnet {

struct LegacyPackage {
  std::string bytes;  // as installed
  std::string spec;   // serialized peer.ChaincodeDeploymentSpec
  // Who may instantiate it: a serialized common.SignaturePolicyEnvelope. Empty when nobody has
  // signed it: an administrator of the channel. As with Fabric, the owners' signatures themselves
  // are not looked at.
  std::string instantiation_policy;
  std::string name, version, path;
  // ccprovider.CDSData or SignedCDSData, which lscc's entry repeats: hashes of the code, the name,
  // and of what its owners have signed.
  std::string data;
  std::string id;  // the fingerprint: a hash of these

  static Result<LegacyPackage> parse(std::string_view bytes);
  std::string key() const { return name + ":" + version; }  // what the chaincode registers as
};

// Of all peers. Thread-safe. Errors in Fabric's words.
class LegacyPackages {
 public:
  // Reads what was installed before, and tells the launcher; all must outlive it.
  static Result<std::unique_ptr<LegacyPackages>> open(FileSystem& files, const std::string& folder,
                                                      PackageLauncher& launcher);

  Result<void> install(const std::string& peer, LegacyPackage package);
  // `key` is "NAME:VERSION".
  Result<LegacyPackage> find(const std::string& peer, const std::string& key) const;
  std::vector<LegacyPackage> list(const std::string& peer) const;  // by name and version

 private:
  using Key = std::pair<std::string, std::string>;  // peer, "NAME:VERSION"
  LegacyPackages(FileSystem& files, std::string folder, PackageLauncher& launcher);
  std::string path_of(const std::string& peer, const std::string& file) const;
  Result<void> bring_up(const LegacyPackage& package);

  FileSystem& files_;
  const std::string folder_;
  PackageLauncher& launcher_;
  mutable std::mutex mutex_;
  std::map<Key, LegacyPackage> packages_;
};

}  // namespace belfry::devnet
