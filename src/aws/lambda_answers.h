// Answers and refusals of Lambda's REST API, in its words.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "aws/service.h"
#include "http/server.h"

namespace belfry::aws::lambda {

http::ServerResponse answer(const Caller& caller, const boost::json::object& body,
                            int status = 200);
http::ServerResponse nothing(const Caller& caller, int status = 204);
http::ServerResponse refusal(const Caller& caller, const Fault& fault);

Fault not_found(std::string message);
Fault function_not_found(std::string_view arn);
Fault no_such_resource();
Fault conflict(std::string message);
Fault invalid(std::string message);  // InvalidParameterValueException
// ValidationException: "1 validation error detected: Value 'V' at 'where' failed to satisfy
// constraint: …".
Fault constraint(std::string_view value, std::string_view where, std::string_view constraint);
Fault unsupported(std::string_view what);

}  // namespace belfry::aws::lambda
