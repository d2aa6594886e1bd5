// The actions on topics themselves: making, listing, changing and deleting them, their tags and
// their access policy, which is kept and shown; who may do what is decided by the users' own
// policies (access.h).
//
// A change is on the disk when the action answers. Thread-safe; not to be called from the store's
// callbacks.
#pragma once

#include "aws/sns_context.h"
#include "aws/sns_record.h"

namespace belfry::aws::sns {

class TopicActions {
 public:
  explicit TopicActions(Context& context) : context_(context) {}

  Answer create(const Input& input, const Caller& caller);
  Answer remove(const Input& input, const Caller& caller);
  Answer attributes(const Input& input, const Caller& caller);
  Answer set_attributes(const Input& input, const Caller& caller);
  Answer list(const Input& input, const Caller& caller);
  Answer tags(const Input& input, const Caller& caller);
  Answer tag(const Input& input, const Caller& caller);
  Answer untag(const Input& input, const Caller& caller);
  Answer add_permission(const Input& input, const Caller& caller);
  Answer remove_permission(const Input& input, const Caller& caller);
  Answer data_protection(const Input& input, const Caller& caller);
  Answer put_data_protection(const Input& input, const Caller& caller);

 private:
  template <class Change>
  Answer change_record(const std::string& topic, Change change);
  Outcome<std::string> find(std::string_view arn, std::string_view parameter = "TopicArn") const;
  Outcome<std::string> find_resource(const Input& input) const;

  Context& context_;
};

}  // namespace belfry::aws::sns
