// CreateEventSourceMapping and its kin, for queues.
#include <fmt/format.h>

#include <algorithm>

#include "aws/json_fields.h"
#include "aws/lambda_state.h"
#include "aws/sqs_names.h"

namespace belfry::aws::lambda {
namespace {

namespace json = boost::json;

constexpr size_t kPage = 100;
constexpr int64_t kSmallBatch = 10;  // larger ones need a window
constexpr size_t kMostFilters = 10;

Outcome<void> read_number(const json::object& input, std::string_view name, std::string_view where,
                          int64_t least, int64_t most, int64_t& into) {
  const auto value = number_field(input, name);
  if (!value) return {};
  if (*value < least || *value > most)
    return refuse(constraint(
        std::to_string(*value), where,
        *value < least ? fmt::format("Member must have value greater than or equal to {}", least)
                       : fmt::format("Member must have value less than or equal to {}", most)));
  into = *value;
  return {};
}

Outcome<void> read_filters(const json::object& input, Mapping& mapping) {
  const auto* criteria = input.if_contains("FilterCriteria");
  if (!criteria || !criteria->is_object()) return {};
  mapping.filters.clear();
  const auto* list = list_field(criteria->get_object(), "Filters");
  if (!list) return {};
  if (list->size() > kMostFilters)
    return refuse(invalid(fmt::format("The maximum number of filters is {}.", kMostFilters)));
  for (const auto& item : *list) {
    const auto pattern =
        item.is_object() ? text_field(item.get_object(), "Pattern") : std::optional<std::string>();
    if (!pattern || !match::Pattern::parse(*pattern, match::Dialect::listener))
      return refuse(invalid("Invalid filter pattern definition."));
    mapping.filters.push_back(*pattern);
  }
  return {};
}

Outcome<void> read_mapping(const json::object& input, bool fifo, Mapping& mapping) {
  if (auto good = read_number(input, "BatchSize", "batchSize", 1, 10'000, mapping.batch); !good)
    return good;
  if (auto good = read_number(input, "MaximumBatchingWindowInSeconds",
                              "maximumBatchingWindowInSeconds", 0, 300, mapping.window);
      !good)
    return good;
  if (fifo && mapping.window > 0)
    return refuse(invalid("Batching window is not supported for FIFO queues"));
  if (fifo && mapping.batch > kSmallBatch)
    return refuse(invalid("Batch size must be less than or equal to 10 for FIFO queues"));
  if (mapping.batch > kSmallBatch && mapping.window == 0)
    return refuse(
        invalid("Maximum batch window in seconds must be greater than 0 if maximum batch "
                "size is greater than 10"));
  if (const auto* destinations = input.if_contains("DestinationConfig");
      destinations && destinations->is_object() && !destinations->get_object().empty())
    return refuse(
        invalid("Unsupported DestinationConfig parameter for given event source mapping type."));
  if (const auto* enabled = input.if_contains("Enabled"); enabled && enabled->is_bool())
    mapping.enabled = enabled->get_bool();
  if (const auto* types = list_field(input, "FunctionResponseTypes")) {
    mapping.report_failures = false;
    for (const auto& type : *types) {
      if (!type.is_string() || type.get_string() != "ReportBatchItemFailures")
        return refuse(constraint(json::serialize(*types), "functionResponseTypes",
                                 "Member must satisfy constraint: [Member must satisfy enum value "
                                 "set: [ReportBatchItemFailures]]"));
      mapping.report_failures = true;
    }
  }
  if (const auto* scaling = input.if_contains("ScalingConfig"); scaling && scaling->is_object()) {
    int64_t most = 0;
    if (auto good = read_number(scaling->get_object(), "MaximumConcurrency",
                                "scalingConfig.maximumConcurrency", 2, 1000, most);
        !good)
      return good;
    mapping.maximum_concurrency = most ? std::optional(most) : std::nullopt;
  }
  return read_filters(input, mapping);
}

double seconds_of(WallTime time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  return static_cast<double>(ms.count()) / 1000;
}

std::optional<Fault> short_visibility(const queue::QueueSettings& queue,
                                      const FunctionRecord& function) {
  const auto visibility =
      std::chrono::duration_cast<std::chrono::seconds>(queue.visibility_timeout).count();
  if (visibility >= function.timeout) return {};
  return invalid(
      fmt::format("Queue visibility timeout: {} seconds is less than Function timeout: {} seconds",
                  visibility, function.timeout));
}

}  // namespace

void Lambda::State::create_mapping(CallPtr call) {
  const auto source = text_field(call->input, "EventSourceArn");
  if (!source) {
    if (call->input.contains("SelfManagedEventSource"))
      return call->refuse(unsupported("event sources other than queues"));
    return call->refuse(invalid("Unrecognized event source."));
  }
  const auto record = find(*call, text_field(call->input, "FunctionName").value_or(""));
  if (!record) {
    if (record.error().code != "ResourceNotFoundException") return call->refuse(record.error());
    return call->refuse(invalid("Function does not exist"));
  }
  if (source->find(":sqs:") == std::string::npos) {
    for (const char* other : {":kinesis:", ":dynamodb:", ":kafka:", ":mq:", ":rds:"})
      if (source->find(other) != std::string::npos)
        return call->refuse(unsupported("event sources other than queues"));
    return call->refuse(invalid("Unrecognized event source."));
  }
  const auto name = sqs::name_in_arn(*source);
  const auto queue = name ? parts.store.find_queue(*name) : std::optional<queue::QueueId>();
  if (!queue || !sqs::is_visible(*name))
    return call->refuse(
        invalid("Error occurred while ReceiveMessage. SQS Error Code: "
                "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue "
                "does not exist."));
  const queue::QueueSettings of_queue = parts.store.settings(*queue);
  Mapping mapping;
  mapping.queue = *name;
  mapping.function = record->name;
  mapping.region = call->caller.region;
  if (auto good = read_mapping(call->input, of_queue.fifo, mapping); !good)
    return call->refuse(good.error());
  if (const auto fault = short_visibility(of_queue, *record)) return call->refuse(*fault);
  for (const Mapping& other : mappings.all())
    if (other.queue == mapping.queue && other.function == mapping.function)
      return call->refuse(conflict(
          fmt::format("An event source mapping with SQS arn (\" {} \") and function (\" {} \") "
                      "already exists. Please update or delete the existing mapping with UUID {}",
                      *source, record->name, other.uuid)));
  mapping.uuid = parts.random.uuid();
  keep_mapping(std::move(mapping), call, "Creating");
}

void Lambda::State::keep_mapping(Mapping mapping, CallPtr call, std::string_view state) {
  mapping.last_modified = seconds_of(parts.clock.now());
  queue::Batch batch;
  batch.put(std::string(kMappingPrefix) + mapping.uuid, encode(mapping));
  if (!mapping.enabled && state == "Creating") state = "Disabled";
  parts.store.commit(std::move(batch), [self = shared_from_this(), mapping = std::move(mapping),
                                        call, state](queue::Committed committed) {
    if (const auto fault = commit_fault(committed)) return call->refuse(*fault);
    // Not in the store's callback: an event source asks the store.
    self->parts.executor.post([self, mapping, call, state] {
      self->mappings.put(mapping);
      call->answer(mapping_json(mapping, call->caller, state), 202);
    });
  });
}

void Lambda::State::get_mapping(CallPtr call) {
  const auto mapping = mappings.find(call->names[0]);
  if (!mapping) return call->refuse(no_such_resource());
  call->answer(mapping_json(*mapping, call->caller, mapping->enabled ? "Enabled" : "Disabled"));
}

void Lambda::State::list_mappings(CallPtr call) {
  std::string function;
  if (const auto name = call->request.parameter("FunctionName")) {
    const auto record = find(*call, *name);
    if (!record) return call->refuse(record.error());
    function = record->name;
  }
  const auto source = call->request.parameter("EventSourceArn");
  const auto marker = call->request.parameter("Marker");
  size_t most = kPage;
  if (const auto given = call->request.parameter("MaxItems"))
    most = static_cast<size_t>(std::clamp(std::atoi(std::string(*given).c_str()), 1, int{kPage}));
  json::object out;
  json::array list;
  for (const Mapping& it : mappings.all()) {  // by UUID
    if (marker && it.uuid <= *marker) continue;
    if (!function.empty() && it.function != function) continue;
    if (source && sqs::name_in_arn(*source) != it.queue) continue;
    if (list.size() == most) {
      out["NextMarker"] = list.back().as_object().at("UUID");
      break;
    }
    list.push_back(mapping_json(it, call->caller, it.enabled ? "Enabled" : "Disabled"));
  }
  out["EventSourceMappings"] = std::move(list);
  call->answer(out);
}

void Lambda::State::update_mapping(CallPtr call) {
  auto mapping = mappings.find(call->names[0]);
  if (!mapping) return call->refuse(no_such_resource());
  const bool before = mapping->enabled;
  if (const auto name = text_field(call->input, "FunctionName")) {
    const auto record = find(*call, *name);
    if (!record) return call->refuse(invalid("Function does not exist"));
    mapping->function = record->name;
  }
  const auto queue = parts.store.find_queue(mapping->queue);
  const bool fifo = queue && parts.store.settings(*queue).fifo;
  if (auto good = read_mapping(call->input, fifo, *mapping); !good)
    return call->refuse(good.error());
  const std::string_view state = mapping->enabled == before ? "Updating"
                                 : mapping->enabled         ? "Enabling"
                                                            : "Disabling";
  keep_mapping(std::move(*mapping), call, state);
}

void Lambda::State::delete_mapping(CallPtr call) {
  const auto mapping = mappings.find(call->names[0]);
  if (!mapping) return call->refuse(no_such_resource());
  queue::Batch batch;
  batch.erase(std::string(kMappingPrefix) + mapping->uuid);
  parts.store.commit(std::move(batch), [self = shared_from_this(), mapping = *mapping,
                                        call](queue::Committed committed) {
    if (const auto fault = commit_fault(committed)) return call->refuse(*fault);
    self->parts.executor.post([self, mapping, call] {
      self->mappings.remove(mapping.uuid);
      call->answer(mapping_json(mapping, call->caller, "Deleting"), 202);
    });
  });
}

}  // namespace belfry::aws::lambda
