// Who may call the AWS-compatible fronts: users with access keys, each with an allow list in IAM's
// policy form.
//
// The subset that is understood: Statement objects with Effect, Action and Resource (a string or a
// list, with * and ?). A policy that says anything else (Condition, NotAction, Principal …) is
// refused when it is read, so nobody is let in by a rule that belfry does not apply. An explicit
// Deny wins; what nothing allows is denied.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace belfry::aws {

class Policy {
 public:
  static Result<Policy> parse(std::string_view json);
  // action: "sqs:SendMessage"; resource: an ARN, or "*" for actions that have none.
  bool allows(std::string_view action, std::string_view resource) const;

 private:
  struct Statement {
    bool allow = false;
    std::vector<std::string> actions;
    std::vector<std::string> resources;
  };
  std::vector<Statement> statements_;
};

struct User {
  std::string name;
  std::string access_key;
  std::string secret_key;
  Policy policy;
};

// Without users only loopback may talk, unsigned or signed by any key.
class Access {
 public:
  void add(User user);
  bool empty() const { return by_key_.empty(); }
  const User* find(std::string_view access_key) const;

 private:
  std::map<std::string, User, std::less<>> by_key_;
};

}  // namespace belfry::aws
