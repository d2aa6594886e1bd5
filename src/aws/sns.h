// Amazon SNS over the durable store: its actions, for the front (front.h) to serve in the Query
// protocol. The topics of belfry.yaml and those made here are the same.
//
//   Sns sns(store, topics, notices, clock, random, {});
//   front.add(sns.service());
//
// What belfry does not do (data protection, archives, Firehose, the SMS sandbox) is refused by
// name. Deliveries are not made here: app/deliveries.h has a worker for each subscription.
// Thread-safe. Must outlive the front; everything it is given must outlive it.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "aws/service.h"
#include "base/clock.h"
#include "base/random.h"
#include "queue/store.h"
#include "topic/topics.h"

namespace belfry::aws {

class Sns {
 public:
  struct Options {
    std::set<std::string> fixed_topics;  // of the configuration: DeleteTopic refuses them
  };
  Sns(queue::Store& store, topic::Topics& topics, topic::Notices& notices, Clock& clock,
      Random& random, Options options);
  ~Sns();

  Service service();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace belfry::aws
