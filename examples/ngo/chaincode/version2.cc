// The upgrade: each donation now rings, as the event "Donation created".
#include "belfry/chaincode/serve.h"
#include "ngo.h"

int main(int argc, char** argv) {
  return belfry::chaincode::run(ngo::chaincode(ngo::Version::k2), argc, argv);
}
