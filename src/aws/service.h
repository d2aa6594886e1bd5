// What one AWS-compatible service is to the fronts: a name, a table of actions, and for each a
// function from input to output. Protocols (AWS JSON, Query/XML) and signatures are dealt with
// before and after it (front.h), so an action is written once, over JSON objects in the shapes of
// AWS's API reference.
#pragma once

#include <atomic>
#include <boost/json.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "aws/shape.h"
#include "base/callback.h"

namespace belfry::aws {

// Who calls, and as seen from where.
struct Caller {
  std::string account = "000000000000";
  std::string region = "us-east-1";  // from the signature's scope
  std::string user_arn;              // empty without credentials
  std::string access_key;            // as claimed; proved when there are users
  std::string service;               // of the signature's scope
  std::string endpoint;  // "http://127.0.0.1:4566": returned URLs begin with what the client called
  std::string path;      // of the request: SQS takes a queue URL from it
  std::string request_id;
  std::string trace;  // of X-Amzn-Trace-Id; may be empty
  // True once the client is gone; null: not known (http::ServerRequest).
  std::shared_ptr<const std::atomic<bool>> disconnected;
};

// A refusal in AWS's terms. JSON names the exception (`code`), Query the older `query_code`; they
// often differ.
struct Fault {
  std::string code;        // "QueueDoesNotExist"
  std::string query_code;  // "AWS.SimpleQueueService.NonExistentQueue"; empty: the same as code
  std::string message;
  int status = 400;
  bool sender = true;              // the caller's fault, not ours
  std::string query_message = {};  // Query's words, where they are not the same
};

using Answer = std::variant<boost::json::object, Fault>;

struct Action {
  // Called on the server's threads, at once on several; answers now or later, once, from any. The
  // input's fields are of the kinds that its shape says; fields the shape does not have may be
  // there, too.
  std::function<void(boost::json::object input, const Caller& caller, Callback<Answer> done)> run;
  Shape input;
  Shape output;               // for the Query protocol
  bool empty_result = false;  // Query: the answer has a result element though it has no fields
  bool anonymous = false;  // anybody may call it, from anywhere: what it takes is a secret itself
  // The ARN that the call acts on, for policies; empty function: the action has none.
  std::function<std::string(const boost::json::object& input, const Caller& caller)> resource;
};

struct Service {
  std::string name;  // as signatures scope it: "sqs"
  std::string
      json_prefix;  // of X-Amz-Target and of error types: "AmazonSQS"; empty: no JSON protocol
  std::string error_prefix;  // "com.amazonaws.sqs#"; may be empty
  std::string json_version;  // "1.0"
  // How a refusal looks, which differs by service. SQS, which came from Query to JSON, says the
  // older code in a header and has an empty <Detail/>; others have neither. The exceptions of
  // Secrets Manager spell "Message" with a capital.
  bool query_born = false, capital_message = false;
  // The service has all actions of AWS's: another is none, rather than one that belfry lacks.
  bool complete = false;
  std::string query_version;  // "2012-11-05"; empty: no Query protocol
  std::string xml_namespace;
  std::map<std::string, Action, std::less<>> actions;
};

}  // namespace belfry::aws
