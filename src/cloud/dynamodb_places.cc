#include "cloud/dynamodb_places.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <mutex>

#include "base/log.h"

namespace belfry::cloud {

namespace {

namespace json = boost::json;

constexpr std::string_view kConditionFailed = "ConditionalCheckFailedException";

Call dynamodb(std::string_view action, const json::object& input) {
  return json_call("dynamodb", "1.0", fmt::format("DynamoDB_20120810.{}", action),
                   json::serialize(input));
}

json::object text(std::string_view value) {
  return {{"S", value}};
}
json::object number(uint64_t value) {
  return {{"N", std::to_string(value)}};
}

// {"Item": {"epoch": {"N": "3"}, …}} → "3"
std::string attribute(const json::value& answer, std::string_view name, std::string_view type) {
  const json::value* at = &answer;
  for (const std::string_view step : {std::string_view("Item"), name, type}) {
    at = at->is_object() ? at->get_object().if_contains(step) : nullptr;
    if (!at) return {};
  }
  return at->is_string() ? std::string(at->get_string()) : std::string();
}

class DynamoDbPlaces final : public pipeline::PlaceKeeper {
 public:
  DynamoDbPlaces(Caller& caller, std::string table, std::string key)
      : caller_(caller), table_(std::move(table)), key_(std::move(key)) {}

  Result<std::optional<pipeline::Checkpoint>> load() override {
    const std::string where = fmt::format("the table {}", table_);
    Reply reply = caller_.call(dynamodb(
        "GetItem",
        {{"TableName", table_}, {"Key", {{"place", text(key_)}}}, {"ConsistentRead", true}}));
    if (const auto* refusal = std::get_if<Refusal>(&reply))
      return fail(fmt::format("{}: {}", where, describe(*refusal)));
    boost::system::error_code error;
    const json::value item = json::parse(std::get<Answer>(reply).body, error);
    if (error) return fail(where + ": the answer is no JSON");
    const std::string epoch = attribute(item, "epoch", "N");
    uint64_t next = 1;
    if (!epoch.empty()) next = std::strtoull(epoch.c_str(), nullptr, 10) + 1;
    if (auto taken = take_over(epoch, next); !taken)
      return tl::unexpected(std::move(taken).with_context(where).error());

    const std::string stored = attribute(item, "checkpoint", "S");
    if (stored.empty()) return std::optional<pipeline::Checkpoint>();
    auto checkpoint = pipeline::decode_checkpoint(stored);
    if (!checkpoint)
      return fail(fmt::format("{}: the place {}: {}", where, key_, checkpoint.error().message));
    return std::optional(std::move(*checkpoint));
  }

  void keep(const pipeline::Checkpoint& checkpoint, Callback<Kept> done) override {
    pipeline::Checkpoint mine = checkpoint;
    const uint64_t epoch = current_epoch();
    mine.epoch = epoch;
    json::object input{{"TableName", table_},
                       {"Key", {{"place", text(key_)}}},
                       {"UpdateExpression", "SET checkpoint = :checkpoint"},
                       {"ConditionExpression", "epoch = :epoch"},
                       {"ExpressionAttributeValues",
                        {{":checkpoint", text(encode(mine))}, {":epoch", number(epoch)}}}};
    caller_.call(dynamodb("UpdateItem", input),
                 [key = key_, done = std::move(done)](Reply reply) mutable {
                   const auto* refusal = std::get_if<Refusal>(&reply);
                   if (!refusal) return done(Kept::durable);
                   if (refusal->code == kConditionFailed) return done(Kept::lost);
                   log::warn("the place could not be kept; it will be tried again",
                             {{"place", key}, {"reason", describe(*refusal)}});
                   done(Kept::later);
                 });
  }

 private:
  // Between reading the epoch and raising it another instance may do the same: the condition lets
  // only one of them through.
  Result<void> take_over(const std::string& epoch, uint64_t next) {
    json::object values{{":next", number(next)}};
    if (!epoch.empty()) values[":epoch"] = json::object{{"N", epoch}};
    Reply reply = caller_.call(dynamodb(
        "UpdateItem",
        {{"TableName", table_},
         {"Key", {{"place", text(key_)}}},
         {"UpdateExpression", "SET epoch = :next"},
         {"ConditionExpression", epoch.empty() ? "attribute_not_exists(epoch)" : "epoch = :epoch"},
         {"ExpressionAttributeValues", std::move(values)}}));
    if (const auto* refusal = std::get_if<Refusal>(&reply)) {
      if (refusal->code == kConditionFailed)
        return fail("another instance took the place over at the same moment");
      return fail(describe(*refusal));
    }
    std::lock_guard lock(mutex_);
    epoch_ = next;
    return {};
  }

  uint64_t current_epoch() const {
    std::lock_guard lock(mutex_);
    return epoch_;
  }

  Caller& caller_;
  const std::string table_, key_;
  mutable std::mutex mutex_;
  uint64_t epoch_ = 0;
};

}  // namespace

std::shared_ptr<pipeline::PlaceKeeper> dynamodb_places(Caller& caller, std::string table,
                                                       std::string key) {
  return std::make_shared<DynamoDbPlaces>(caller, std::move(table), std::move(key));
}

}  // namespace belfry::cloud
