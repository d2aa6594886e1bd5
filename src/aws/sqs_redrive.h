// RedrivePolicy (where a queue's dead letters go) and RedriveAllowPolicy (which queues may send
// theirs here), both JSON within an attribute.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/sqs_faults.h"
#include "queue/store.h"

namespace belfry::aws::sqs {

// Reads the policy for the queue `source`. Empty text: no dead letters any more. The target must be
// there, be of the same kind, and allow the source.
Outcome<std::optional<queue::DeadLetter>> read_redrive_policy(std::string_view text,
                                                              std::string_view source, bool fifo,
                                                              const queue::Store& store);
std::string write_redrive_policy(const queue::DeadLetter& dead_letter, const Caller& caller);

// Checks the policy's form; what is returned is to be kept. Empty text: no policy.
Outcome<std::string> read_redrive_allow_policy(std::string_view text);

}  // namespace belfry::aws::sqs
