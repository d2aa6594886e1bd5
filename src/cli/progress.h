// How far `belfry run` is while it catches up on a long ledger: one live line on a terminal, a log
// line now and then otherwise.
#pragma once

#include <map>
#include <string>

#include "app/status.h"
#include "cli/terminal.h"

namespace belfry::cli {

class Progress {
 public:
  explicit Progress(const Terminal& terminal) : terminal_(terminal) {}
  // Called often; says something when it is time.
  void show(const app::RuntimeStatus& status, Duration now);
  void clear();  // takes the live line away

 private:
  void live(const app::RuntimeStatus& status);
  void logged(const app::RuntimeStatus& status);

  const Terminal& terminal_;
  Duration last_{0};
  bool visible_ = false;
  std::map<std::string, bool> catching_up_;  // by network: whether a log line said so
};

}  // namespace belfry::cli
