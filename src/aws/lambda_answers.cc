#include "aws/lambda_answers.h"

#include <fmt/format.h>

namespace belfry::aws::lambda {

http::ServerResponse answer(const Caller& caller, const boost::json::object& body, int status) {
  return {status,
          {{"Content-Type", "application/json"}, {"x-amzn-RequestId", caller.request_id}},
          boost::json::serialize(body),
          {}};
}

http::ServerResponse nothing(const Caller& caller, int status) {
  return {status, {{"x-amzn-RequestId", caller.request_id}}, {}, {}};
}

http::ServerResponse refusal(const Caller& caller, const Fault& fault) {
  boost::json::object body;
  // Lambda writes the key in either case, by exception.
  const bool capital =
      fault.code == "ResourceNotFoundException" || fault.code == "UnsupportedOperation";
  if (fault.code != "ValidationException") body["Type"] = fault.sender ? "User" : "Service";
  if (fault.code == "TooManyRequestsException")
    body["Reason"] = "ReservedFunctionConcurrentInvocationLimitExceeded";
  body[capital ? "Message" : "message"] = fault.message;
  http::ServerResponse response = answer(caller, body, fault.status);
  response.headers.emplace_back("x-amzn-ErrorType", fault.code);
  return response;
}

Fault not_found(std::string message) {
  return {"ResourceNotFoundException", {}, std::move(message), 404};
}
Fault function_not_found(std::string_view arn) {
  return not_found(fmt::format("Function not found: {}", arn));
}
Fault no_such_resource() {
  return not_found("The resource you requested does not exist.");
}
Fault conflict(std::string message) {
  return {"ResourceConflictException", {}, std::move(message), 409};
}
Fault invalid(std::string message) {
  return {"InvalidParameterValueException", {}, std::move(message), 400};
}
Fault constraint(std::string_view value, std::string_view where, std::string_view constraint) {
  return {"ValidationException",
          {},
          fmt::format("1 validation error detected: Value '{}' at '{}' failed to satisfy "
                      "constraint: {}",
                      value, where, constraint),
          400};
}
Fault unsupported(std::string_view what) {
  return {"UnsupportedOperation",
          {},
          fmt::format("belfry's Lambda does not have {}; docs/compatibility.md lists what it has",
                      what),
          400};
}

}  // namespace belfry::aws::lambda
