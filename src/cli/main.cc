#include <fmt/format.h>

int main() {
  fmt::print(stderr, "belfry: no command is built in yet\n");
  return 2;
}
