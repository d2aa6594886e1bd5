// What belfry gets from outside: clock, files, randomness. One argument instead of three.
#pragma once

#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"

namespace belfry::app {

struct Host {
  FileSystem& files = posix_files();
  Clock& clock = system_clock();
  Random& random = secure_random();
};

}  // namespace belfry::app
