// Message-move tasks: bring the messages of a dead-letter queue back to where they came from, or
// to another queue, step by step, at no more than 500 a second.
//
// A step looks at the next few messages that nobody holds, moves them and writes the task's record
// in one batch; when that is durable the next step is due. One task runs per source queue.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "aws/service.h"
#include "aws/sqs_lookup.h"
#include "aws/sqs_move_task.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "queue/store.h"

namespace belfry::aws::sqs {

// Thread-safe. Made by make_shared: steps under way hold it. The store must outlive the last of
// them, the executor only stop().
class MoveTasks : public std::enable_shared_from_this<MoveTasks> {
 public:
  using Input = boost::json::object;

  MoveTasks(queue::Store& store, Clock& clock, Random& random, Executor& executor)
      : store_(store), clock_(clock), random_(random), executor_(executor) {}

  void resume();  // goes on with tasks that ran when belfry ended; once
  void stop();    // begins no further step, and needs the executor no more

  Answer start(const Input& input, const Caller& caller);
  Answer cancel(const Input& input, const Caller& caller);
  Answer list(const Input& input, const Caller& caller);

 private:
  void step(const std::string& source, const std::string& id);
  void stepped(const std::string& source, const std::string& id, uint64_t cursor,
               queue::Committed committed);
  void later(const std::string& source, const std::string& id);
  void end(MoveTask& task, std::string status, std::string failure);
  bool is_dead_letter_queue(std::string_view name) const;
  void forget_old(const std::string& source);

  queue::Store& store_;
  Clock& clock_;
  Random& random_;
  Executor& executor_;
  std::mutex starting_;       // one start or cancellation after another
  mutable std::mutex mutex_;  // of what follows; never held while the disk is awaited
  bool stopping_ = false;
  std::map<std::string, MoveTask> running_;  // by source
};

}  // namespace belfry::aws::sqs
