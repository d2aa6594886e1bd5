#include "aws/lambda_mappings.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/countdown.h"
#include "aws/json_fields.h"

namespace belfry::aws::lambda {
namespace {

namespace json = boost::json;

constexpr size_t kConcurrency = 10;                     // calls at once where nothing else is said
constexpr Duration kEnding = std::chrono::minutes(15);  // the longest a call takes

}  // namespace

std::string encode(const Mapping& it) {
  json::object out = {{"uuid", it.uuid},
                      {"queue", it.queue},
                      {"function", it.function},
                      {"region", it.region},
                      {"enabled", it.enabled},
                      {"batch", it.batch},
                      {"window", it.window},
                      {"report_failures", it.report_failures},
                      {"filters", json::value_from(it.filters)},
                      {"last_modified", it.last_modified}};
  if (it.maximum_concurrency) out["maximum_concurrency"] = *it.maximum_concurrency;
  return json::serialize(out);
}

std::optional<Mapping> decode_mapping(std::string_view text) {
  boost::system::error_code error;
  const json::value parsed = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !parsed.is_object()) return {};
  const json::object& from = parsed.get_object();
  Mapping it;
  it.uuid = text_field(from, "uuid").value_or("");
  it.queue = text_field(from, "queue").value_or("");
  it.function = text_field(from, "function").value_or("");
  it.region = text_field(from, "region").value_or(it.region);
  it.enabled = flag_field(from, "enabled");
  it.batch = number_field(from, "batch").value_or(10);
  it.window = number_field(from, "window").value_or(0);
  it.report_failures = flag_field(from, "report_failures");
  it.filters = texts_field(from, "filters");
  it.maximum_concurrency = number_field(from, "maximum_concurrency");
  if (const auto* time = from.if_contains("last_modified"))
    it.last_modified = time->is_double() ? time->get_double() : 0;
  if (it.uuid.empty() || it.queue.empty() || it.function.empty()) return {};
  return it;
}

json::object mapping_json(const Mapping& it, const Caller& caller, std::string_view state) {
  json::object out;
  out["UUID"] = it.uuid;
  out["BatchSize"] = it.batch;
  out["MaximumBatchingWindowInSeconds"] = it.window;
  out["EventSourceArn"] =
      fmt::format("arn:aws:sqs:{}:{}:{}", caller.region, caller.account, it.queue);
  out["EventSourceMappingArn"] = fmt::format("arn:aws:lambda:{}:{}:event-source-mapping:{}",
                                             caller.region, caller.account, it.uuid);
  out["FunctionArn"] =
      fmt::format("arn:aws:lambda:{}:{}:function:{}", caller.region, caller.account, it.function);
  out["LastModified"] = it.last_modified;
  out["State"] = json::string_view(state.data(), state.size());
  out["StateTransitionReason"] = "USER_INITIATED";
  json::array types;
  if (it.report_failures) types.emplace_back("ReportBatchItemFailures");
  out["FunctionResponseTypes"] = std::move(types);
  if (!it.filters.empty()) {
    json::array filters;
    for (const std::string& pattern : it.filters)
      filters.push_back(json::object{{"Pattern", pattern}});
    out["FilterCriteria"] = {{"Filters", std::move(filters)}};
  }
  if (it.maximum_concurrency)
    out["ScalingConfig"] = {{"MaximumConcurrency", *it.maximum_concurrency}};
  return out;
}

struct Mappings::Entry {
  Mapping mapping;
  std::shared_ptr<pipeline::Worker> source;  // while it is at work
};

Mappings::Mappings(Parts parts) : parts_(std::move(parts)) {}
Mappings::~Mappings() = default;

// Under the mutex.
void Mappings::work(Entry& entry) {
  const Mapping& it = entry.mapping;
  const auto function = parts_.host.find(it.function);
  if (!started_ || stopping_ || !it.enabled || !function || entry.source) return;
  EventSourceSettings settings;
  settings.queue = it.queue;
  settings.function = it.function;
  settings.region = it.region;
  settings.account = parts_.account;
  settings.batch = static_cast<size_t>(it.batch);
  settings.window = std::chrono::seconds(it.window);
  settings.concurrency =
      std::min<size_t>(static_cast<size_t>(it.maximum_concurrency.value_or(kConcurrency)),
                       std::max<size_t>(1, function->concurrency));
  settings.report_failures = it.report_failures;
  settings.function_timeout = function->timeout;
  for (const std::string& text : it.filters)
    if (auto pattern = match::Pattern::parse(text, match::Dialect::listener))
      settings.filters.push_back(std::move(*pattern));
  entry.source =
      event_source(parts_.store, parts_.host, parts_.executor, parts_.clock, std::move(settings));
  entry.source->start();
}

// Under the mutex.
void Mappings::cease(Entry& entry) {
  if (!entry.source) return;
  auto source = std::exchange(entry.source, nullptr);
  ending_.push_back(source);
  // Its end may be told at once, on this thread.
  parts_.executor.post([this, source] {
    source->stop(kEnding, [this, source] {
      parts_.executor.post([this, source] {
        std::lock_guard lock(mutex_);
        std::erase(ending_, source);
      });
    });
  });
}

void Mappings::resume() {
  std::lock_guard lock(mutex_);
  for (const auto& [key, value] : parts_.store.list(kMappingPrefix))
    if (auto mapping = decode_mapping(value)) {
      auto entry = std::make_unique<Entry>();
      entry->mapping = std::move(*mapping);
      entries_[entry->mapping.uuid] = std::move(entry);
    }
}

void Mappings::start() {
  std::lock_guard lock(mutex_);
  started_ = true;
  for (auto& [uuid, entry] : entries_) work(*entry);
}

void Mappings::stop(Duration deadline, Callback<> then) {
  std::vector<std::shared_ptr<pipeline::Worker>> sources;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    for (auto& [uuid, entry] : entries_)
      if (entry->source) sources.push_back(entry->source);
  }
  const auto one_less = countdown(sources.size() + 1, std::move(then));
  for (const auto& source : sources) source->stop(deadline, one_less);
  one_less();
}

size_t Mappings::active() const {
  std::lock_guard lock(mutex_);
  size_t active = 0;
  for (const auto& [uuid, entry] : entries_)
    if (entry->source) active += entry->source->status().active;
  for (const auto& source : ending_) active += source->status().active;
  return active;
}

std::optional<Mapping> Mappings::find(const std::string& uuid) const {
  std::lock_guard lock(mutex_);
  const auto at = entries_.find(uuid);
  if (at == entries_.end()) return {};
  return at->second->mapping;
}

std::vector<Mapping> Mappings::all() const {
  std::lock_guard lock(mutex_);
  std::vector<Mapping> out;
  for (const auto& [uuid, entry] : entries_) out.push_back(entry->mapping);
  return out;
}

void Mappings::put(const Mapping& mapping) {
  std::lock_guard lock(mutex_);
  auto& entry = entries_[mapping.uuid];
  if (!entry) entry = std::make_unique<Entry>();
  entry->mapping = mapping;
  cease(*entry);
  work(*entry);
}

void Mappings::remove(const std::string& uuid) {
  std::lock_guard lock(mutex_);
  const auto at = entries_.find(uuid);
  if (at == entries_.end()) return;
  cease(*at->second);
  entries_.erase(at);
}

void Mappings::function_changed(const std::string& function) {
  std::lock_guard lock(mutex_);
  for (auto& [uuid, entry] : entries_)
    if (entry->mapping.function == function) {
      cease(*entry);
      work(*entry);
    }
}

}  // namespace belfry::aws::lambda
