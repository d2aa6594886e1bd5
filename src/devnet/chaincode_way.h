// How the chaincode that somebody names on a command line, or has in a package, is brought up.
#pragma once

#include <string>

#include "base/files.h"
#include "base/result.h"
#include "devnet/archive.h"
#include "devnet/chaincode_launcher.h"

namespace belfry::devnet {

// "127.0.0.1:9999" is a chaincode that runs as a service; a folder with a package.json is a Node
// chaincode; a .js or .jar file is run by node or java; any other file is a program. Programs dial
// the devnet. `log` is where their output goes. Errors say what the path is instead.
Result<ChaincodeWay> chaincode_way(FileSystem& files, const std::string& path_or_address,
                                   const std::string& log);
// The Node chaincode in that folder: what `npm start` would run, without npm's second; after
// `npm install` when that has not been done.
Result<ChaincodeProgram> node_program(FileSystem& files, const std::string& folder,
                                      const std::string& log);

// The program in a package's code, unpacked into that folder unless it is there already: an npm
// package, or the first executable file.
Result<ChaincodeProgram> unpack_program(FileSystem& files, const std::string& folder,
                                        std::vector<ArchiveFile> code);

}  // namespace belfry::devnet
