#include "fabric/file_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"
#include "base/log.h"

namespace belfry::fabric {

FileWatch::FileWatch(const std::string& folder, Duration poll)
    : poll_(poll), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  BELFRY_CHECK(wake_ >= 0);
  changes_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  constexpr uint32_t kChanges = IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM;
  if (changes_ >= 0 && ::inotify_add_watch(changes_, folder.c_str(), kChanges) >= 0) return;
  log::debug("a folder cannot be watched, so it is looked at from time to time",
             {{"folder", folder}});
  if (changes_ >= 0) ::close(changes_);
  changes_ = -1;
}

FileWatch::~FileWatch() {
  ::close(wake_);
  if (changes_ >= 0) ::close(changes_);
}

void FileWatch::wait(std::stop_token stop) {
  const std::stop_callback on_stop(stop, [this] { ::eventfd_write(wake_, 1); });
  pollfd waits[2] = {{wake_, POLLIN, 0}, {changes_, POLLIN, 0}};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(poll_).count();
  // A descriptor below zero is passed over. An interruption counts as a change: the caller looks
  // again.
  ::poll(waits, 2, static_cast<int>(std::clamp<int64_t>(left, 0, 3'600'000)));
  eventfd_t ignored;
  ::eventfd_read(wake_, &ignored);
  if (changes_ < 0) return;
  alignas(inotify_event) char events[4096];
  while (::read(changes_, events, sizeof events) > 0) {
  }
}

}  // namespace belfry::fabric
