// Which subscriptions of one topic want a publication: one index of all their filters.
#pragma once

#include <vector>

#include "match/matcher.h"
#include "topic/subscription.h"

namespace belfry::topic {

struct Publication;

// Matching is thread-safe among itself, not with changes.
class FilterIndex {
 public:
  void add(match::PatternId id, const Subscription& subscription);
  void remove(match::PatternId id, const Subscription& subscription);
  std::vector<match::PatternId> match(const Publication& publication) const;  // ascending

 private:
  match::Matcher& matcher(FilterScope scope) {
    return scope == FilterScope::body ? by_body_ : by_attributes_;
  }

  std::vector<match::PatternId> unfiltered_;
  match::Matcher by_attributes_, by_body_;
};

}  // namespace belfry::topic
