#include "app/storage.h"

#include <fmt/format.h>

#include <set>

#include "cloud/secrets_manager.h"

namespace belfry::app {

namespace {

// `shared`: clients over the network may hold leases, too.
queue::QueueSettings settings_of(const QueueConfig& config, bool shared) {
  queue::QueueSettings settings;
  settings.fifo = config.fifo;
  settings.visibility_timeout = config.visibility_timeout;
  settings.delay = config.delay;
  settings.retention = config.retention;
  settings.maximum_message_size = static_cast<uint32_t>(config.maximum_message_size);
  settings.content_deduplication = config.content_deduplication;
  if (config.dead_letter)
    settings.dead_letter = {config.dead_letter->queue.value, config.dead_letter->after};
  settings.leases_end_with_process = !shared;
  return settings;
}

Result<void> declare_subscription(const std::string& topic, const SubscriptionConfig& config,
                                  const topic::Notices::Options& seen, topic::Topics& topics) {
  topic::Subscription subscription;
  subscription.id = subscription_id(config);
  subscription.topic = topic;
  subscription.protocol = protocol_name(config.protocol);
  subscription.endpoint = config.endpoint.value;
  if (config.protocol == SubscriptionConfig::Protocol::sqs)
    subscription.endpoint = fmt::format("arn:aws:sqs:{}:{}:{}", seen.region, seen.account,
                                        queue_endpoint(config).value);
  subscription.raw = config.raw;
  if (!config.filter.empty()) {
    auto pattern = match::Pattern::parse(
        config.filter.value, config.filter_scope == SubscriptionConfig::FilterScope::body
                                 ? match::Dialect::sns_body
                                 : match::Dialect::sns);
    if (!pattern) return fail(pattern.error().message);
    subscription.filter = *pattern;
  }
  subscription.scope = config.filter_scope == SubscriptionConfig::FilterScope::body
                           ? topic::FilterScope::body
                           : topic::FilterScope::attributes;
  subscription.policy = topic::DeliveryPolicy{config.retry.retries, config.retry.least_delay,
                                              config.retry.most_delay};
  subscription.declared = true;
  subscription.dead_letter_queue = config.dead_letter.value;
  return topics.subscribe(std::move(subscription));
}

}  // namespace

std::string data_folder(const Config& config, const std::string& given) {
  if (!given.empty()) return given;
  return config.data.empty() ? "belfry-data" : config.data.value;
}

Result<Storage> open_storage(Host host, const std::string& folder, const LimitsConfig& limits,
                             bool create) {
  if (!create && !host.files.exists(folder))
    return fail(fmt::format("there is no data directory {}: `belfry run` makes it", folder));
  const std::string log = folder + "/queue-log";
  if (auto made = host.files.make_folders(log); !made) return tl::unexpected(made.error());
  Result<FolderLock> lock = FolderLock::take(folder);
  if (!lock) return tl::unexpected(lock.error());
  queue::Store::Options options;
  options.segment_bytes = limits.segment;
  options.maximum_bytes = limits.store;
  auto store = queue::Store::open(host.files, host.clock, host.random, log, options);
  if (!store) return tl::unexpected(store.error());
  auto notices = std::make_unique<topic::Notices>(**store, host.clock, topic::Notices::Options{});
  auto topics = topic::Topics::over(**store, notices.get());
  return Storage{std::move(*lock), std::move(*store), std::move(notices), std::move(topics),
                 nullptr, nullptr};
}

SecretLookup Storage::secret_lookup() const {
  if (cloud && cloud->keeps_secrets())
    return [amazon = cloud.get()](const std::string& name) {
      return cloud::secret_value(amazon->caller(), name);
    };
  if (secrets)
    return [store = secrets.get()](const std::string& name) { return store->current(name); };
  return nullptr;
}

Result<void> declare_stages(const Config& config, Storage& storage) {
  if (config.aws) {
    const AwsConfig& aws = *config.aws;
    storage.notices->configure({aws.account.value, aws.region.value,
                                aws.url.empty() ? "http://" + aws.address.value : aws.url.value});
  }
  const auto open = [&](const std::string& name,
                        const queue::QueueSettings& settings) -> Result<void> {
    auto opened = storage.store->open_queue(name, settings);
    if (!opened) return fail(fmt::format("queue {}: {}", name, opened.error().message));
    return {};
  };
  // A queue's dead-letter queue must be there before it.
  for (const bool dead_letters : {false, true})
    for (const auto& queue : config.queues)
      if (queue.value.dead_letter.has_value() == dead_letters)
        if (auto opened = open(queue.name, settings_of(queue.value, config.aws.has_value()));
            !opened)
          return opened;
  for (const auto& function : config.functions) {
    if (function.value.from) continue;
    if (auto opened = open(function_queue(function), settings_of({}, false)); !opened)
      return opened;
  }
  for (const auto& topic : config.topics) {
    if (auto opened = storage.topics->open_topic(topic.name); !opened) return opened;
    std::set<std::string> wanted;
    for (const auto& subscription : topic.value.subscriptions) {
      wanted.insert(subscription_id(subscription));
      if (auto made = declare_subscription(topic.name, subscription, storage.notices->options(),
                                           *storage.topics);
          !made)
        return std::move(made).with_context("topic " + topic.name);
    }
    for (const auto& existing : storage.topics->subscriptions(topic.name))
      if (existing.declared && !wanted.contains(existing.id))
        storage.topics->unsubscribe(topic.name, existing.id);
  }
  return {};
}

std::string function_queue(const Named<FunctionConfig>& function) {
  return function.value.from ? function.value.from->name : ".function." + function.name;
}

}  // namespace belfry::app
