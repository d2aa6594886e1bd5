// The policy document of a queue or a topic, as AddPermission and RemovePermission change it: JSON
// with a list of statements, each under a label (its Sid).
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

namespace belfry::aws {

class ResourcePolicy {
 public:
  // Text that is no JSON object counts as an empty policy.
  explicit ResourcePolicy(const std::string& text);

  bool empty() const { return document_.empty(); }
  void begin(std::string id);  // an empty one: version and id
  bool has(std::string_view label);
  // Lets accounts (twelve digits each) do actions ("SQS:SendMessage") with the resource.
  void allow(std::string_view label, const boost::json::array& accounts, boost::json::array actions,
             std::string_view resource);
  bool remove(std::string_view label);  // false: there is no such label
  size_t statements();
  std::string text() const;

 private:
  boost::json::array& list();
  boost::json::array::iterator find(std::string_view label);

  boost::json::object document_;
};

// Whether it is an account's number.
bool is_account(std::string_view text);

}  // namespace belfry::aws
