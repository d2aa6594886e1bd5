// A function of the Lambda API as it is kept: a store record "aws/lambda/function/NAME", as JSON.
// Its code lies unpacked in DATA/functions/NAME/CODE.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/service.h"
#include "functions/lambda.h"

namespace belfry::aws::lambda {

struct Logging {  // shown only
  bool json = false;
  std::string group;                                              // empty: the function's own
  std::string application_level = "INFO", system_level = "INFO";  // of JSON
};

struct FunctionRecord {
  std::string name, runtime, handler, role, description;
  int64_t timeout = 3;              // seconds
  int64_t memory = 128;             // MiB
  int64_t ephemeral_storage = 512;  // MiB; shown only
  std::optional<std::map<std::string, std::string>> environment;
  std::vector<std::string> architectures = {"x86_64"};
  std::string tracing = "PassThrough";
  std::string dead_letter_arn;
  Logging logging;
  std::string region = "us-east-1";  // it was made in
  std::string code;                  // folder below DATA/functions/NAME; absolute of belfry.yaml's
  std::string code_sha256;           // base64
  int64_t code_size = 0;
  std::string last_modified, revision;
  std::optional<int64_t> reserved_concurrency;
  std::map<std::string, std::string> tags;
  boost::json::array permissions;     // statements of its policy
  boost::json::object invoke_config;  // of PutFunctionEventInvokeConfig
  bool fixed = false;                 // belfry.yaml's: read only, not in the store
};

inline constexpr std::string_view kFunctionPrefix = "aws/lambda/function/";
std::string encode(const FunctionRecord& record);
std::optional<FunctionRecord> decode_function_record(std::string_view json);

std::string function_arn(std::string_view name, std::string_view region, std::string_view account);

enum class Phase {
  settled,
  creating,  // what CreateFunction answers
  updating,  // what the updates answer
};
// FunctionConfiguration as the API shows it.
boost::json::object configuration_json(const FunctionRecord& record, const Caller& caller,
                                       Phase phase);

// "2026-11-24T02:20:11.123+0000"
std::string lambda_time(WallTime time);

}  // namespace belfry::aws::lambda
