// Waiting until something changes in a folder: by inotify where the file system tells, otherwise by
// looking again after a while (network file systems tell nothing of other machines' writes).
#pragma once

#include <stop_token>
#include <string>

#include "base/clock.h"

namespace belfry::fabric {

// Remembers changes from its construction on, so: construct, look, wait, look. One thread at a
// time.
class FileWatch {
 public:
  FileWatch(const std::string& folder, Duration poll);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // Returns when the folder may have changed since the last wait: at a change in it, after `poll`,
  // or when a stop is requested.
  void wait(std::stop_token stop);

 private:
  const Duration poll_;
  int changes_ = -1;  // inotify's descriptor; -1: polls only
  int wake_ = -1;     // an eventfd, signalled by a stop
};

}  // namespace belfry::fabric
