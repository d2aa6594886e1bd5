// What a configuration would do with a recorded ledger, without sending anything: the real stages,
// run on block files in a data directory of their own that is gone afterwards, with the outbox in
// the place of every provider.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/host.h"
#include "app/status.h"

namespace belfry::app {

struct DryRunMessage {
  std::string topic, protocol, to, text;
};

struct DryRunFailure {
  std::string from;  // the queue or listener's place it comes from
  std::string reason;
  std::string body;  // the message's
};

struct DryRun {
  RuntimeStatus status;  // as it was at the end
  std::vector<DryRunMessage>
      messages;  // the first `most` of each recipient, in the order they would have left
  std::map<std::string, uint64_t> by_recipient;
  std::vector<DryRunFailure> failures;  // the first `most`
  uint64_t failed = 0;
};

// `network` is played from `blocks`; listeners of other networks are left out. Blocks until
// everything is done.
Result<DryRun> dry_run(Config config, const std::string& network, const std::string& blocks,
                       size_t most, const std::string& version, Host host);

}  // namespace belfry::app
