#include "app/config_schema.h"

#include <fmt/format.h>

namespace belfry::app {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Value<Target> target(std::vector<std::pair<std::string, Target::Kind>> kinds) {
  std::string called, pattern;
  for (const auto& [kind, value] : kinds) {
    if (!called.empty()) called += kind == kinds.back().first ? " or " : ", ";
    called += kind + ":NAME";
    pattern += (pattern.empty() ? "^(" : "|") + kind;
  }
  const Value<Text> value = text(called, pattern + "):.+$");
  return {value.form,
          [value, kinds](Reader& reader, const YAML::Node& node, Target& out) {
            Text given;
            value.read(reader, node, given);
            if (given.empty()) return;
            const size_t colon = given.value.find(':');
            for (const auto& [kind, is] : kinds) {
              if (given.value.substr(0, colon) != kind || colon == std::string::npos ||
                  colon + 1 == given.value.size())
                continue;
              out = {is, given.value.substr(colon + 1), given.at};
              return;
            }
            reader.wrong(node,
                         fmt::format("expected {}, not '{}'", value.form->called, given.value));
          },
          nullptr};
}

Value<RetryConfig> retry() {
  return record<RetryConfig>(
      "a retry policy",
      {member("retries", &RetryConfig::retries, count(0, 1000), "further attempts after the first"),
       member("least_delay", &RetryConfig::least_delay, duration(milliseconds(1), hours(1)),
              "the pause before the second attempt; it doubles from there, with some chance in it"),
       member("most_delay", &RetryConfig::most_delay, duration(milliseconds(1), hours(24)),
              "the pause never grows beyond this")});
}

Value<Credential> credential(std::string called) {
  return record<Credential>(
      std::move(called),
      {member("certificate", &Credential::certificate, path("the path of a PEM file"),
              "PEM file with the certificate", required_key),
       member("key", &Credential::key, path("the path of a PEM file"),
              "PEM file with its private key", required_key)});
}

std::vector<Member<PeerConfig>> endpoint_members() {
  return {member("address", &PeerConfig::address, text("HOST:PORT", "^.+:[0-9]+$"),
                 "where it listens, such as peer0.org1.example.com:7051", required_key),
          member("tls_ca", &PeerConfig::tls_ca, path("the path of a PEM file"),
                 "PEM file with the TLS authorities that its certificate must come from"),
          member("name", &PeerConfig::name, text("a host name"),
                 "the name expected in its certificate, where it differs from the address"),
          member("plaintext", &PeerConfig::plaintext, boolean(),
                 "connect without TLS: anyone on the way can read and change what passes"),
          member("tls", &PeerConfig::tls, credential("a client certificate"),
                 "our own TLS certificate, where one is asked for (mutual TLS)")};
}

Value<NetworkConfig> network() {
  auto peer_members = endpoint_members();
  peer_members.push_back(member("msp", &PeerConfig::msp, text("an MSP id"),
                                "the organization it belongs to; by default it is asked"));
  const auto peer = record<PeerConfig>("a peer", std::move(peer_members));
  const auto orderer = record<PeerConfig>("an orderer", endpoint_members());
  const auto identity = record<IdentityConfig>(
      "an identity",
      {member("certificate", &IdentityConfig::certificate, path("the path of a PEM file"),
              "PEM file with the signing certificate"),
       member("key", &IdentityConfig::key, path("the path of a PEM file"),
              "PEM file with its private key"),
       member("msp_folder", &IdentityConfig::msp_folder, path("the path of a folder"),
              "instead of both: an MSP folder with signcerts and keystore"),
       member("secret", &IdentityConfig::secret, text("the name of a secret"),
              "instead of these: NAME/signcert and NAME/pk of the secrets, or one secret NAME with "
              "certificate and key as JSON (docs/secrets.md)")});
  return record<NetworkConfig>(
      "a network",
      {member("channel", &NetworkConfig::channel, text("the name of a channel"),
              "the channel to follow; of block files it may be left out"),
       member("msp", &NetworkConfig::msp, text("an MSP id"),
              "the MSP id that the identity belongs to, such as Org1MSP"),
       member("peers", &NetworkConfig::peers, list(peer),
              "in order of preference: the first healthy one that has the block is used"),
       member("identity", &NetworkConfig::identity, identity, "who we are to the peers"),
       member("admin", &NetworkConfig::admin, identity,
              "who we are to `belfry chaincode` and `belfry channel`, which administer; by default "
              "the identity"),
       member("orderers", &NetworkConfig::orderers, list(orderer),
              "where commands send transactions; by default a peer's gateway, or the orderers that "
              "the channel's configuration names"),
       member("profile", &NetworkConfig::profile, path("the path of a connection profile"),
              "a Fabric connection profile (YAML or JSON) that names peers, TLS authorities and "
              "identity, instead of the keys above"),
       member("user", &NetworkConfig::user, text("a name"),
              "which identity of the profile we are, such as User1 or admin; by default its first "
              "of the client's organization"),
       member("blocks", &NetworkConfig::blocks, path("the path of a block file or folder"),
              "instead of peers: a block file, or a peer's chains/CHANNEL folder"),
       member("follow", &NetworkConfig::follow, boolean(),
              "of block files: wait for more blocks at their end"),
       member("verify", &NetworkConfig::verify,
              choice<NetworkConfig::Verify>({{"chain", NetworkConfig::Verify::chain},
                                             {"signatures", NetworkConfig::Verify::signatures}}),
              "chain: each block's hash chain and data hash; signatures: also the orderers' "
              "signatures by the channel's configuration"),
       member(
           "deliver", &NetworkConfig::deliver,
           choice<NetworkConfig::Deliver>({{"full", NetworkConfig::Deliver::full},
                                           {"filtered", NetworkConfig::Deliver::filtered},
                                           {"private-data", NetworkConfig::Deliver::private_data}}),
           "what to ask the peers for; filtered has no payloads"),
       member("late_private_data", &NetworkConfig::late_private_data,
              duration(seconds(0), hours(24 * 30)),
              "with deliver: private-data, how long after its transaction private data that the "
              "peer lacks is asked for again; 0s: not at all"),
       member("maximum_block", &NetworkConfig::maximum_block, size(1 << 20, 1 << 30),
              "the largest block taken from a peer"),
       member("silence_timeout", &NetworkConfig::silence_timeout, duration(seconds(10), hours(24)),
              "a peer that is silent for so long is asked again, elsewhere if possible"),
       member("keepalive", &NetworkConfig::keepalive, duration(seconds(60), hours(2)),
              "between pings to a peer; Fabric's peers hang up on faster ones")});
}

Value<ListenerConfig> listener() {
  using At = StartConfig::At;
  const Value<At> words =
      choice<At>({{"oldest", At::oldest}, {"newest", At::newest}, {"next", At::next}});
  const Value<StartConfig> word = {
      words.form,
      [words](Reader& reader, const YAML::Node& node, StartConfig& out) {
        words.read(reader, node, out.at);
      },
      [words](const StartConfig& value) { return words.show(value.at); }};
  const Value<StartConfig> numbered = record<StartConfig>(
      "a start position", {member("block", &StartConfig::block, block_number(),
                                  "the number of the first block to read", required_key)});
  const Value<StartConfig> block = {
      numbered.form,
      [numbered](Reader& reader, const YAML::Node& node, StartConfig& out) {
        out.at = At::block;
        numbered.read(reader, node, out);
      },
      nullptr};
  return record<ListenerConfig>(
      "a listener",
      {member("network", &ListenerConfig::network, text("the name of a network"),
              "the network to listen to", required_key),
       member("from", &ListenerConfig::from, either(word, block),
              "where to begin at the very first start; afterwards a listener keeps its place. "
              "newest: the last block there is; next: the one after it"),
       member("match", &ListenerConfig::match, json("a pattern (a mapping)"),
              "which events to take (docs/patterns.md); without it, every one"),
       member("invalid", &ListenerConfig::invalid, boolean(),
              "also take events of transactions that the network found invalid"),
       member("body", &ListenerConfig::body, text("a template, or ngo-sample"),
              "reshapes the message's body (docs/templates.md); without it, the event as JSON"),
       member("to", &ListenerConfig::to,
              one_or_list(target({{"queue", Target::Kind::queue},
                                  {"topic", Target::Kind::topic},
                                  {"function", Target::Kind::function},
                                  {"sqs", Target::Kind::sqs},
                                  {"sns", Target::Kind::sns},
                                  {"lambda", Target::Kind::lambda}})),
              "where the events go; sqs, sns and lambda are the real AWS (docs/cloud.md)",
              required_key)});
}

Value<QueueConfig> queue() {
  const auto dead_letter = record<DeadLetterConfig>(
      "a dead-letter setting",
      {member("queue", &DeadLetterConfig::queue, text("the name of a queue"),
              "the queue that takes what could not be handled", required_key),
       member("after", &DeadLetterConfig::after, count(1, 1000),
              "how often a message is received before it goes there")});
  return record<QueueConfig>(
      "a queue",
      {member("fifo", &QueueConfig::fifo, boolean(),
              "keep the order within a group and drop duplicates within five minutes"),
       member("visibility_timeout", &QueueConfig::visibility_timeout,
              duration(Duration(0), hours(12)),
              "how long a received message stays hidden from others unless it is deleted"),
       member("delay", &QueueConfig::delay, duration(Duration(0), minutes(15)),
              "how long a new message stays hidden"),
       member("retention", &QueueConfig::retention, duration(minutes(1), hours(24 * 14)),
              "messages older than this are dropped"),
       member("maximum_message_size", &QueueConfig::maximum_message_size, size(1 << 10, 1 << 20),
              "of body and attributes together"),
       member("content_deduplication", &QueueConfig::content_deduplication, boolean(),
              "of a FIFO queue: the same body within five minutes is a duplicate"),
       member("dead_letter", &QueueConfig::dead_letter, dead_letter,
              "where messages go that are received again and again")});
}

Value<LambdaConfig> lambda() {
  const auto batch = record<BatchConfig>(
      "a batch setting",
      {member("size", &BatchConfig::size, count(1, 10'000), "messages in one call, at most"),
       member("window", &BatchConfig::window, duration(Duration(0), seconds(300)),
              "how long to wait for a batch to fill; more than ten messages need one")});
  return record<LambdaConfig>(
      "a function's code",
      {member("handler", &LambdaConfig::handler, text("FILE.NAME"),
              "what is called, such as index.handler; of a custom runtime, as that takes it"),
       member("runtime", &LambdaConfig::runtime, text("nodejs, python or provided"),
              "what runs it: Node.js, Python, or the code's own executable `bootstrap`; Lambda's "
              "names such as nodejs20.x and python3.12 stand for what is installed",
              required_key),
       member("code", &LambdaConfig::code, path("the path of a folder"), "where its files are",
              required_key),
       member("timeout", &LambdaConfig::timeout, duration(seconds(1), seconds(900)),
              "a call that takes longer is ended, and its process with it"),
       member("memory", &LambdaConfig::memory, size(128 << 20, uint64_t{10240} << 20),
              "a process that takes more is ended"),
       member("concurrency", &LambdaConfig::concurrency, count(1, 1000),
              "processes, and so calls, at once"),
       member("environment", &LambdaConfig::environment, texts("a mapping from names to texts"),
              "variables that the code sees beside Lambda's own"),
       member("batch", &LambdaConfig::batch, batch,
              "how many messages one call is given; by default up to ten, or one where the result "
              "is sent on"),
       member("report_failures", &LambdaConfig::report_failures, boolean(),
              "the result names the messages that failed (batchItemFailures), the others are done"),
       member("filter", &LambdaConfig::filter, json("a pattern (a mapping)"),
              "only messages that match it are handed over, the others are dropped: a pattern of "
              "Lambda's FilterCriteria, such as {body: {kind: [gift]}}"),
       member("user", &LambdaConfig::user, text("the name of a user"),
              "the user under aws.users whose keys its SDKs sign with; needed where there are "
              "users")});
}

Value<FunctionConfig> function() {
  return record<FunctionConfig>(
      "a function",
      {member("from", &FunctionConfig::from, target({{"queue", Target::Kind::queue}}),
              "the queue it works on; without it, a queue of its own that listeners reach by "
              "function:NAME"),
       member("template", &FunctionConfig::body_template, text("a template"),
              "makes the text that is sent on (docs/templates.md)"),
       member("lambda", &FunctionConfig::lambda, lambda(),
              "instead of the template: code as AWS Lambda runs it (docs/functions.md)"),
       member("to", &FunctionConfig::to,
              one_or_list(target({{"topic", Target::Kind::topic},
                                  {"queue", Target::Kind::queue},
                                  {"function", Target::Kind::function}})),
              "where the result goes; code may send by its AWS SDK instead"),
       member("concurrency", &FunctionConfig::concurrency, count(1, 1000),
              "messages that a template works on at once"),
       member("retry", &FunctionConfig::retry, retry(), "for failures that may pass"),
       member("dead_letter", &FunctionConfig::dead_letter, text("the name of a queue"),
              "the queue for messages it can never handle; by default its queue's own dead-letter "
              "queue")});
}

Value<TopicConfig> topic() {
  using Protocol = SubscriptionConfig::Protocol;
  using Scope = SubscriptionConfig::FilterScope;
  const auto fields = record<SubscriptionConfig>(
      "a subscription",
      {member("protocol", &SubscriptionConfig::protocol,
              choice<Protocol>({{"sms", Protocol::sms},
                                {"email", Protocol::email},
                                {"email-json", Protocol::email_json},
                                {"http", Protocol::http},
                                {"https", Protocol::https},
                                {"sqs", Protocol::sqs},
                                {"outbox", Protocol::outbox}}),
              "sms: a text message through the provider under `sms`; email, email-json: mail "
              "through the server under `smtp`; http, https: a POST as Amazon SNS makes it; sqs: a "
              "queue of this belfry; outbox: only the local outbox, whatever the provider",
              required_key),
       member("endpoint", &SubscriptionConfig::endpoint, text("a phone number or address"),
              "sms: a phone number as in +15555550100; email: an address; http, https: a URL; sqs: "
              "queue:NAME; outbox: any name",
              required_key),
       member("raw", &SubscriptionConfig::raw, boolean(),
              "http, https, sqs: the message alone, without Amazon SNS's envelope"),
       member("id", &SubscriptionConfig::id, text("a name", "^[A-Za-z0-9_-]+$"),
              "a stable name within the topic; by default made of protocol and endpoint"),
       member("filter", &SubscriptionConfig::filter, json("a filter policy (a mapping)"),
              "only messages that match it are delivered (docs/patterns.md)"),
       member("filter_scope", &SubscriptionConfig::filter_scope,
              choice<Scope>({{"attributes", Scope::attributes}, {"body", Scope::body}}),
              "what the filter looks at: the message's attributes, or its body as JSON"),
       member("retry", &SubscriptionConfig::retry, retry(), "for failures that may pass"),
       member("dead_letter", &SubscriptionConfig::dead_letter, text("the name of a queue"),
              "the queue that takes what cannot be delivered")});
  const Value<SubscriptionConfig> subscription = {
      fields.form,
      [fields](Reader& reader, const YAML::Node& node, SubscriptionConfig& out) {
        out.at = mark_of(node);
        fields.read(reader, node, out);
      },
      nullptr};
  return record<TopicConfig>(
      "a topic", {member("subscriptions", &TopicConfig::subscriptions, list(subscription),
                         "who gets a copy of each message")});
}

Value<SmsConfig> sms() {
  const auto smpp = record<SmppConfig>(
      "an SMPP provider",
      {member("address", &SmppConfig::address, text("HOST:PORT", "^.+:[0-9]+$"),
              "where the provider's message centre listens", required_key),
       member("system_id", &SmppConfig::system_id, text("a name"),
              "the account's name at the provider", required_key),
       member("password", &SmppConfig::password, secret(),
              "the account's password, up to 8 characters"),
       secret_file_member("password", &SmppConfig::password),
       member("system_type", &SmppConfig::system_type, text("a name"),
              "only if the provider asks for one"),
       member("window", &SmppConfig::window, count(1, 1000), "messages under way at once"),
       member("rate", &SmppConfig::rate, count(0, 100'000),
              "messages a second at most; 0: no bound of ours"),
       member("tls", &SmppConfig::tls, boolean(), "connect with TLS"),
       member("receipts", &SmppConfig::receipts, boolean(),
              "ask for delivery receipts and record them")});
  const auto gateway = record<GatewayConfig>(
      "an HTTP gateway",
      {member("preset", &GatewayConfig::preset, text("twilio or vonage"),
              "a provider whose requests belfry knows; the keys below change it"),
       member("account", &GatewayConfig::account, text("an account id"),
              "the account, where the provider's URL or body names it"),
       member("user", &GatewayConfig::user, text("a name"), "HTTP Basic user"),
       member("password", &GatewayConfig::password, secret(),
              "HTTP Basic password, or the provider's API secret"),
       secret_file_member("password", &GatewayConfig::password),
       member("url", &GatewayConfig::url, text("an https:// address", "^https?://"),
              "where each message is sent"),
       member("method", &GatewayConfig::method, text("an HTTP method"),
              "POST unless said otherwise"),
       member("headers", &GatewayConfig::headers, texts("a mapping of header names to values"),
              "added to each request"),
       member("body", &GatewayConfig::body, text("a template"), "the request's body (docs/sms.md)"),
       member("accepted", &GatewayConfig::accepted, text("a regular expression"),
              "what a good answer's body must contain"),
       member("id_pointer", &GatewayConfig::id_pointer, text("a JSON pointer", "^/"),
              "where a good answer has the provider's message id, such as /sid"),
       member("private_networks", &GatewayConfig::private_networks, boolean(),
              "allow an address on this host or a private network")});
  return record<SmsConfig>(
      "the SMS settings",
      {member("from", &SmsConfig::from, text("a number or name"), "the sender that phones show"),
       member("smpp", &SmsConfig::smpp, smpp, "send through an SMPP 3.4 message centre"),
       member("gateway", &SmsConfig::gateway, gateway,
              "send through a provider's HTTP interface")});
}

Value<SmtpConfig> smtp() {
  const auto dkim = record<DkimConfig>(
      "a DKIM signature's settings",
      {member("selector", &DkimConfig::selector, text("a DNS name"),
              "the public key stands in DNS at SELECTOR._domainkey.DOMAIN", required_key),
       member("domain", &DkimConfig::domain, text("a DNS name"),
              "who signs; by default the domain of `from`"),
       member("key", &DkimConfig::key, secret(),
              "the private key in PEM: RSA of 2,048 bits or so, or Ed25519"),
       secret_file_member("key", &DkimConfig::key)});
  using Security = SmtpConfig::Security;
  return record<SmtpConfig>(
      "an SMTP server",
      {member("address", &SmtpConfig::address, text("HOST:PORT", "^.+:[0-9]+$"),
              "where the mail server listens, such as mail.example.org:587", required_key),
       member("security", &SmtpConfig::security,
              choice<Security>({{"starttls", Security::starttls},
                                {"tls", Security::tls},
                                {"none", Security::none}}),
              "starttls: TLS or no mail at all; tls: from the first byte (port 465); none: in the "
              "clear"),
       member("user", &SmtpConfig::user, text("a name"), "who we are to the server"),
       member("password", &SmtpConfig::password, secret(), "the user's password"),
       secret_file_member("password", &SmtpConfig::password),
       member("from", &SmtpConfig::from, text("an e-mail address"),
              "the sender: belfry@example.org, or Belfry <belfry@example.org>", required_key),
       member("tls_ca", &SmtpConfig::tls_ca, path("the path of a PEM file"),
              "the authorities that the server's certificate must come from; by default the "
              "system's"),
       member("dkim", &SmtpConfig::dkim, dkim,
              "sign mails for the sender's domain, where the server does not")});
}

Value<WebhooksConfig> webhooks() {
  return record<WebhooksConfig>(
      "the webhooks' settings",
      {member("allow_private", &WebhooksConfig::allow_private, boolean(),
              "allow endpoints on this host and on private networks"),
       member("tls_ca", &WebhooksConfig::tls_ca, path("the path of a PEM file"),
              "the authorities that endpoints' certificates must come from; by default the "
              "system's")});
}

Value<PushConfig> push() {
  return record<PushConfig>(
      "the push services",
      {member("fcm", &PushConfig::fcm, text("an https:// address", "^https?://"),
              "Firebase Cloud Messaging"),
       member("apns", &PushConfig::apns, text("an https:// address", "^https?://"),
              "APNs; by default Apple's servers, production or sandbox by the platform"),
       member("allow_private", &PushConfig::allow_private, boolean(),
              "allow services on this host and on private networks"),
       member("tls_ca", &PushConfig::tls_ca, path("the path of a PEM file"),
              "the authorities that their certificates must come from; by default the system's")});
}

Value<AwsConfig> aws() {
  const auto user = record<AwsUserConfig>(
      "a user",
      {member("access_key", &AwsUserConfig::access_key, text("an access key id"),
              "what requests name as their signer", required_key),
       member("secret_key", &AwsUserConfig::secret_key, secret(), "what they are signed with"),
       secret_file_member("secret_key", &AwsUserConfig::secret_key),
       member("policy", &AwsUserConfig::policy, json("a policy (a mapping)"),
              "what the user may do, in IAM's form: Statement with Effect, Action and Resource",
              required_key)});
  return record<AwsConfig>(
      "the AWS-compatible endpoint",
      {member("address", &AwsConfig::address, text("HOST:PORT", "^.+:[0-9]+$"),
              "where it is served; port 0 takes a free one"),
       member("account", &AwsConfig::account, text("twelve digits", "^[0-9]{12}$"),
              "the account in URLs and ARNs"),
       member("region", &AwsConfig::region, text("a region"),
              "of requests that are not signed for one"),
       member("url", &AwsConfig::url, text("an http:// or https:// address", "^https?://"),
              "where others reach it, for links in notifications, such as a proxy with TLS; by "
              "default http:// and the address"),
       member("threads", &AwsConfig::threads, count(0, 64),
              "threads that serve it; 0: as many as processors, eight at most"),
       member("users", &AwsConfig::users, table(user),
              "who may call; without users anybody on this machine, and nobody else")});
}

Value<CloudConfig> cloud() {
  return record<CloudConfig>(
      "the settings of the real AWS",
      {member("region", &CloudConfig::region, text("a region"),
              "where its services are; by default AWS_REGION, then the profile's"),
       member("endpoint", &CloudConfig::endpoint, text("a URL", "^https?://"),
              "where every service is instead of AWS's own address"),
       member("profile", &CloudConfig::profile, text("a name"),
              "the profile in ~/.aws whose keys to use; by default AWS_PROFILE, then default"),
       member("access_key", &CloudConfig::access_key, text("an access key id"),
              "by default the environment's, the profile's, the ECS task's or the EC2 instance's"),
       member("secret_key", &CloudConfig::secret_key, secret(), "of the access key"),
       secret_file_member("secret_key", &CloudConfig::secret_key),
       member("places", &CloudConfig::places, text("the name of a table"),
              "a DynamoDB table that keeps the places of listeners' sqs, sns and lambda targets"),
       member("secrets", &CloudConfig::secrets, boolean(),
              "take what is called `secret: NAME` from AWS Secrets Manager")});
}

}  // namespace

const Value<Config>& config_schema() {
  static const Value<Config> schema = record<Config>(
      "belfry.yaml",
      {member("networks", &Config::networks, table(network()),
              "the channels to follow, on peers or in block files"),
       member("listeners", &Config::listeners, table(listener()),
              "which events to take, and where they go"),
       member("queues", &Config::queues, table(queue()), "durable queues"),
       member("functions", &Config::functions, table(function()), "what makes messages of events"),
       member("topics", &Config::topics, table(topic()), "who is told"),
       member("sms", &Config::sms, sms(),
              "how text messages leave; without it they stay in the outbox (`belfry outbox`)"),
       member("smtp", &Config::smtp, smtp(),
              "how e-mail leaves; without it, it stays in the outbox"),
       member("webhooks", &Config::webhooks, webhooks(), "what HTTP subscriptions may reach"),
       member("push", &Config::push, push(), "where mobile push goes"),
       member("data", &Config::data, path("the path of a folder"),
              "the data directory; `--data` comes first, ./belfry-data is the default"),
       member("admin", &Config::admin,
              record<AdminConfig>(
                  "the admin settings",
                  {member("address", &AdminConfig::address, text("HOST:PORT", "^.+:[0-9]+$"),
                          "where the admin API, /metrics, /healthz and /readyz are served; port 0 "
                          "takes a free one")}),
              "the admin API (docs/api.md)"),
       member("aws", &Config::aws, aws(),
              "serve queues and topics as Amazon SQS and SNS (docs/queues.md, docs/topics.md); "
              "`aws: {}` is enough"),
       member("cloud", &Config::cloud, cloud(), "the real AWS, as a client of it (docs/cloud.md)"),
       member(
           "secrets", &Config::secrets,
           record<SecretsConfig>(
               "the secrets' settings",
               {member("master_key_file", &SecretsConfig::master_key_file,
                       path("the path of a file"),
                       "a file with the master key; by default master-key in the data "
                       "directory, made when it is not there"),
                member("master_key", &SecretsConfig::master_key, text("a text that stays secret"),
                       "the master key itself, from the environment: ${BELFRY_MASTER_KEY}"),
                member("master_key_command", &SecretsConfig::master_key_command, text("a command"),
                       "a command that prints the master key, such as a KMS client; run once at "
                       "the start")}),
           "how secrets are kept (docs/secrets.md)"),
       member("log", &Config::log,
              record<LogConfig>("the log settings",
                                {member("level", &LogConfig::level,
                                        choice<log::Level>({{"debug", log::Level::debug},
                                                            {"info", log::Level::info},
                                                            {"warn", log::Level::warn},
                                                            {"error", log::Level::error}}),
                                        "the least that is logged"),
                                 member("format", &LogConfig::format,
                                        choice<log::Format>({{"text", log::Format::text},
                                                             {"json", log::Format::json}}),
                                        "readable, or JSON a line")}),
              "logs, to standard error"),
       member(
           "limits", &Config::limits,
           record<LimitsConfig>(
               "the limits",
               {member("segment", &LimitsConfig::segment, size(1 << 20, 1 << 30),
                       "the size of one file of the queue's log"),
                member("store", &LimitsConfig::store, size(0, uint64_t{1} << 44),
                       "the most the queue's log may take on the disk; by default what there is"),
                member("threads", &LimitsConfig::threads, count(1, 64),
                       "threads that functions and senders run on")}),
           "bounds")});
  return schema;
}

}  // namespace belfry::app
