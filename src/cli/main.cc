#include "cli/commands.h"

int main(int argc, char** argv) {
  return belfry::cli::run(argc, argv);
}
