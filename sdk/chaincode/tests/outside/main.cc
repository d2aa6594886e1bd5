#include <belfry/chaincode/serve.h>

#include "counter.h"

int main(int argc, char** argv) {
  return belfry::chaincode::run(counters(), argc, argv);
}
