// The actions on subscriptions: making, confirming, changing, listing and ending them.
//
// A change is on the disk when the action answers. Thread-safe; not to be called from the store's
// callbacks.
#pragma once

#include <vector>

#include "aws/sns_context.h"

namespace belfry::aws::sns {

class SubscriptionActions {
 public:
  explicit SubscriptionActions(Context& context) : context_(context) {}

  Answer subscribe(const Input& input, const Caller& caller);
  Answer confirm(const Input& input, const Caller& caller);
  Answer unsubscribe(const Input& input, const Caller& caller);
  Answer attributes(const Input& input, const Caller& caller);
  Answer set_attributes(const Input& input, const Caller& caller);
  Answer list(const Input& input, const Caller& caller);
  Answer list_by_topic(const Input& input, const Caller& caller);

 private:
  Outcome<topic::Subscription> find(const Input& input) const;
  Outcome<void> make(topic::Subscription subscription);
  void count_ended(const std::string& topic);
  Answer page(const std::vector<topic::Subscription>& all, const Input& input,
              const Caller& caller) const;

  Context& context_;
};

}  // namespace belfry::aws::sns
