// Publish and PublishBatch: to a topic, a phone or a device. The answer comes when what was
// published is on the disk, with every copy that waits for its subscriber. Thread-safe.
#pragma once

#include "aws/sns_context.h"
#include "base/callback.h"

namespace belfry::aws::sns {

class PublishActions {
 public:
  explicit PublishActions(Context& context) : context_(context) {}

  void publish(const Input& input, const Caller& caller, Callback<Answer> done);
  void publish_batch(const Input& input, const Caller& caller, Callback<Answer> done);

 private:
  void to_topic(const Input& input, const std::string& topic, const Caller& caller,
                Callback<Answer> done);
  void to_recipient(const Input& input, std::string_view queue, const std::string& recipient,
                    std::string_view protocol, Callback<Answer> done);

  Context& context_;
};

}  // namespace belfry::aws::sns
