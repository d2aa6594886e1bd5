// Event source mappings: which queue feeds which function, and how. Each is a store record
// "aws/lambda/mapping/UUID", as JSON, and, while it is enabled and its function is there, an event
// source at work (lambda_event_source.h).
#pragma once

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "aws/lambda_event_source.h"
#include "aws/service.h"

namespace belfry::aws::lambda {

struct Mapping {
  std::string uuid;
  std::string queue;     // name
  std::string function;  // name
  std::string region = "us-east-1";
  bool enabled = true;
  int64_t batch = 10;
  int64_t window = 0;  // seconds
  bool report_failures = false;
  std::vector<std::string> filters;  // patterns, as given
  std::optional<int64_t> maximum_concurrency;
  double last_modified = 0;  // seconds of the Unix epoch
};

inline constexpr std::string_view kMappingPrefix = "aws/lambda/mapping/";
std::string encode(const Mapping& mapping);
std::optional<Mapping> decode_mapping(std::string_view json);
// EventSourceMappingConfiguration as the API shows it, in that state.
boost::json::object mapping_json(const Mapping& mapping, const Caller& caller,
                                 std::string_view state);

class Mappings {
 public:
  struct Parts {
    queue::Store& store;
    functions::LambdaHost& host;
    Executor& executor;
    Clock& clock;
    std::string account;
  };
  explicit Mappings(Parts parts);
  ~Mappings();

  void resume();  // what the store has
  void start();
  void stop(Duration deadline, Callback<> then);
  size_t active() const;  // messages with functions now

  std::optional<Mapping> find(const std::string& uuid) const;
  std::vector<Mapping> all() const;
  // Of a mapping that is stored already: makes it work by what it says now.
  void put(const Mapping& mapping);
  void remove(const std::string& uuid);
  // It was made, changed or deleted, and the host knows: its mappings begin or cease to work.
  void function_changed(const std::string& function);

 private:
  struct Entry;
  void work(Entry& entry);
  void cease(Entry& entry);

  const Parts parts_;
  mutable std::mutex mutex_;
  bool started_ = false, stopping_ = false;
  std::map<std::string, std::unique_ptr<Entry>> entries_;  // by uuid
  // Sources that end in order: they take nothing more and finish what they have.
  std::vector<std::shared_ptr<pipeline::Worker>> ending_;
};

}  // namespace belfry::aws::lambda
