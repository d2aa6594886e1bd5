// The data directory, opened: held against a second process, its queues and topics as the
// configuration wants them.
//
//   DATA/lock        held while a belfry has the folder open
//   DATA/master-key  of the secrets, unless the configuration keeps it elsewhere
//   DATA/queue-log/  queues, places and subscriptions (docs/formats/queue-log.md)
#pragma once

#include <memory>
#include <string>

#include "app/amazon.h"
#include "app/config.h"
#include "app/host.h"
#include "app/secrets.h"
#include "queue/store.h"
#include "topic/topics.h"

namespace belfry::app {

struct Storage {
  FolderLock lock;
  std::unique_ptr<queue::Store> store;
  std::unique_ptr<topic::Notices> notices;
  std::unique_ptr<topic::Topics> topics;
  std::unique_ptr<aws::SecretsStore> secrets;  // once somebody needs them
  std::unique_ptr<Amazon> cloud;               // likewise

  // Where `secret: NAME` is looked up: AWS Secrets Manager if the configuration says so, or the
  // secrets here.
  SecretLookup secret_lookup() const;
};

// `given` (--data) before the file's `data` before ./belfry-data.
std::string data_folder(const Config& config, const std::string& given);

// Makes the folder when `create`; an error says when another process holds it, or that there is
// none.
Result<Storage> open_storage(Host host, const std::string& folder, const LimitsConfig& limits,
                             bool create);

// Makes or updates what the configuration names, and ends subscriptions of its topics that it no
// longer names.
Result<void> declare_stages(const Config& config, Storage& storage);

// The queue a function works on: the one it names, or its own.
std::string function_queue(const Named<FunctionConfig>& function);

}  // namespace belfry::app
