// The inside of the Lambda API (lambda.h): what its actions share. Each group of actions is a file:
// lambda_functions.cc, lambda_invoke.cc, lambda_permissions.cc, lambda_mapping_actions.cc.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "aws/lambda.h"
#include "aws/lambda_answers.h"
#include "aws/lambda_events.h"
#include "aws/lambda_mappings.h"
#include "aws/turns.h"

namespace belfry::aws::lambda {

template <class T>
using Outcome = tl::expected<T, Fault>;
inline tl::unexpected<Fault> refuse(Fault fault) {
  return tl::unexpected<Fault>(std::move(fault));
}

// One request on its way.
struct Call {
  http::ServerRequest request;
  Caller caller;
  boost::json::object input;       // of the body; empty if there is none
  std::vector<std::string> names;  // what the pattern's {} matched
  http::Respond respond;
  Turns::Turn turn;  // of what it changes; ends with the call

  void answer(const boost::json::object& body, int status = 200) {
    respond(lambda::answer(caller, body, status));
  }
  void nothing(int status = 204) { respond(lambda::nothing(caller, status)); }
  void refuse(const Fault& fault) { respond(refusal(caller, fault)); }
};
using CallPtr = std::shared_ptr<Call>;

struct FunctionName {
  std::string name;
  std::string qualifier;  // empty: none given
};

struct Lambda::State : std::enable_shared_from_this<Lambda::State> {
  State(Parts parts, Options options);

  const Parts parts;
  const Options options;
  Allowed allowed;
  Mappings mappings;
  Events events;
  Turns turns;

  struct Action {
    std::string_view method, pattern;  // "/2015-03-31/functions/{}/code"
    std::string_view name;             // IAM's: "GetFunction"
    void (State::*run)(CallPtr call);  // null: belfry does not have it
    bool about_function = true;        // the first {} names one
  };
  static const std::vector<Action>& actions();
  // What the call changes, as a key of `turns`; empty: nothing, or what will be refused anyway.
  std::string changed_by(const Action& action, const Call& call) const;

  // Functions.
  void create_function(CallPtr call);
  void get_function(CallPtr call);
  void get_configuration(CallPtr call);
  void list_functions(CallPtr call);
  void update_code(CallPtr call);
  void update_configuration(CallPtr call);
  void delete_function(CallPtr call);
  void list_versions(CallPtr call);
  void list_aliases(CallPtr call);
  void get_code(CallPtr call);
  void code_signing(CallPtr call);
  void runtime_management(CallPtr call);
  void account_settings(CallPtr call);
  // Calls.
  void invoke(CallPtr call);
  void invoke_async(CallPtr call);
  // Permissions, tags, limits.
  void add_permission(CallPtr call);
  void get_policy(CallPtr call);
  void remove_permission(CallPtr call);
  void list_tags(CallPtr call);
  void tag(CallPtr call);
  void untag(CallPtr call);
  void put_concurrency(CallPtr call);
  void get_concurrency(CallPtr call);
  void delete_concurrency(CallPtr call);
  void put_invoke_config(CallPtr call);
  void update_invoke_config(CallPtr call);
  void set_invoke_config(CallPtr call, bool replace);
  void get_invoke_config(CallPtr call);
  void delete_invoke_config(CallPtr call);
  // Event source mappings.
  void create_mapping(CallPtr call);
  void get_mapping(CallPtr call);
  void list_mappings(CallPtr call);
  void update_mapping(CallPtr call);
  void delete_mapping(CallPtr call);
  void keep_mapping(Mapping mapping, CallPtr call, std::string_view state);

  // The function that the text names, as AWS takes names, and the query's Qualifier.
  Outcome<FunctionName> read_name(const Call& call, std::string_view text,
                                  bool making = false) const;
  // The same, there and $LATEST.
  Outcome<FunctionRecord> find(const Call& call, std::string_view text) const;
  Outcome<FunctionRecord> find(const Call& call) const { return find(call, call.names.at(0)); }
  // The same, and not of belfry.yaml.
  Outcome<FunctionRecord> find_own(const Call& call) const;
  std::optional<FunctionRecord> record(const std::string& name) const;
  std::vector<FunctionRecord> records() const;
  std::string arn(const FunctionRecord& record, const Caller& caller) const {
    return function_arn(record.name, caller.region, caller.account);
  }

  // Stores the record (with a new revision) and tells the host; then answers.
  void store(FunctionRecord record, CallPtr call, Callback<const FunctionRecord&> then);
  Result<void> put(const FunctionRecord& record);
  functions::LambdaSettings settings_of(const FunctionRecord& record) const;
  std::string code_folder(const FunctionRecord& record) const;
  // Unpacks its ZipFile beside what is there; the record is told of it.
  Outcome<void> take_code(const boost::json::object& code, FunctionRecord& record) const;
  Outcome<void> read_settings(const boost::json::object& input, FunctionRecord& record) const;
  // A commit's failure as a fault; none when it is durable.
  static std::optional<Fault> commit_fault(const queue::Committed& committed);
};

}  // namespace belfry::aws::lambda
