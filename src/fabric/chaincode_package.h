// Chaincode packages (Fabric's lifecycle, since 2.0): a tar.gz of metadata.json
// {"path", "type", "label"} and code.tar.gz, which holds the source, or for a chaincode that runs
// as a service just connection.json. A package's id is its label and the sha256 of its bytes; the
// same source gives the same id.
#pragma once

#include <string>
#include <string_view>

#include "base/files.h"
#include "base/result.h"

namespace belfry::fabric {

inline constexpr size_t kMostPackageBytes = 100 << 20;  // a peer takes no larger message

struct ChaincodePackage {
  std::string bytes;
  std::string label;
  std::string type;  // "node", "golang", "java", "ccaas", or what an external builder knows
  std::string id;    // "ngo_2:9f2c41…"
  size_t files = 0;  // in the code
};

// Of a folder with source. `type` may be empty: then it is told by package.json (node), go.mod
// (golang), pom.xml or build.gradle (java), connection.json (ccaas). What Fabric's packager leaves
// out is left out: .git, node_modules, build results.
Result<ChaincodePackage> package_folder(FileSystem& files, const std::string& folder,
                                        const std::string& type, const std::string& label);

// Of a chaincode that runs as a service.
struct ChaincodeService {
  std::string address;       // where the peers reach it: "ngo.example.com:9999"
  std::string root_cert;     // PEM: the authority of its TLS certificate; empty: no TLS
  std::string dial_timeout;  // "10s"
};
Result<ChaincodePackage> package_service(const ChaincodeService& service, const std::string& label);

// Of a package's bytes, whoever made them.
Result<ChaincodePackage> read_package(std::string bytes);

// Letters, digits and ._+-, beginning with a letter or digit.
bool is_package_label(std::string_view label);

}  // namespace belfry::fabric
