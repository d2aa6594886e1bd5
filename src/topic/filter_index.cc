#include "topic/filter_index.h"

#include <algorithm>

#include "topic/topics.h"

namespace belfry::topic {
namespace {

// As Amazon SNS reads attributes: binary ones have no value to match.
void add_attribute(match::Document& document, const std::string& name,
                   const queue::Attribute& attribute) {
  const std::string_view type =
      std::string_view(attribute.type).substr(0, attribute.type.find('.'));
  if (attribute.type == "String.Array") {
    if (!document.add_array(name, attribute.value)) document.add_string(name, attribute.value);
  } else if (type == "String") {
    document.add_string(name, attribute.value);
  } else if (type == "Number") {
    document.add_number(name, attribute.value);
  }
}

}  // namespace

void FilterIndex::add(match::PatternId id, const Subscription& subscription) {
  if (!subscription.filter) {
    unfiltered_.push_back(id);
  } else {
    matcher(subscription.scope).add(id, *subscription.filter);
  }
}

void FilterIndex::remove(match::PatternId id, const Subscription& subscription) {
  if (!subscription.filter) {
    std::erase(unfiltered_, id);
  } else {
    matcher(subscription.scope).remove(id);
  }
}

std::vector<match::PatternId> FilterIndex::match(const Publication& publication) const {
  thread_local match::Document document;
  thread_local match::Matcher::Scratch scratch;
  std::vector<match::PatternId> matched = unfiltered_;
  if (by_attributes_.size() > 0) {
    document.clear();
    for (const auto& [name, attribute] : publication.attributes)
      add_attribute(document, name, attribute);
    by_attributes_.match(document, scratch, matched);
  }
  if (by_body_.size() > 0) {
    document.clear();
    if (document.add_json(publication.body)) by_body_.match(document, scratch, matched);
  }
  std::sort(matched.begin(), matched.end());
  return matched;
}

}  // namespace belfry::topic
