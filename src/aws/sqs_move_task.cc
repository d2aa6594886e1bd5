#include "aws/sqs_move_task.h"

#include <fmt/format.h>

#include "aws/sqs_json.h"
#include "base/bytes.h"
#include "base/log.h"

namespace belfry::aws::sqs {
namespace {

std::optional<boost::json::object> parse(std::string_view json) {
  boost::system::error_code error;
  auto parsed = boost::json::parse({json.data(), json.size()}, error);
  if (error || !parsed.is_object()) return std::nullopt;
  return std::move(parsed.get_object());
}

}  // namespace

std::string encode(const MoveTask& task) {
  return boost::json::serialize(boost::json::object{{"id", task.id},
                                                    {"source", task.source},
                                                    {"destination", task.destination},
                                                    {"rate", task.rate},
                                                    {"started", task.started},
                                                    {"cursor", static_cast<int64_t>(task.cursor)},
                                                    {"moved", task.moved},
                                                    {"to_move", task.to_move},
                                                    {"status", task.status},
                                                    {"failure", task.failure}});
}

std::optional<MoveTask> decode_move_task(std::string_view json) {
  const auto object = parse(json);
  if (!object) return std::nullopt;
  MoveTask task;
  task.id = text_of(*object, "id");
  task.source = text_of(*object, "source");
  task.destination = text_of(*object, "destination");
  task.rate = number_of(*object, "rate").value_or(0);
  task.started = number_of(*object, "started").value_or(0);
  task.cursor = static_cast<uint64_t>(number_of(*object, "cursor").value_or(0));
  task.moved = number_of(*object, "moved").value_or(0);
  task.to_move = number_of(*object, "to_move").value_or(0);
  task.status = text_of(*object, "status");
  task.failure = text_of(*object, "failure");
  if (task.id.empty() || task.source.empty()) return std::nullopt;
  return task;
}

std::string task_prefix(std::string_view source) {
  return source.empty() ? "aws/sqs-move/" : fmt::format("aws/sqs-move/{}/", source);
}

std::string task_key(const MoveTask& task) {
  return fmt::format("{}{:015}-{}", task_prefix(task.source), task.started, task.id);
}

std::vector<MoveTask> read_tasks(const queue::Store& store, std::string_view source) {
  std::vector<MoveTask> tasks;
  for (const auto& [key, value] : store.list(task_prefix(source))) {
    if (auto task = decode_move_task(value))
      tasks.push_back(std::move(*task));
    else
      log::error("the record of a message-move task cannot be read", {{"record", key}});
  }
  return tasks;
}

std::string to_text(const TaskHandle& handle) {
  return base64(boost::json::serialize(
      boost::json::object{{"taskId", handle.id}, {"sourceArn", handle.source_arn}}));
}

std::optional<TaskHandle> parse_task_handle(std::string_view text) {
  const auto bytes = unbase64(text);
  const auto object = bytes ? parse(*bytes) : std::nullopt;
  if (!object) return std::nullopt;
  TaskHandle handle{std::string(text_of(*object, "taskId")),
                    std::string(text_of(*object, "sourceArn"))};
  if (handle.id.empty() || handle.source_arn.empty()) return std::nullopt;
  return handle;
}

}  // namespace belfry::aws::sqs
