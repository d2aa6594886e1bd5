// A function's policy, tags, reserved concurrency, and how calls for later are tried.
#include <fmt/format.h>

#include <algorithm>

#include "aws/json_fields.h"
#include "aws/lambda_state.h"

namespace belfry::aws::lambda {
namespace {

namespace json = boost::json;

constexpr int64_t kMostConcurrency = 1000;
constexpr size_t kMostTags = 50;

std::string text_of(const json::object& from, std::string_view name) {
  return text_field(from, name).value_or("");
}

std::optional<json::array::const_iterator> statement(const FunctionRecord& record,
                                                     std::string_view id) {
  for (auto at = record.permissions.begin(); at != record.permissions.end(); ++at)
    if (text_of(at->as_object(), "Sid") == id) return at;
  return {};
}

json::object policy_statement(const json::object& input, const std::string& arn) {
  json::object out;
  out["Sid"] = text_of(input, "StatementId");
  out["Effect"] = "Allow";
  const std::string principal = text_of(input, "Principal");
  if (principal == "*")
    out["Principal"] = "*";
  else if (principal.ends_with(".amazonaws.com"))
    out["Principal"] = {{"Service", principal}};
  else if (principal.find_first_not_of("0123456789") == principal.npos)
    out["Principal"] = {{"AWS", fmt::format("arn:aws:iam::{}:root", principal)}};
  else
    out["Principal"] = {{"AWS", principal}};
  out["Action"] = text_of(input, "Action");
  out["Resource"] = arn;
  json::object condition;
  if (const auto account = text_field(input, "SourceAccount"))
    condition["StringEquals"] = {{"AWS:SourceAccount", *account}};
  if (const auto source = text_field(input, "SourceArn"))
    condition["ArnLike"] = {{"AWS:SourceArn", *source}};
  if (!condition.empty()) out["Condition"] = std::move(condition);
  return out;
}

}  // namespace

void Lambda::State::add_permission(CallPtr call) {
  auto record = find_own(*call);
  if (!record) return call->refuse(record.error());
  const std::string id = text_of(call->input, "StatementId");
  for (const char* needed : {"StatementId", "Action", "Principal"})
    if (text_of(call->input, needed).empty()) {
      std::string where = needed;
      where[0] = static_cast<char>(where[0] - 'A' + 'a');
      return call->refuse(constraint("null", where, "Member must not be null"));
    }
  if (statement(*record, id))
    return call->refuse(
        conflict(fmt::format("The statement id ({}) provided already exists. Please provide a new "
                             "statement id, or remove the existing statement.",
                             id)));
  json::object made = policy_statement(call->input, arn(*record, call->caller));
  const std::string text = json::serialize(made);
  record->permissions.push_back(std::move(made));
  store(std::move(*record), call, [call, text](const FunctionRecord&) {
    call->answer({{"Statement", text}}, 201);
  });
}

void Lambda::State::get_policy(CallPtr call) {
  const auto record = find(*call);
  if (!record) return call->refuse(record.error());
  if (record->permissions.empty()) return call->refuse(no_such_resource());
  const json::object policy = {
      {"Version", "2012-10-17"}, {"Id", "default"}, {"Statement", record->permissions}};
  call->answer({{"Policy", json::serialize(policy)}, {"RevisionId", record->revision}});
}

void Lambda::State::remove_permission(CallPtr call) {
  auto record = find_own(*call);
  if (!record) return call->refuse(record.error());
  const auto at = statement(*record, call->names[1]);
  if (!at)
    return call->refuse(
        not_found(fmt::format("Statement {} is not found in resource policy.", call->names[1])));
  record->permissions.erase(*at);
  store(std::move(*record), call, [call](const FunctionRecord&) { call->nothing(); });
}

void Lambda::State::list_tags(CallPtr call) {
  if (call->names[0].find(":event-source-mapping:") != std::string::npos)
    return call->answer({{"Tags", json::object()}});
  const auto record = find(*call);
  if (!record) return call->refuse(record.error());
  call->answer({{"Tags", json::value_from(record->tags)}});
}

void Lambda::State::tag(CallPtr call) {
  auto record = find_own(*call);
  if (!record) return call->refuse(record.error());
  const auto* tags = call->input.if_contains("Tags");
  if (!tags || !tags->is_object() || tags->get_object().empty())
    return call->refuse(invalid("An error occurred and the request cannot be processed."));
  for (const auto& [name, value] : tags->get_object())
    if (value.is_string()) record->tags[std::string(name)] = std::string(value.get_string());
  if (record->tags.size() > kMostTags)
    return call->refuse(invalid("Number of tags exceeds resource tag limit."));
  store(std::move(*record), call, [call](const FunctionRecord&) { call->nothing(); });
}

void Lambda::State::untag(CallPtr call) {
  auto record = find_own(*call);
  if (!record) return call->refuse(record.error());
  for (const auto& [name, value] : call->request.query)
    if (name == "tagKeys") record->tags.erase(value);
  store(std::move(*record), call, [call](const FunctionRecord&) { call->nothing(); });
}

void Lambda::State::put_concurrency(CallPtr call) {
  auto record = find_own(*call);
  if (!record) return call->refuse(record.error());
  const auto wanted = number_field(call->input, "ReservedConcurrentExecutions");
  if (!wanted)
    return call->refuse(
        constraint("null", "reservedConcurrentExecutions", "Member must not be null"));
  if (*wanted < 0)
    return call->refuse(constraint(std::to_string(*wanted), "reservedConcurrentExecutions",
                                   "Member must have value greater than or equal to 0"));
  if (*wanted > kMostConcurrency)
    return call->refuse(
        invalid("Specified ReservedConcurrentExecutions for function decreases account's "
                "UnreservedConcurrentExecution below its minimum value of [0]."));
  record->reserved_concurrency = *wanted;
  store(std::move(*record), call, [call](const FunctionRecord& made) {
    call->answer({{"ReservedConcurrentExecutions", *made.reserved_concurrency}});
  });
}

void Lambda::State::get_concurrency(CallPtr call) {
  const auto record = find(*call);
  if (!record) return call->refuse(record.error());
  json::object out;
  if (record->reserved_concurrency)
    out["ReservedConcurrentExecutions"] = *record->reserved_concurrency;
  call->answer(out);
}

void Lambda::State::delete_concurrency(CallPtr call) {
  auto record = find_own(*call);
  if (!record) return call->refuse(record.error());
  record->reserved_concurrency.reset();
  store(std::move(*record), call, [call](const FunctionRecord&) { call->nothing(); });
}

namespace {

Outcome<void> read_invoke_config(const json::object& input, json::object& config) {
  for (const auto& [name, least, most] :
       {std::tuple{"MaximumRetryAttempts", int64_t{0}, int64_t{2}},
        std::tuple{"MaximumEventAgeInSeconds", int64_t{60}, int64_t{21600}}}) {
    const auto value = number_field(input, name);
    if (!value) continue;
    if (*value < least || *value > most) {
      std::string where = name;
      where[0] = 'm';
      return refuse(constraint(
          std::to_string(*value), where,
          *value < least ? fmt::format("Member must have value greater than or equal to {}", least)
                         : fmt::format("Member must have value less than or equal to {}", most)));
    }
    config[name] = *value;
  }
  if (const auto* destinations = input.if_contains("DestinationConfig");
      destinations && destinations->is_object())
    for (const auto& [name, value] : destinations->get_object())
      if (value.is_object() && value.get_object().contains("Destination"))
        return refuse(
            unsupported("destinations of calls for later: DeadLetterConfig with a queue "
                        "is there"));
  return {};
}

}  // namespace

void Lambda::State::put_invoke_config(CallPtr call) {
  set_invoke_config(std::move(call), true);
}

void Lambda::State::update_invoke_config(CallPtr call) {
  set_invoke_config(std::move(call), false);
}

void Lambda::State::set_invoke_config(CallPtr call, bool replace) {
  auto record = find_own(*call);
  if (!record) return call->refuse(record.error());
  if (!replace && record->invoke_config.empty()) return get_invoke_config(std::move(call));
  if (replace) record->invoke_config = {};
  if (auto good = read_invoke_config(call->input, record->invoke_config); !good)
    return call->refuse(good.error());
  record->invoke_config["LastModified"] =
      std::chrono::duration<double>(parts.clock.now().time_since_epoch()).count();
  store(std::move(*record), call, [self = shared_from_this(), call](const FunctionRecord&) {
    self->get_invoke_config(call);
  });
}

void Lambda::State::get_invoke_config(CallPtr call) {
  const auto named = read_name(*call, call->names[0]);
  if (!named) return call->refuse(named.error());
  const auto record = find(*call);
  const std::string where =
      fmt::format("{}:{}", function_arn(named->name, call->caller.region, call->caller.account),
                  named->qualifier.empty() ? "$LATEST" : named->qualifier);
  if (!record || record->invoke_config.empty())
    return call->refuse(
        not_found(fmt::format("The function {} doesn't have an EventInvokeConfig", where)));
  json::object out = record->invoke_config;
  out["FunctionArn"] = where;
  out["DestinationConfig"] = {{"OnSuccess", json::object()}, {"OnFailure", json::object()}};
  call->answer(out);
}

void Lambda::State::delete_invoke_config(CallPtr call) {
  auto record = find_own(*call);
  if (!record || record->invoke_config.empty()) return get_invoke_config(std::move(call));
  record->invoke_config = {};
  store(std::move(*record), call, [call](const FunctionRecord&) { call->nothing(); });
}

}  // namespace belfry::aws::lambda
