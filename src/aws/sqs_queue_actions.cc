#include "aws/sqs_queue_actions.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/sqs_json.h"
#include "aws/sqs_listing.h"
#include "aws/sqs_names.h"
#include "aws/sqs_policy.h"
#include "aws/sqs_text.h"

namespace belfry::aws::sqs {
namespace {

constexpr Duration kMinute = std::chrono::seconds(60);
constexpr size_t kMostTags = 50;
constexpr size_t kLongestTagKey = 128, kLongestTagValue = 256;

Outcome<void> add_tags(std::map<std::string, std::string>& tags, const boost::json::object& given) {
  for (const auto& [key, value] : given) {
    const std::string_view name(key.data(), key.size());
    const auto text = view(value.get_string());
    if (name.empty() || name.size() > kLongestTagKey)
      return refuse(invalid("Tag keys must be between 1 and 128 characters in length."));
    if (text.size() > kLongestTagValue)
      return refuse(invalid("Tag values must be between 0 and 256 characters in length."));
    if (name.starts_with("aws:"))
      return refuse(invalid("Tag keys that begin with aws: are reserved for system use."));
    tags[std::string(name)] = text;
  }
  if (tags.size() > kMostTags)
    return refuse(
        invalid(fmt::format("Too many tags added for queue: at most {} are allowed.", kMostTags)));
  return {};
}

// The first attribute in which a queue that is there differs from what CreateQueue asks for.
std::optional<std::string> difference(const boost::json::object& asked,
                                      const boost::json::object& there) {
  for (const auto& [key, value] : asked) {
    const auto* found = there.if_contains(key);
    if (!found || *found != value) return std::string(key);
  }
  return std::nullopt;
}

}  // namespace

int64_t QueueActions::now_seconds() const {
  return std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
}

bool QueueActions::lately(std::map<std::string, WallTime>& when, const std::string& name) const {
  const WallTime now = clock_.now();
  std::erase_if(when, [&](const auto& it) { return it.second + kMinute <= now; });
  return when.contains(name);
}

Outcome<void> QueueActions::write(const QueueState& queue) {
  queue::Batch batch;
  batch.put(record_key(queue.name), encode(queue.record));
  // In this order: a queue that is durable has its record.
  const queue::Committed committed = store_.commit(std::move(batch));
  if (committed.status != queue::CommitStatus::durable)
    return refuse(unavailable(committed.reason));
  auto opened = store_.open_queue(queue.name, queue.settings);
  if (!opened) return refuse(unavailable(opened.error().message));
  return {};
}

Answer QueueActions::create(const Input& input, const Caller& caller) {
  const std::string name(text_of(input, "QueueName"));
  if (!input.contains("QueueName")) return missing("QueueName");
  const auto& given = object_of(input, "Attributes");
  QueueState queue;
  queue.name = name;
  queue.settings.fifo = is_word(text_of(given, "FifoQueue"), "true");
  for (const auto& [key, value] : given)
    if (!is_attribute({key.data(), key.size()})) return unknown_attribute(std::string(key));
  if (auto good = check_new_name(name, queue.settings.fifo); !good) return good.error();

  std::lock_guard lock(mutex_);
  if (auto set = sqs::set_attributes(queue, given, true, store_); !set) return set.error();
  boost::json::object out{{"QueueUrl", url_of(name, caller)}};
  if (const auto id = store_.find_queue(name)) {
    const QueueState there{name, store_.settings(*id), read_record(store_, name)};
    // Both sides as they would be shown, so that texts that mean the same are the same.
    boost::json::object asked;
    const auto wanted = all_attributes(queue, {}, caller);
    for (const auto& [key, value] : given)
      if (const auto* shown = wanted.if_contains(key)) asked[key] = *shown;
    if (const auto differs = difference(asked, all_attributes(there, {}, caller)))
      return queue_exists_otherwise(*differs);
    return out;
  }
  if (lately(deleted_, name)) return queue_deleted_recently();
  if (auto tagged = add_tags(queue.record.tags, object_of(input, "tags")); !tagged)
    return tagged.error();
  queue.record.created = queue.record.modified = now_seconds();
  if (auto written = write(queue); !written) return written.error();
  return out;
}

Answer QueueActions::remove(const Input& input, const Caller& caller) {
  std::lock_guard lock(mutex_);
  const auto queue = find_queue(store_, input, caller);
  if (!queue) return queue.error();
  if (fixed_.contains(queue->name))
    return unsupported(fmt::format(
        "The queue {} is part of belfry's configuration: take it out of there to delete it.",
        queue->name));
  queue::Batch batch;
  batch.erase(record_key(queue->name));
  store_.commit(std::move(batch), [](queue::Committed) {});
  if (auto gone = store_.delete_queue(queue->id); !gone) return unavailable(gone.error().message);
  deleted_[queue->name] = clock_.now();
  return boost::json::object();
}

Answer QueueActions::purge(const Input& input, const Caller& caller) {
  std::lock_guard lock(mutex_);
  const auto queue = find_queue(store_, input, caller);
  if (!queue) return queue.error();
  if (lately(purged_, queue->name)) return purge_in_progress(queue->name);
  if (auto purged = store_.purge(queue->id); !purged) return unavailable(purged.error().message);
  purged_[queue->name] = clock_.now();
  return boost::json::object();
}

Answer QueueActions::url(const Input& input, const Caller& caller) {
  const std::string name(text_of(input, "QueueName"));
  if (name.empty()) return missing("QueueName");
  const auto owner = text_of(input, "QueueOwnerAWSAccountId");
  if ((!owner.empty() && owner != caller.account) || !is_visible(name) || !store_.find_queue(name))
    return queue_does_not_exist();
  return boost::json::object{{"QueueUrl", url_of(name, caller)}};
}

Answer QueueActions::list(const Input& input, const Caller& caller) {
  const auto prefix = text_of(input, "QueueNamePrefix");
  auto names = store_.queue_names();
  std::erase_if(names, [&](const auto& it) { return !is_visible(it) || !it.starts_with(prefix); });
  return page_of_urls(std::move(names), "QueueUrls", input, caller);
}

Answer QueueActions::list_dead_letter_sources(const Input& input, const Caller& caller) {
  const auto queue = find_queue(store_, input, caller);
  if (!queue) return queue.error();
  auto names = store_.queue_names();
  std::erase_if(names, [&](const auto& it) {
    const auto id = is_visible(it) ? store_.find_queue(it) : std::nullopt;
    if (!id) return true;
    const auto settings = store_.settings(*id);
    return !settings.dead_letter || settings.dead_letter->queue != queue->name;
  });
  return page_of_urls(std::move(names), "queueUrls", input, caller);
}

Answer QueueActions::attributes(const Input& input, const Caller& caller) {
  const auto queue = find_queue(store_, input, caller);
  if (!queue) return queue.error();
  const auto& names = array_of(input, "AttributeNames");
  bool all = false;
  for (const auto& name : names) {
    const auto text = view(name.get_string());
    if (!is_attribute(text)) return unknown_attribute(text);
    all = all || text == "All";
  }
  boost::json::object out;
  if (names.empty()) return out;
  auto known = all_attributes({queue->name, queue->settings, read_record(store_, queue->name)},
                              store_.counts(queue->id), caller);
  boost::json::object chosen;
  if (all) {
    chosen = std::move(known);
  } else {
    for (const auto& name : names)
      if (auto* value = known.if_contains(name.get_string())) chosen[name.get_string()] = *value;
  }
  if (!chosen.empty()) out["Attributes"] = std::move(chosen);
  return out;
}

Answer QueueActions::set_attributes(const Input& input, const Caller& caller) {
  std::lock_guard lock(mutex_);
  const auto found = find_queue(store_, input, caller);
  if (!found) return found.error();
  const auto& given = object_of(input, "Attributes");
  if (!input.contains("Attributes")) return missing("Attributes");
  for (const auto& [key, value] : given)
    if (!is_attribute({key.data(), key.size()})) return unknown_attribute(std::string(key));
  QueueState queue{found->name, found->settings, read_record(store_, found->name)};
  if (auto set = sqs::set_attributes(queue, given, false, store_); !set) return set.error();
  queue.record.modified = now_seconds();
  if (auto written = write(queue); !written) return written.error();
  return boost::json::object();
}

template <class Change>
Answer QueueActions::change_record(const Input& input, const Caller& caller, Change change) {
  std::lock_guard lock(mutex_);
  const auto found = find_queue(store_, input, caller);
  if (!found) return found.error();
  auto record = read_record(store_, found->name);
  if (Outcome<void> changed = change(record, found->name); !changed) return changed.error();
  queue::Batch batch;
  batch.put(record_key(found->name), encode(record));
  const auto committed = store_.commit(std::move(batch));
  if (committed.status != queue::CommitStatus::durable) return unavailable(committed.reason);
  return boost::json::object();
}

Answer QueueActions::tags(const Input& input, const Caller& caller) {
  const auto queue = find_queue(store_, input, caller);
  if (!queue) return queue.error();
  boost::json::object tags, out;
  for (const auto& [key, value] : read_record(store_, queue->name).tags) tags[key] = value;
  if (!tags.empty()) out["Tags"] = std::move(tags);
  return out;
}

Answer QueueActions::tag(const Input& input, const Caller& caller) {
  if (!input.contains("Tags")) return missing("Tags");
  return change_record(input, caller, [&](QueueRecord& record, std::string_view) {
    return add_tags(record.tags, object_of(input, "Tags"));
  });
}

Answer QueueActions::untag(const Input& input, const Caller& caller) {
  if (!input.contains("TagKeys")) return missing("TagKeys");
  return change_record(input, caller, [&](QueueRecord& record, std::string_view) {
    for (const auto& key : array_of(input, "TagKeys"))
      record.tags.erase(std::string(view(key.get_string())));
    return Outcome<void>();
  });
}

Answer QueueActions::add_permission(const Input& input, const Caller& caller) {
  return change_record(input, caller, [&](QueueRecord& record, std::string_view name) {
    return sqs::add_permission(record.policy, arn_of(name, caller), input);
  });
}

Answer QueueActions::remove_permission(const Input& input, const Caller& caller) {
  return change_record(input, caller, [&](QueueRecord& record, std::string_view) {
    return sqs::remove_permission(record.policy, input);
  });
}

}  // namespace belfry::aws::sqs
