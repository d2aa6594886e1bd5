#include "app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "support/certificates.h"

namespace belfry::app {
namespace {

using ::testing::HasSubstr;

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    std::string name = ::testing::TempDir() + "config_test_XXXXXX";
    folder_ = mkdtemp(name.data());
    file("ledger.blockfile", "");
    file("password", "sesame\n");
  }
  ~ConfigTest() override { std::filesystem::remove_all(folder_); }

  void file(const std::string& name, const std::string& contents) {
    std::ofstream(folder_ / name) << contents;
  }

  ConfigResult parse(const std::string& yaml) {
    return parse_config(posix_files(), (folder_ / "belfry.yaml").string(), yaml,
                        [this](std::string_view name) -> std::optional<std::string> {
                          const auto found = environment_.find(std::string(name));
                          if (found == environment_.end()) return {};
                          return found->second;
                        });
  }

  std::string problems(const std::string& yaml) {
    return format_problems("belfry.yaml", parse(yaml).problems);
  }

  std::filesystem::path folder_;
  std::map<std::string, std::string> environment_;
};

constexpr char kGood[] = R"(networks:
  charity: {blocks: ledger.blockfile}
listeners:
  donations:
    network: charity
    from: {block: 42}
    match: {kind: chaincode-event, payload: {amount: [{numeric: [">=", 1]}], code: ["7", 7, true, null]}}
    to: queue:donations
queues:
  donations: {visibility_timeout: 45s, dead_letter: {queue: dead, after: 3}}
  dead: {}
functions:
  announce:
    from: queue:donations
    template: "${WHO:-someone} donated ${{payload.amount}}, as $${this} says"
    to: topic:news
topics:
  news:
    subscriptions:
      - {protocol: sms, endpoint: "+15555550100"}
sms:
  smpp: {address: "smsc.example.net:2775", system_id: belfry, password_file: password}
)";

TEST_F(ConfigTest, ReadsEveryPart) {
  const ConfigResult result = parse(kGood);
  ASSERT_EQ(format_problems("belfry.yaml", result.problems), "");
  const Config& config = result.config;
  EXPECT_EQ(config.networks.find("charity")->blocks.value, (folder_ / "ledger.blockfile").string());
  const ListenerConfig& listener = *config.listeners.find("donations");
  EXPECT_EQ(listener.from.at, StartConfig::At::block);
  EXPECT_EQ(listener.from.block, 42U);
  EXPECT_EQ(
      listener.match.value,
      R"({"kind":"chaincode-event","payload":{"amount":[{"numeric":[">=",1]}],"code":["7",7,true,null]}})");
  EXPECT_EQ(listener.to[0].name, "donations");
  EXPECT_EQ(config.queues.find("donations")->visibility_timeout, std::chrono::seconds(45));
  EXPECT_EQ(config.queues.find("donations")->dead_letter->after, 3U);
  EXPECT_EQ(config.functions.find("announce")->body_template.value,
            "someone donated ${{payload.amount}}, as ${this} says");
  EXPECT_EQ(config.sms.smpp->password.value, "sesame");
}

TEST_F(ConfigTest, ExpandsVariables) {
  environment_["WHO"] = "Alice";
  EXPECT_EQ(parse(kGood).config.functions.find("announce")->body_template.value,
            "Alice donated ${{payload.amount}}, as ${this} says");
}

TEST_F(ConfigTest, RemembersWhereAPatternsPartsStood) {
  const ConfigResult result = parse(kGood);
  const JsonText& match = result.config.listeners.find("donations")->match;
  const Mark mark = match.mark_of(match.value.find("\"numeric\""));
  EXPECT_EQ(mark.line, 7);
  EXPECT_EQ(mark.column, 56);
}

TEST_F(ConfigTest, TheAwsEndpointIsReasonEnough) {
  EXPECT_EQ(problems("aws: {}\nqueues:\n  donations: {}\n"), "");
  const auto result = parse(R"(aws:
  account: "111122223333"
  users:
    alice:
      access_key: AKID
      secret_key_file: password
      policy: {Statement: {Effect: Allow, Action: "sqs:*", Resource: "*"}}
)");
  ASSERT_EQ(format_problems("belfry.yaml", result.problems), "");
  EXPECT_EQ(result.config.aws->address.value, "127.0.0.1:4566");
  EXPECT_EQ(result.config.aws->users.find("alice")->secret_key.value, "sesame");
  EXPECT_EQ(problems("aws:\n  account: \"12\"\n  users:\n    bob: {access_key: A, secret_key: s, "
                     "policy: {Statement: {Effect: Maybe, Action: a, Resource: b}}}\n"),
            "belfry.yaml:2:12: expected twelve digits, not '12'\n"
            "belfry.yaml:4:49: Effect must be Allow or Deny\n");
}

TEST_F(ConfigTest, AFunctionNeedsWork) {
  EXPECT_EQ(problems("aws: {}\nqueues: {a: {}}\nfunctions:\n  idle: {from: queue:a}\n"),
            "belfry.yaml:4:3: function 'idle' needs 'template' or 'lambda': what it does\n");
  EXPECT_EQ(
      problems("aws: {}\nqueues: {a: {}}\nfunctions:\n  idle: {from: queue:a, template: x}\n"),
      "belfry.yaml:4:3: function 'idle' needs 'to': where the result goes\n");
}

TEST_F(ConfigTest, CodeBringsTheAwsEndpointForItsSdks) {
  std::filesystem::create_directories(folder_ / "code");
  file("code/index.mjs", "");
  const std::string yaml = R"(networks:
  charity: {blocks: ledger.blockfile}
listeners:
  donations: {network: charity, to: queue:donations}
queues:
  donations: {visibility_timeout: 10s}
functions:
  ring:
    from: queue:donations
    lambda: {handler: index.handler, runtime: nodejs20.x, code: code, timeout: 10s, memory: 256MiB,
             environment: {COLOUR: green}, batch: {size: 100, window: 1s}}
)";
  const auto result = parse(yaml);
  ASSERT_EQ(format_problems("belfry.yaml", result.problems), "");
  EXPECT_EQ(result.config.aws->address.value, "127.0.0.1:0");
  EXPECT_EQ(result.config.functions.find("ring")->lambda->environment[0].second.value, "green");
  const auto with = [&](const std::string& what, const std::string& other) {
    std::string changed = yaml;
    changed.replace(changed.find(what), what.size(), other);
    std::string got = problems(changed);
    for (size_t at; (at = got.find(folder_.string())) != got.npos;)
      got.replace(at, folder_.string().size(), "FOLDER");
    return got;
  };
  EXPECT_EQ(with("nodejs20.x", "nodjs"),
            "belfry.yaml:10:47: there is no runtime 'nodjs'; did you mean 'nodejs'?\n");
  EXPECT_EQ(with("index.handler", "indx.handler"),
            "belfry.yaml:10:23: there is no file indx.js in FOLDER/code; did you mean "
            "'index.mjs'?\n");
  EXPECT_EQ(with("index.handler", "index"),
            "belfry.yaml:10:23: expected a handler such as index.handler, not 'index'\n");
  EXPECT_EQ(with("nodejs20.x", "provided"),
            "belfry.yaml:10:63: there is no file bootstrap in FOLDER/code, which runtime provided "
            "runs\n");
  EXPECT_EQ(with("code: code", "code: coed"),
            "belfry.yaml:10:65: FOLDER/coed is no folder that can be read\n");
  EXPECT_EQ(with("code, timeout: 10s", "code, timeout: 11s"),
            "belfry.yaml:8:3: queue 'donations' shows a message again after 10s, while function "
            "'ring' may take 11s: raise its visibility_timeout\n");
  EXPECT_EQ(with(", window: 1s", ""),
            "belfry.yaml:8:3: function 'ring' has a batch of more than ten messages without a "
            "window: add window: 1s\n");
  EXPECT_EQ(with("    lambda:", "    template: hi\n    lambda:"),
            "belfry.yaml:10:15: function 'ring' has both template and lambda: keep one\n");
  EXPECT_EQ(with("memory: 256MiB", "user: alice"),
            "belfry.yaml:10:91: there is no user 'alice'; there are none\n");
}

// A change to the good file, and the exact messages it must give.
struct Mistake {
  const char* name;
  const char* what;  // replaced
  const char* with;
  const char* message;
};

void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.name;
}

class ConfigMistakes : public ConfigTest, public ::testing::WithParamInterface<Mistake> {};

TEST_P(ConfigMistakes, GetsTheseMessages) {
  const Mistake& mistake = GetParam();
  std::string yaml = kGood;
  const size_t at = yaml.find(mistake.what);
  ASSERT_NE(at, std::string::npos);
  yaml.replace(at, std::string(mistake.what).size(), mistake.with);
  std::string expected = mistake.message;
  for (size_t place; (place = expected.find("FOLDER")) != std::string::npos;)
    expected.replace(place, 6, folder_.string());
  EXPECT_EQ(problems(yaml), expected);
}

constexpr Mistake kMistakes[] = {
    {"MisspeltTopKey", "topics:", "topic:",
     "belfry.yaml:17:1: 'topic' is no key of belfry.yaml; did you mean 'topics'?\n"},
    {"MisspeltNeededKey", "network: charity", "netwrok: charity",
     "belfry.yaml:5:5: 'netwrok' is no key of a listener; did you mean 'network'?\n"},
    {"UnknownKey", "from: {block: 42}", "colour: red",
     "belfry.yaml:6:5: 'colour' is no key of a listener; there are: network, from, match, invalid, "
     "body, to\n"},
    {"UnknownPlace", "from: {block: 42}", "from: lastest",
     "belfry.yaml:6:11: expected one of oldest, newest, next, not 'lastest'\n"},
    {"UnknownPlaceRecord", "from: {block: 42}", "from: {blok: 42}",
     "belfry.yaml:6:12: 'blok' is no key of a start position; did you mean 'block'?\n"},
    {"NegativeBlock", "{block: 42}", "{block: -1}",
     "belfry.yaml:6:19: expected a block number, not '-1'\n"},
    {"WrongType", "to: queue:donations", "to: {queue: donations}",
     "belfry.yaml:8:9: expected queue:NAME, topic:NAME, function:NAME, sqs:NAME, sns:NAME or "
     "lambda:NAME or a list of them, not a "
     "mapping\n"},
    {"NoTarget", "to: queue:donations", "to: donations",
     "belfry.yaml:8:9: expected queue:NAME, topic:NAME, function:NAME, sqs:NAME, sns:NAME or "
     "lambda:NAME, not 'donations'\n"},
    {"DanglingQueue", "to: queue:donations", "to: queue:donation",
     "belfry.yaml:8:9: there is no queue 'donation'; did you mean 'donations'?\n"},
    {"DanglingNetwork", "network: charity", "network: church",
     "belfry.yaml:5:14: there is no network 'church'; there is only: charity\n"},
    {"DanglingTopic", "to: topic:news", "to: topic:weather",
     "belfry.yaml:16:9: there is no topic 'weather'; there is only: news\n"},
    {"DanglingDeadLetter", "queue: dead,", "queue: daed,",
     "belfry.yaml:10:61: there is no queue 'daed'; did you mean 'dead'?\n"},
    {"DuplicateKey", "  dead: {}", "  dead: {}\n  dead: {}",
     "belfry.yaml:12:3: 'dead' stands twice: first at line 11\n"},
    {"BadDuration", "45s", "45 seconds",
     "belfry.yaml:10:35: expected a duration such as 30s (ms, s, m, h, d), not '45 seconds'\n"},
    {"DurationOutOfBounds", "45s", "13h",
     "belfry.yaml:10:35: 13h is out of bounds: from 0s to 12h\n"},
    {"CountOutOfBounds", "after: 3", "after: 0",
     "belfry.yaml:10:74: expected a whole number from 1 to 1000, not '0'\n"},
    {"ListForMapping", "queues:\n  donations: {", "queues:\n  - {",
     "belfry.yaml:11:3: not YAML: end of map not found\n"},
    {"TextForRecord", "  dead: {}", "  dead: yes",
     "belfry.yaml:11:9: expected a queue (a mapping), not 'yes'\n"},
    {"BadName", "  dead: {}", "  dead: {}\n  \"über queue\": {}",
     "belfry.yaml:12:3: 'über queue' is no name: up to 80 letters, digits, '-' and '_'\n"},
    {"NotSetVariable", "${WHO:-someone}", "${WHO}",
     "belfry.yaml:15:15: the environment variable WHO is not set: set it, or write "
     "${WHO:-default}\n"},
    {"MalformedVariable", "${WHO:-someone}", "${WHO someone}",
     "belfry.yaml:15:15: '${WHO someone} donat' is no variable: write ${NAME} or ${NAME:-default}, "
     "and $${ for a literal ${\n"},
    {"NotYaml", "queues:", "queues: [",
     "belfry.yaml:11:3: not YAML: end of sequence flow not found\n"},
    {"BadPhone", "+15555550100", "555-0100",
     "belfry.yaml:20:35: '555-0100' is no phone number: it does not begin with a plus and the "
     "country code, as in +15555550100\n"},
    {"UnknownProtocol", "protocol: sms", "protocol: pigeon",
     "belfry.yaml:20:20: expected one of sms, email, email-json, http, https, sqs, outbox, not "
     "'pigeon'\n"},
    {"BadMailAddress", "protocol: sms", "protocol: email",
     "belfry.yaml:20:37: '+15555550100' is no e-mail address, as in board@example.org\n"},
    {"BadHookAddress", "protocol: sms", "protocol: https",
     "belfry.yaml:20:37: expected a URL that begins with https://, not '+15555550100'\n"},
    {"BadQueueEndpoint", "protocol: sms", "protocol: sqs",
     "belfry.yaml:20:35: there is no queue '+15555550100'; there are: donations, dead\n"},
    {"UnreachableQueue", "  dead: {}", "  dead: {}\n  attic: {}",
     "belfry.yaml:12:3: nothing ever comes to queue attic: no listener, function or dead-letter "
     "setting leads there\n"},
    {"Loop", "to: topic:news", "to: [queue:donations, topic:news]",
     "belfry.yaml:13:3: a message would go round for ever: function announce → queue donations → "
     "function announce\n"},
    {"DeadLetterLoop", "dead: {}", "dead: {dead_letter: {queue: donations}}",
     "belfry.yaml:10:3: a message would go round for ever: queue donations → queue dead → queue "
     "donations\n"},
    {"MissingBlocks", "blocks: ledger.blockfile", "blocks: elsewhere",
     "belfry.yaml:2:21: FOLDER/elsewhere does not exist: it should be a block file, or a folder "
     "with blockfile_000000\n"},
    {"NoSource", "{blocks: ledger.blockfile}", "{channel: c}",
     "belfry.yaml:2:3: network 'charity' needs one of peers, profile or blocks\n"},
    {"PeersWithoutAll", "{blocks: ledger.blockfile}", "{peers: [{address: nowhere}]}",
     "belfry.yaml:2:3: network 'charity' needs 'channel': the channel to follow\n"
     "belfry.yaml:2:3: network 'charity' needs 'msp': the MSP id of the identity, such as Org1MSP\n"
     "belfry.yaml:2:3: network 'charity' needs 'identity': the certificate and key to sign "
     "requests with\n"
     "belfry.yaml:2:31: expected HOST:PORT, not 'nowhere'\n"},
    {"MissingSecretFile", "password_file: password", "password_file: pasword",
     "belfry.yaml:22:78: cannot open FOLDER/pasword: No such file or directory\n"},
    {"SecretStore", "password_file: password", "password: {secrets: smpp}",
     "belfry.yaml:22:73: expected a text that stays secret, or {secret: NAME}\n"},
    {"BadPattern", "numeric", "numerc",
     "belfry.yaml:7:56: match: \"numerc\" is no operator; did you mean \"numeric\"?\n"},
    {"UnknownField", "kind: chaincode-event", "knd: chaincode-event",
     "belfry.yaml:7:13: match: no event has a field \"knd\"; did you mean \"kind\"?\n"},
    {"BadTemplate", "${{payload.amount}}", "${{payload.amount",
     "belfry.yaml:15:15: line 1, column 34 of the template: expected | or }}, found ','\n"},
    {"BadBody", "from: {block: 42}", "body: ngo-smaple",
     "belfry.yaml:6:11: line 1, column 1 of the template: \"ngo-smaple\" is neither a preset "
     "(event, cloudevents, ngo-sample) nor a template with {{ }}; did you mean ngo-sample?\n"},
    {"BadFilter", "endpoint: \"+15555550100\"",
     "endpoint: \"+15555550100\", filter: {amount: [{\"anything-but\": {suffix: x}}]}",
     "belfry.yaml:20:87: filter: Unsupported anything-but pattern: suffix\n"},
    {"KeyIsNoKey", "{blocks: ledger.blockfile}",
     "{channel: c, msp: Org1MSP, peers: [{address: \"p:7051\"}], identity: {certificate: password, "
     "key: password}}",
     "belfry.yaml:2:93: FOLDER/password: not a PEM certificate: there is no line -----BEGIN "
     "CERTIFICATE-----\n"},
    {"LongSmppPassword", "password_file: password", "password: sesame-open",
     "belfry.yaml:22:73: an SMPP password has at most 8 characters\n"},
    {"TwoProviders", "sms:", "sms:\n  gateway: {preset: twilio}",
     "belfry.yaml:23:19: sms has both smpp and gateway: keep one\n"},
    {"TwoSubscriptions", "      - {protocol: sms, endpoint: \"+15555550100\"}",
     "      - {protocol: sms, endpoint: \"+15555550100\"}\n      - {protocol: sms, endpoint: "
     "\"+15555550100\"}",
     "belfry.yaml:21:9: topic 'news' has two subscriptions with the id 'sms-15555550100': give one "
     "of them an `id`\n"},
    {"Keepalive", "charity: {blocks: ledger.blockfile}",
     "charity: {blocks: ledger.blockfile, keepalive: 30s}",
     "belfry.yaml:2:50: 30s is out of bounds: from 1m to 2h\n"},
    {"Several", "network: charity", "network: church\n    invalid: 7\n    colour: red",
     "belfry.yaml:5:14: there is no network 'church'; there is only: charity\n"
     "belfry.yaml:6:14: expected true or false, not '7'\n"
     "belfry.yaml:7:5: 'colour' is no key of a listener; there are: network, from, match, invalid, "
     "body, to\n"},
};

INSTANTIATE_TEST_SUITE_P(Table, ConfigMistakes, ::testing::ValuesIn(kMistakes),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(ConfigTest, AKeyOfAnotherCertificateIsRefused) {
  const tests::CertificateAuthority authority;
  const tests::Credential alice = authority.issue({.common_name = "alice"});
  const tests::Credential bob = authority.issue({.common_name = "bob"});
  file("alice.pem", alice.certificate);
  file("alice.key", alice.key);
  file("bob.key", bob.key);
  const auto with_key = [&](const std::string& key) {
    std::string yaml = kGood;
    const std::string blocks = "{blocks: ledger.blockfile}";
    return yaml.replace(
        yaml.find(blocks), blocks.size(),
        "{channel: c, msp: Org1MSP, peers: [{address: \"p:7051\"}], identity: {certificate: "
        "alice.pem, key: " +
            key + "}}");
  };
  EXPECT_EQ(problems(with_key("alice.key")), "");
  const std::string mismatch = problems(with_key("bob.key"));
  EXPECT_THAT(mismatch, HasSubstr("belfry.yaml:2:93: "));
  EXPECT_THAT(mismatch, HasSubstr("bob.key"));
}

TEST(Schema, IsWrittenFromTheSameTable) {
  EXPECT_THAT(configuration_json_schema(), HasSubstr("\"visibility_timeout\""));
  EXPECT_THAT(
      configuration_reference(),
      HasSubstr("| `visibility_timeout` | a duration such as 30s (ms, s, m, h, d) | `30s` |"));
}

}  // namespace
}  // namespace belfry::app
