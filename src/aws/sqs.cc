#include "aws/sqs.h"

#include "aws/sqs_json.h"
#include "aws/sqs_message_actions.h"
#include "aws/sqs_move_tasks.h"
#include "aws/sqs_names.h"
#include "aws/sqs_queue_actions.h"
#include "aws/sqs_shapes.h"
#include "base/check.h"

namespace belfry::aws {

using boost::json::object;

struct Sqs::Parts {
  sqs::QueueActions queues;
  sqs::MessageActions messages;
  std::shared_ptr<sqs::MoveTasks> tasks;
};

Sqs::Sqs(queue::Store& store, Clock& clock, Random& random, Executor& executor, Options options)
    : parts_(new Parts{{store, clock, std::move(options.fixed_queues)},
                       sqs::MessageActions(store),
                       std::make_shared<sqs::MoveTasks>(store, clock, random, executor)}) {}

Sqs::~Sqs() {
  parts_->tasks->stop();
}

void Sqs::resume() {
  parts_->tasks->resume();
}

namespace {

// The ARN an action is about, as policies name it.
std::string resource_of(const object& input, const Caller& caller) {
  for (const char* field : {"SourceArn"})
    if (const auto arn = sqs::text_of(input, field); !arn.empty()) return std::string(arn);
  if (const auto handle = sqs::parse_task_handle(sqs::text_of(input, "TaskHandle")))
    return handle->source_arn;
  if (const auto name = sqs::text_of(input, "QueueName"); !name.empty())
    return sqs::arn_of(name, caller);
  const auto name = sqs::named_queue(input, caller);
  return name ? sqs::arn_of(*name, caller) : "*";
}

}  // namespace

Service Sqs::service() {
  Service service;
  service.name = "sqs";
  service.json_prefix = "AmazonSQS";
  service.error_prefix = "com.amazonaws.sqs#";
  service.json_version = "1.0";
  service.query_born = service.complete = true;
  service.query_version = "2012-11-05";
  service.xml_namespace = "http://queue.amazonaws.com/doc/2012-11-05/";

  const auto add = [&](const char* name, auto run) {
    const auto shapes = sqs::action_shapes().find(name);
    BELFRY_CHECK(shapes != sqs::action_shapes().end());
    Action action;
    action.input = shapes->second.input;
    action.output = shapes->second.output;
    action.run = std::move(run);
    action.resource = resource_of;
    service.actions.emplace(name, std::move(action));
  };
  // Actions that answer at once, and those that answer when the store does.
  const auto now = [&](const char* name, auto& part, auto method) {
    add(name, [&part, method](object input, const Caller& caller, Callback<Answer> done) {
      done((part.*method)(input, caller));
    });
  };
  const auto later = [&](const char* name, auto method) {
    add(name, [&messages = parts_->messages, method](object input, const Caller& caller,
                                                     Callback<Answer> done) {
      (messages.*method)(input, caller, std::move(done));
    });
  };
  using sqs::MessageActions;
  using sqs::MoveTasks;
  using sqs::QueueActions;
  auto& queues = parts_->queues;
  auto& tasks = *parts_->tasks;
  now("AddPermission", queues, &QueueActions::add_permission);
  now("CancelMessageMoveTask", tasks, &MoveTasks::cancel);
  later("ChangeMessageVisibility", &MessageActions::change_visibility);
  later("ChangeMessageVisibilityBatch", &MessageActions::change_visibility_batch);
  now("CreateQueue", queues, &QueueActions::create);
  later("DeleteMessage", &MessageActions::remove);
  later("DeleteMessageBatch", &MessageActions::remove_batch);
  now("DeleteQueue", queues, &QueueActions::remove);
  now("GetQueueAttributes", queues, &QueueActions::attributes);
  now("GetQueueUrl", queues, &QueueActions::url);
  now("ListDeadLetterSourceQueues", queues, &QueueActions::list_dead_letter_sources);
  now("ListMessageMoveTasks", tasks, &MoveTasks::list);
  now("ListQueueTags", queues, &QueueActions::tags);
  now("ListQueues", queues, &QueueActions::list);
  now("PurgeQueue", queues, &QueueActions::purge);
  later("ReceiveMessage", &MessageActions::receive);
  now("RemovePermission", queues, &QueueActions::remove_permission);
  later("SendMessage", &MessageActions::send);
  later("SendMessageBatch", &MessageActions::send_batch);
  now("SetQueueAttributes", queues, &QueueActions::set_attributes);
  now("StartMessageMoveTask", tasks, &MoveTasks::start);
  now("TagQueue", queues, &QueueActions::tag);
  now("UntagQueue", queues, &QueueActions::untag);
  return service;
}

}  // namespace belfry::aws
