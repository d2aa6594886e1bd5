// The probe as a program, for real peers.
#include "belfry/chaincode/serve.h"
#include "probe.h"

int main(int argc, char** argv) {
  return belfry::chaincode::run(belfry::chaincode::probe(), argc, argv);
}
