// Amazon SQS over the durable store: the 23 actions, for the front (front.h) to serve in both
// protocols. The store's queues are SQS's queues, those of belfry.yaml included, but for belfry's
// own whose names begin with a dot.
//
//   Sqs sqs(store, clock, random, executor, {});
//   front.add(sqs.service());
//   sqs.resume();
//
// What SQS knows of a queue and the store does not is kept in store records (sqs_queue_record.h,
// sqs_move_task.h). Thread-safe. Must outlive the front; store, clock, random and executor must
// outlive it.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "aws/service.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "queue/store.h"

namespace belfry::aws {

class Sqs {
 public:
  struct Options {
    std::set<std::string> fixed_queues;  // of the configuration: DeleteQueue refuses them
  };
  Sqs(queue::Store& store, Clock& clock, Random& random, Executor& executor, Options options);
  ~Sqs();

  Service service();
  void resume();  // goes on with message-move tasks that were running when belfry ended

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace belfry::aws
