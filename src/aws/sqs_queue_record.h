// What the front knows of a queue beyond what the store keeps: tags, policy, encryption settings,
// when it was made and changed. A store record "aws/sqs/QUEUE", as JSON; a queue without one (made
// by belfry.yaml) has the defaults.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "queue/store.h"

namespace belfry::aws::sqs {

struct QueueRecord {
  int64_t created = 0;  // seconds of the Unix epoch
  int64_t modified = 0;
  std::string policy;               // as given; empty: none
  std::string redrive_allow;        // RedriveAllowPolicy, as given; empty: none
  std::string kms_key;              // KmsMasterKeyId: kept and shown, as Terraform wants; belfry
                                    // encrypts nothing with it
  int64_t kms_reuse_seconds = 300;  // KmsDataKeyReusePeriodSeconds
  bool sse = true;                  // SqsManagedSseEnabled: likewise
  std::string deduplication_scope;  // FIFO: "queue", "messageGroup", as shown; what it does is
                                    // fixed when the queue is made
  std::string throughput_limit;     // FIFO: "perQueue", "perMessageGroupId"
  std::map<std::string, std::string> tags;
};

std::string encode(const QueueRecord& record);
std::optional<QueueRecord> decode_queue_record(std::string_view json);

std::string record_key(std::string_view queue);
QueueRecord read_record(const queue::Store& store, std::string_view queue);

}  // namespace belfry::aws::sqs
