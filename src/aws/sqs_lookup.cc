#include "aws/sqs_lookup.h"

#include "aws/sqs_json.h"
#include "aws/sqs_names.h"

namespace belfry::aws::sqs {

Outcome<FoundQueue> find_queue(const queue::Store& store, const boost::json::object& input,
                               const Caller& caller) {
  auto name = named_queue(input, caller);
  if (!name) return refuse(name.error());
  const auto id = is_visible(*name) ? store.find_queue(*name) : std::nullopt;
  if (!id) return refuse(queue_does_not_exist());
  return FoundQueue{std::move(*name), *id, store.settings(*id)};
}

Outcome<FoundQueue> find_by_arn(const queue::Store& store, const boost::json::object& input,
                                std::string_view parameter) {
  const auto arn = text_of(input, parameter);
  if (arn.empty()) return refuse(missing(parameter));
  auto name = name_in_arn(arn);
  if (!name) return refuse(invalid_value(arn, parameter, "The ARN is not that of a queue."));
  const auto id = is_visible(*name) ? store.find_queue(*name) : std::nullopt;
  if (!id) return refuse(resource_not_found(parameter));
  return FoundQueue{std::move(*name), *id, store.settings(*id)};
}

}  // namespace belfry::aws::sqs
