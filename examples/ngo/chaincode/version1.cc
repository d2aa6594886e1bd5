// The donation application as it was: donations are recorded, and nobody is told.
#include "belfry/chaincode/serve.h"
#include "ngo.h"

int main(int argc, char** argv) {
  return belfry::chaincode::run(ngo::chaincode(ngo::Version::k1), argc, argv);
}
