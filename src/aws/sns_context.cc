#include "aws/sns_context.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace belfry::aws::sns {
namespace {

constexpr ptrdiff_t kPage = 100;

}  // namespace

std::string_view view(const boost::json::string& text) {
  return {text.data(), text.size()};
}

std::string_view text_of(const Input& input, std::string_view name) {
  const auto* value = input.if_contains(name);
  return value && value->is_string() ? view(value->get_string()) : std::string_view();
}

const boost::json::array& array_of(const Input& input, std::string_view name) {
  static const boost::json::array none;
  const auto* value = input.if_contains(name);
  return value && value->is_array() ? value->get_array() : none;
}

const Input& object_of(const Input& input, std::string_view name) {
  static const Input none;
  const auto* value = input.if_contains(name);
  return value && value->is_object() ? value->get_object() : none;
}

Outcome<void> commit(queue::Store& store, queue::Batch batch) {
  if (batch.empty()) return {};
  const auto committed = store.commit(std::move(batch));
  if (committed.status == queue::CommitStatus::durable) return {};
  return refuse(unavailable(committed.reason));
}

// A token is the last name of the page before, in base64: it holds whatever comes and goes between.
Outcome<Page> page_of(const std::vector<std::string>& names, std::string_view token,
                      std::string_view parameter) {
  auto from = names.begin();
  if (!token.empty()) {
    const auto last = unbase64(token);
    if (!last) return refuse(invalid(parameter));
    from = std::upper_bound(names.begin(), names.end(), *last);
  }
  const auto to = names.end() - from > kPage ? from + kPage : names.end();
  Page page{{from, to}, {}};
  if (to != names.end()) page.next = base64(*(to - 1));
  return page;
}

}  // namespace belfry::aws::sns
