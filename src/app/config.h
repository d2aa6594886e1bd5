// What belfry.yaml says, read and checked: the networks, the stages an event goes through, and the
// settings.
//
// load_config() reads a file by the table in config_schema.cc, the single description of every key:
// parsing, messages, the reference (docs/configuration.md) and the JSON Schema come from it. All
// mistakes are reported, not only the first. What is returned is consistent: every name resolves,
// patterns, templates, phone numbers and certificates are good, and nothing loops. runtime.h makes
// it run.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"
#include "base/result.h"

namespace belfry::app {

// A place in the file, both counted from 1; zero: nowhere in particular.
struct Mark {
  int line = 0;
  int column = 0;
  auto operator<=>(const Mark&) const = default;
};

// A text and where it stands. Paths are resolved against the file's folder, variables are expanded.
struct Text {
  std::string value;
  Mark at;
  bool secret = false;  // value is the name of a secret that holds the text (app/secrets.h)
  bool empty() const { return value.empty(); }
};

// JSON written from YAML, which remembers where each part stood.
struct JsonText {
  std::string value;
  Mark at;
  std::vector<std::pair<size_t, Mark>> places;  // offset into value → mark, ascending
  bool empty() const { return value.empty(); }
  Mark mark_of(size_t offset) const;
};

template <class T>
struct Named {
  std::string name;
  Mark at;
  T value;
};

// In the file's order.
template <class T>
class Table {
 public:
  std::vector<Named<T>> entries;
  const T* find(std::string_view name) const {
    for (const auto& entry : entries)
      if (entry.name == name) return &entry.value;
    return nullptr;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : entries) names.push_back(entry.name);
    return names;
  }
  auto begin() const { return entries.begin(); }
  auto end() const { return entries.end(); }
  auto begin() { return entries.begin(); }
  auto end() { return entries.end(); }
  bool empty() const { return entries.empty(); }
};

// Where a stage sends to: "queue:donations".
struct Target {
  enum class Kind { queue, topic, function, sqs, sns, lambda };  // the latter three are AWS's
  Kind kind = Kind::queue;
  std::string name;
  Mark at;
};

struct Credential {  // PEM files
  Text certificate;
  Text key;
};

struct PeerConfig {  // or an orderer
  Text address;      // host:port
  Text tls_ca;       // PEM file
  Text name;         // expected in the peer's certificate, where it differs from the address
  bool plaintext = false;
  std::optional<Credential> tls;  // client certificate, for mutual TLS
  Text msp;                       // of a peer: whose it is, where that is not asked of it
};

struct IdentityConfig {
  Text certificate, key;  // PEM files, or
  Text msp_folder;
  Text secret;  // name
};

struct NetworkConfig {
  enum class Verify { chain, signatures };
  enum class Deliver { full, filtered, private_data };
  Text channel;
  Text msp;
  std::vector<PeerConfig> peers;
  std::optional<IdentityConfig> identity;
  std::optional<IdentityConfig>
      admin;  // for the commands that administer; listeners have no use for it
  std::vector<PeerConfig> orderers;  // for the commands that submit
  Text profile;
  Text user;  // of the profile
  Text blocks;
  bool follow = true;
  Verify verify = Verify::chain;
  Deliver deliver = Deliver::full;
  Duration late_private_data = std::chrono::hours(1);
  uint64_t maximum_block = 100 << 20;
  Duration silence_timeout = std::chrono::minutes(5);
  Duration keepalive = std::chrono::seconds(60);
};

struct StartConfig {
  enum class At { oldest, newest, next, block };
  At at = At::oldest;
  uint64_t block = 0;
};

struct ListenerConfig {
  Text network;
  StartConfig from;
  JsonText match;
  bool invalid = false;
  Text body;
  std::vector<Target> to;
};

struct DeadLetterConfig {
  Text queue;
  uint32_t after = 5;
};

struct QueueConfig {
  bool fifo = false;
  Duration visibility_timeout = std::chrono::seconds(30);
  Duration delay{0};
  Duration retention = std::chrono::hours(24 * 4);
  uint64_t maximum_message_size = 1 << 20;
  bool content_deduplication = false;
  std::optional<DeadLetterConfig> dead_letter;
};

struct RetryConfig {
  uint32_t retries = 50;
  Duration least_delay = std::chrono::seconds(1);
  Duration most_delay = std::chrono::minutes(5);
};

struct BatchConfig {
  uint32_t size = 10;  // messages
  Duration window{0};
};

// A function with code of its own, as AWS Lambda runs it (docs/functions.md).
struct LambdaConfig {
  Text handler;
  Text runtime;
  Text code;  // folder
  Duration timeout = std::chrono::seconds(3);
  uint64_t memory = 128 << 20;
  uint32_t concurrency = 4;
  std::vector<std::pair<std::string, Text>> environment;
  std::optional<BatchConfig> batch;
  bool report_failures = false;
  JsonText filter;
  Text user;  // of aws.users
};

struct FunctionConfig {
  std::optional<Target> from;
  Text body_template;
  std::optional<LambdaConfig> lambda;  // instead of the template
  std::vector<Target> to;
  uint32_t concurrency = 16;
  RetryConfig retry;
  Text dead_letter;  // queue
};

struct SubscriptionConfig {
  enum class Protocol { sms, email, email_json, http, https, sqs, outbox };
  enum class FilterScope { attributes, body };
  Text id;
  Protocol protocol = Protocol::sms;
  Text endpoint;
  JsonText filter;
  FilterScope filter_scope = FilterScope::attributes;
  bool raw = false;
  RetryConfig retry;
  Text dead_letter;  // queue
  Mark at;
};

std::string protocol_name(SubscriptionConfig::Protocol protocol);  // "email-json"

// The queue that a subscription with protocol sqs means by "queue:NAME" or "NAME".
Text queue_endpoint(const SubscriptionConfig& subscription);

// The given id, or one made of protocol and endpoint.
std::string subscription_id(const SubscriptionConfig& subscription);

struct TopicConfig {
  std::vector<SubscriptionConfig> subscriptions;
};

struct SmppConfig {
  Text address;
  Text system_id;
  Text password;
  Text system_type;
  uint32_t window = 10;
  uint32_t rate = 0;  // a second; 0: as fast as the provider takes them
  bool tls = false;
  bool receipts = true;
};

struct GatewayConfig {
  Text preset;  // twilio, vonage
  Text account;
  Text user;
  Text password;
  Text url;
  Text method;
  std::vector<std::pair<std::string, Text>> headers;
  Text body;
  Text accepted;    // pattern of a good answer's body
  Text id_pointer;  // JSON pointer to the provider's message id
  bool private_networks = false;
};

struct SmsConfig {
  Text from;
  std::optional<SmppConfig> smpp;
  std::optional<GatewayConfig> gateway;
};

// Signs mails for the sender's domain.
struct DkimConfig {
  Text selector;
  Text domain;  // empty: the one of the sender's address
  Text key;     // PEM
};

struct SmtpConfig {
  enum class Security { starttls, tls, none };
  Text address;
  Security security = Security::starttls;
  Text user;
  Text password;
  Text from;
  Text tls_ca;  // PEM file
  std::optional<DkimConfig> dkim;
};

struct WebhooksConfig {
  bool allow_private = false;
  Text tls_ca;  // PEM file
};

// Where the push services are, for tests and for those who go through a gateway.
struct PushConfig {
  Text fcm{"https://fcm.googleapis.com", {}};
  Text apns;  // empty: Apple's
  bool allow_private = false;
  Text tls_ca;  // PEM file
};

struct AdminConfig {
  Text address{"127.0.0.1:8740", {}};
};

struct AwsUserConfig {
  Text access_key;
  Text secret_key;
  JsonText policy;
};

// The AWS-compatible endpoint.
struct AwsConfig {
  Text address{"127.0.0.1:4566", {}};
  Text account{"000000000000", {}};
  Text region{"us-east-1", {}};
  Text url;  // where clients outside reach it, such as a TLS proxy; empty: http:// and the address
  uint32_t threads = 0;  // 0: as many as processors, at most eight
  Table<AwsUserConfig> users;
};

// The real AWS, as a client of it.
struct CloudConfig {
  Text region;
  Text endpoint;
  Text profile;
  Text access_key;
  Text secret_key;
  Text places;  // DynamoDB table
  bool secrets = false;
};

// Where the key of the secrets is; nowhere: DATA/master-key.
struct SecretsConfig {
  Text master_key_file;
  Text master_key;
  Text master_key_command;
};

struct LogConfig {
  log::Level level = log::Level::info;
  log::Format format = log::Format::text;
};

struct LimitsConfig {
  uint64_t segment = 64 << 20;
  uint64_t store = 0;
  uint32_t threads = 2;
};

struct Config {
  std::string file;  // as given
  Table<NetworkConfig> networks;
  Table<ListenerConfig> listeners;
  Table<QueueConfig> queues;
  Table<FunctionConfig> functions;
  Table<TopicConfig> topics;
  SmsConfig sms;
  std::optional<SmtpConfig> smtp;
  WebhooksConfig webhooks;
  PushConfig push;
  bool outside = true;  // false: nothing leaves this machine (a dry run); no key of the file
  Text data;            // empty: ./belfry-data
  AdminConfig admin;
  std::optional<AwsConfig> aws;
  CloudConfig cloud;
  SecretsConfig secrets;
  LogConfig log;
  LimitsConfig limits;
};

struct Problem {
  Mark at;
  std::string message;
};

// "belfry.yaml:12:5: message", one a line, in the order of the file.
std::string format_problems(const std::string& file, std::vector<Problem> problems);

using Environment = std::function<std::optional<std::string>(std::string_view)>;
Environment process_environment();

struct ConfigResult {
  Config config;
  std::vector<Problem> problems;  // empty: the configuration is good
  bool ok() const { return problems.empty(); }
};

// What the configuration is wanted for: to run, which needs all of it, or only to reach one of its
// networks.
enum class Wanted { everything, networks };

// Reads by the table only, then checks across stages and against the files it names
// (config_check.h).
ConfigResult load_config(FileSystem& files, const std::string& path, const Environment& environment,
                         Wanted wanted = Wanted::everything);
ConfigResult parse_config(FileSystem& files, const std::string& path, std::string_view yaml,
                          const Environment& environment, Wanted wanted = Wanted::everything);

// Whether some function has code of its own. Then there is an AWS-compatible endpoint, too, for
// its SDKs: on a free port, if the file has no key `aws`.
bool has_lambda(const Config& config);

// What the table says, for people (Markdown) and for editors (JSON Schema 2020-12).
std::string configuration_reference();
std::string configuration_json_schema();

}  // namespace belfry::app
