#include "aws/lambda_record.h"

#include <fmt/format.h>

#include "aws/json_fields.h"
#include "base/bytes.h"
#include "base/hash.h"

namespace belfry::aws::lambda {
namespace {

namespace json = boost::json;
using Texts = std::map<std::string, std::string>;

// A change and its end are two revisions, of which the last is kept.
std::string revision_before(std::string_view revision) {
  const std::string digits = hex(view(sha256(revision)));
  const std::string_view all = digits;
  return fmt::format("{}-{}-4{}-a{}-{}", all.substr(0, 8), all.substr(8, 4), all.substr(12, 3),
                     all.substr(15, 3), all.substr(18, 12));
}

json::object json_of(const Texts& texts) {
  json::object out;
  for (const auto& [name, value] : texts) out[name] = value;
  return out;
}

Texts texts_of(const json::value* value) {
  Texts out;
  if (value && value->is_object())
    for (const auto& [name, text] : value->get_object())
      if (text.is_string()) out[std::string(name)] = std::string(text.get_string());
  return out;
}

}  // namespace

std::string encode(const FunctionRecord& it) {
  json::object out = {{"name", it.name},
                      {"runtime", it.runtime},
                      {"handler", it.handler},
                      {"role", it.role},
                      {"description", it.description},
                      {"timeout", it.timeout},
                      {"memory", it.memory},
                      {"ephemeral_storage", it.ephemeral_storage},
                      {"architectures", json::value_from(it.architectures)},
                      {"tracing", it.tracing},
                      {"dead_letter_arn", it.dead_letter_arn},
                      {"log_format", it.logging.json ? "JSON" : "Text"},
                      {"log_group", it.logging.group},
                      {"log_application", it.logging.application_level},
                      {"log_system", it.logging.system_level},
                      {"region", it.region},
                      {"code", it.code},
                      {"code_sha256", it.code_sha256},
                      {"code_size", it.code_size},
                      {"last_modified", it.last_modified},
                      {"revision", it.revision},
                      {"tags", json_of(it.tags)},
                      {"permissions", it.permissions},
                      {"invoke_config", it.invoke_config}};
  if (it.environment) out["environment"] = json_of(*it.environment);
  if (it.reserved_concurrency) out["reserved_concurrency"] = *it.reserved_concurrency;
  return json::serialize(out);
}

std::optional<FunctionRecord> decode_function_record(std::string_view text) {
  boost::system::error_code error;
  const json::value parsed = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !parsed.is_object()) return {};
  const json::object& from = parsed.get_object();
  FunctionRecord it;
  const auto read = [&](std::string_view name, std::string& into) {
    if (auto value = text_field(from, name)) into = std::move(*value);
  };
  const auto number = [&](std::string_view name, int64_t& into) {
    if (const auto value = number_field(from, name)) into = *value;
  };
  read("name", it.name);
  read("runtime", it.runtime);
  read("handler", it.handler);
  read("role", it.role);
  read("description", it.description);
  number("timeout", it.timeout);
  number("memory", it.memory);
  number("ephemeral_storage", it.ephemeral_storage);
  it.architectures = texts_field(from, "architectures");
  read("tracing", it.tracing);
  read("dead_letter_arn", it.dead_letter_arn);
  it.logging.json = text_field(from, "log_format").value_or("") == "JSON";
  read("log_group", it.logging.group);
  read("log_application", it.logging.application_level);
  read("log_system", it.logging.system_level);
  read("region", it.region);
  read("code", it.code);
  read("code_sha256", it.code_sha256);
  number("code_size", it.code_size);
  read("last_modified", it.last_modified);
  read("revision", it.revision);
  it.reserved_concurrency = number_field(from, "reserved_concurrency");
  it.tags = texts_of(from.if_contains("tags"));
  if (const auto* given = from.if_contains("environment")) it.environment = texts_of(given);
  if (const auto* list = list_field(from, "permissions")) it.permissions = *list;
  if (const auto* config = from.if_contains("invoke_config"); config && config->is_object())
    it.invoke_config = config->get_object();
  if (it.name.empty()) return {};
  return it;
}

std::string function_arn(std::string_view name, std::string_view region, std::string_view account) {
  return fmt::format("arn:aws:lambda:{}:{}:function:{}", region, account, name);
}

std::string lambda_time(WallTime time) {
  return to_rfc3339(time).substr(0, 23) + "+0000";
}

json::object configuration_json(const FunctionRecord& it, const Caller& caller, Phase phase) {
  json::object out;
  out["FunctionName"] = it.name;
  out["FunctionArn"] = function_arn(it.name, caller.region, caller.account);
  out["Runtime"] = it.runtime;
  out["Role"] = it.role;
  out["Handler"] = it.handler;
  out["CodeSize"] = it.code_size;
  out["Description"] = it.description;
  out["Timeout"] = it.timeout;
  out["MemorySize"] = it.memory;
  out["LastModified"] = it.last_modified;
  out["CodeSha256"] = it.code_sha256;
  out["Version"] = "$LATEST";
  if (it.environment) out["Environment"] = {{"Variables", json_of(*it.environment)}};
  if (!it.dead_letter_arn.empty()) out["DeadLetterConfig"] = {{"TargetArn", it.dead_letter_arn}};
  out["TracingConfig"] = {{"Mode", it.tracing}};
  out["RevisionId"] = phase == Phase::settled ? it.revision : revision_before(it.revision);
  if (phase == Phase::creating) {
    out["State"] = "Pending";
    out["StateReason"] = "The function is being created.";
    out["StateReasonCode"] = "Creating";
  } else {
    out["State"] = "Active";
    out["LastUpdateStatus"] = phase == Phase::updating ? "InProgress" : "Successful";
    if (phase == Phase::updating) {
      out["LastUpdateStatusReason"] = "The function is being created.";
      out["LastUpdateStatusReasonCode"] = "Creating";
    }
  }
  out["PackageType"] = "Zip";
  out["Architectures"] = json::value_from(it.architectures);
  out["EphemeralStorage"] = {{"Size", it.ephemeral_storage}};
  out["SnapStart"] = {{"ApplyOn", "None"}, {"OptimizationStatus", "Off"}};
  out["RuntimeVersionConfig"] = {
      {"RuntimeVersionArn",
       fmt::format("arn:aws:lambda:{}::runtime:{}", caller.region, hex(view(sha256(it.runtime))))}};
  json::object logging{
      {"LogFormat", it.logging.json ? "JSON" : "Text"},
      {"LogGroup", it.logging.group.empty() ? "/aws/lambda/" + it.name : it.logging.group}};
  if (it.logging.json) {
    logging["ApplicationLogLevel"] = it.logging.application_level;
    logging["SystemLogLevel"] = it.logging.system_level;
  }
  out["LoggingConfig"] = std::move(logging);
  return out;
}

}  // namespace belfry::aws::lambda
