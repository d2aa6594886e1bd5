// Every service behind one HTTP server of several threads, and clients that all change the same
// things at once: for the thread sanitizer as much as for the answers.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "aws/front.h"
#include "aws/lambda.h"
#include "aws/secrets_manager.h"
#include "aws/sns.h"
#include "aws/sqs.h"
#include "aws/ssm.h"
#include "aws/sts.h"
#include "base/bytes.h"
#include "base/executor.h"
#include "functions/code_archive.h"
#include "http/client.h"
#include "http/server.h"
#include "topic/confirmation.h"
#include "topic/direct.h"

namespace belfry::aws {
namespace {

namespace json = boost::json;
using json::object;

constexpr size_t kServerThreads = 4, kClients = 6, kRounds = 8;
constexpr char kTopic[] = "arn:aws:sns:us-east-1:000000000000:t";

class FrontThreadsTest : public testing::Test {
 protected:
  FrontThreadsTest() {
    std::string pattern = testing::TempDir() + "frontXXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    for (const char* name : {"store", "code"}) std::filesystem::create_directories(folder_ / name);
    std::ofstream(folder_ / "code/bootstrap") << "#!/bin/sh\n";
    code_ = base64(*functions::pack_code((folder_ / "code").string()));
    store_ = queue::Store::open(posix_files(), clock_, random_, (folder_ / "store").string(),
                                {.segment_bytes = 1 << 20})
                 .value();
    EXPECT_TRUE(topic::open_confirmations(*store_));
    EXPECT_TRUE(topic::open_direct_queues(*store_));
    notices_ = std::make_unique<topic::Notices>(*store_, clock_, topic::Notices::Options());
    topics_ = topic::Topics::over(*store_, notices_.get());
    host_ = functions::LambdaHost::start(posix_files(), clock_, random_,
                                         {(folder_ / "functions").string()})
                .value();
    sqs_ = std::make_unique<Sqs>(*store_, clock_, random_, *executor_, Sqs::Options());
    sns_ = std::make_unique<Sns>(*store_, *topics_, *notices_, clock_, random_, Sns::Options());
    secrets_ = std::make_unique<SecretsStore>(*store_, clock_, random_, MasterKey::make(random_));
    lambda::Lambda::Options options;
    options.folder = (folder_ / "functions").string();
    lambda_ = std::make_unique<lambda::Lambda>(
        lambda::Lambda::Parts{*store_, *host_, posix_files(), clock_, random_, *executor_},
        options);
    EXPECT_TRUE(lambda_->resume());
    front_ = std::make_unique<Front>(clock_, random_, Front::Options());
    for (auto service :
         {sqs_->service(), sns_->service(), secrets_manager(*secrets_), ssm(*secrets_), sts()})
      front_->add(std::move(service));
    for (const std::string& prefix : lambda::Lambda::prefixes())
      front_->add_rest(
          prefix, "lambda",
          [this](http::ServerRequest request, const Caller& caller, http::Respond respond) {
            lambda_->handle(std::move(request), caller, std::move(respond));
          });
    http::Server::Options server;
    server.threads = kServerThreads;
    server.round_begins = [this] { store_->begin_turn(); };
    server.round_ends = [this] { store_->end_turn(); };
    server_ = http::Server::start(std::move(server), [this](http::ServerRequest request,
                                                            http::Respond respond) {
                front_->handle(std::move(request), std::move(respond));
              }).value();
  }
  ~FrontThreadsTest() override {
    server_.reset();
    lambda_.reset();
    sqs_.reset();
    executor_.reset();
    host_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  // A client with connections of its own, which the server's threads share out among them.
  class Client {
   public:
    explicit Client(uint16_t port) : to_("http://127.0.0.1:" + std::to_string(port)) {}

    object call(const std::string& target, const object& input) {
      return send("POST", "/", {{"X-Amz-Target", target}}, json::serialize(input));
    }
    object lambda(const std::string& method, const std::string& path, const object& input = {}) {
      return send(method, "/2015-03-31/functions" + path, {}, json::serialize(input));
    }
    std::string query(const std::string& form) {
      return text("POST", "/", {{"Content-Type", "application/x-www-form-urlencoded"}}, form);
    }

   private:
    std::string text(const std::string& method, const std::string& path, http::Headers headers,
                     std::string body) {
      http::Request request;
      request.method = method;
      request.url = to_ + path;
      request.headers = std::move(headers);
      request.body = std::move(body);
      request.timeout = std::chrono::minutes(5);
      const auto response = client_->send(std::move(request));
      EXPECT_EQ(response.status / 100, 2) << response.error << response.body;
      return response.body;
    }
    object send(const std::string& method, const std::string& path, http::Headers headers,
                std::string body) {
      const std::string answer = text(method, path, std::move(headers), std::move(body));
      return answer.empty() ? object() : json::parse(answer).as_object();
    }

    const std::string to_;
    const std::unique_ptr<http::Client> client_ =
        http::Client::create({.allow_private_networks = true});
  };

  void at_once(const std::function<void(Client& caller, size_t who)>& run) {
    std::vector<std::thread> clients;
    for (size_t who = 0; who < kClients; ++who)
      clients.emplace_back([&, who] {
        Client caller(server_->port());
        run(caller, who);
      });
    for (auto& client : clients) client.join();
  }

  Clock& clock_ = system_clock();
  Random& random_ = secure_random();
  std::filesystem::path folder_;
  std::string code_;
  std::unique_ptr<queue::Store> store_;
  std::unique_ptr<topic::Notices> notices_;
  std::unique_ptr<topic::Topics> topics_;
  // One thread: two would unpack code at once, and the sanitizer does not see the lock of tzset().
  std::unique_ptr<Executor> executor_ = thread_executor(1);
  std::unique_ptr<functions::LambdaHost> host_;
  std::unique_ptr<Sqs> sqs_;
  std::unique_ptr<Sns> sns_;
  std::unique_ptr<SecretsStore> secrets_;
  std::unique_ptr<lambda::Lambda> lambda_;
  std::unique_ptr<Front> front_;
  std::unique_ptr<http::Server> server_;
};

TEST_F(FrontThreadsTest, EveryMessageIsHadOnceAndNoChangeOfAQueueUndoesAnother) {
  Client first(server_->port());
  const auto url = first.call("AmazonSQS.CreateQueue", {{"QueueName", "q"}}).at("QueueUrl");
  std::mutex mutex;
  std::multiset<std::string> had;
  at_once([&](Client& caller, size_t who) {
    const std::string me = std::to_string(who);
    caller.call("AmazonSQS.CreateQueue", {{"QueueName", "own" + me}});
    for (size_t round = 0; round < kRounds; ++round) {
      const std::string body = me + "/" + std::to_string(round);
      caller.call("AmazonSQS.SendMessage", {{"QueueUrl", url}, {"MessageBody", body}});
      caller.call("AmazonSQS.SendMessageBatch", {{"QueueUrl", url},
                                                 {"Entries",
                                                  {{{"Id", "a"}, {"MessageBody", body + "a"}},
                                                   {{"Id", "b"}, {"MessageBody", body + "b"}}}}});
      caller.call("AmazonSQS.TagQueue", {{"QueueUrl", url}, {"Tags", {{body, me}}}});
      caller.call("AmazonSQS.ListQueues", {});
    }
    for (;;) {
      const auto got = caller.call("AmazonSQS.ReceiveMessage", {{"QueueUrl", url},
                                                                {"MaxNumberOfMessages", 3},
                                                                {"WaitTimeSeconds", who % 2},
                                                                {"VisibilityTimeout", 3600}});
      if (!got.contains("Messages")) break;
      for (const auto& message : got.at("Messages").as_array()) {
        caller.call("AmazonSQS.DeleteMessage",
                    {{"QueueUrl", url}, {"ReceiptHandle", message.at("ReceiptHandle")}});
        std::lock_guard lock(mutex);
        had.emplace(message.at("Body").as_string());
      }
    }
    caller.call("AmazonSQS.DeleteQueue", {{"QueueUrl", "http://localhost/000000000000/own" + me}});
  });
  // Who found none when others were still sending has left some.
  for (;;) {
    const auto got =
        first.call("AmazonSQS.ReceiveMessage", {{"QueueUrl", url}, {"MaxNumberOfMessages", 10}});
    if (!got.contains("Messages")) break;
    for (const auto& message : got.at("Messages").as_array())
      had.emplace(message.at("Body").as_string());
  }
  EXPECT_EQ(had.size(), kClients * kRounds * 3);
  EXPECT_EQ(std::set<std::string>(had.begin(), had.end()).size(), had.size());
  EXPECT_EQ(
      first.call("AmazonSQS.ListQueueTags", {{"QueueUrl", url}}).at("Tags").as_object().size(),
      kClients * kRounds);
}

TEST_F(FrontThreadsTest, TopicsTakeSubscribersAndPublicationsFromAll) {
  Client first(server_->port());
  first.query("Action=CreateTopic&Name=t");
  at_once([&](Client& caller, size_t who) {
    const std::string me = std::to_string(who), topic = std::string("&TopicArn=") + kTopic;
    const std::string resource = std::string("&ResourceArn=") + kTopic;
    for (size_t round = 0; round < kRounds; ++round) {
      const std::string number = me + std::to_string(round + 100);
      caller.query("Action=Subscribe&Protocol=sms&Endpoint=%2B49170" + number + topic);
      caller.query("Action=Publish&Message=m" + number + topic);
      caller.query("Action=TagResource&Tags.member.1.Key=" + number + "&Tags.member.1.Value=v" +
                   resource);
      caller.query("Action=ListSubscriptionsByTopic" + topic);
      caller.query("Action=GetTopicAttributes" + topic);
    }
  });
  EXPECT_EQ(topics_->subscriptions("t").size(), kClients * kRounds);
}

TEST_F(FrontThreadsTest, SecretsAndParametersCountEveryChange) {
  Client first(server_->port());
  first.call("secretsmanager.CreateSecret",
             {{"Name", "s"}, {"SecretString", "first"}, {"ClientRequestToken", random_.uuid()}});
  first.call("AmazonSSM.PutParameter", {{"Name", "p"}, {"Type", "String"}, {"Value", "first"}});
  at_once([&](Client& caller, size_t who) {
    for (size_t round = 0; round < kRounds; ++round) {
      const std::string value = std::to_string(who) + "/" + std::to_string(round);
      caller.call(
          "secretsmanager.PutSecretValue",
          {{"SecretId", "s"}, {"SecretString", value}, {"ClientRequestToken", random_.uuid()}});
      caller.call("secretsmanager.TagResource",
                  {{"SecretId", "s"},
                   {"Tags", json::array{{{"Key", std::to_string(who)}, {"Value", value}}}}});
      caller.call("secretsmanager.GetSecretValue", {{"SecretId", "s"}});
      caller.call("AmazonSSM.PutParameter",
                  {{"Name", "p"}, {"Type", "String"}, {"Value", value}, {"Overwrite", true}});
      caller.call("AmazonSSM.GetParameter", {{"Name", "p"}});
      caller.query("Action=GetCallerIdentity&Version=2011-06-15");
    }
  });
  EXPECT_EQ(first.call("AmazonSSM.GetParameter", {{"Name", "p"}}).at("Parameter").at("Version"),
            1 + kClients * kRounds);
  const auto secret = first.call("secretsmanager.DescribeSecret", {{"SecretId", "s"}});
  EXPECT_EQ(secret.at("Tags").as_array().size(), kClients);
}

TEST_F(FrontThreadsTest, FunctionsKeepWhatEachClientSet) {
  Client first(server_->port());
  const auto create = [&](Client& caller, const std::string& name) {
    caller.lambda("POST", "",
                  {{"FunctionName", name},
                   {"Runtime", "provided.al2023"},
                   {"Role", "arn:aws:iam::000000000000:role/any"},
                   {"Handler", "any"},
                   {"Code", {{"ZipFile", code_}}}});
  };
  create(first, "shared");
  at_once([&](Client& caller, size_t who) {
    const std::string me = "f" + std::to_string(who);
    create(caller, me);
    for (size_t round = 0; round < kRounds; ++round) {
      const object setting = who % 2 == 0 ? object{{"Timeout", 7}} : object{{"MemorySize", 256}};
      caller.lambda("PUT", "/shared/configuration", setting);
      caller.lambda("PUT", "/" + me + "/configuration", {{"Timeout", round + 1}});
      caller.lambda("GET", "");
      caller.lambda("GET", "/shared");
    }
  });
  const object shared = first.lambda("GET", "/shared/configuration");
  EXPECT_EQ(shared.at("Timeout"), 7);
  EXPECT_EQ(shared.at("MemorySize"), 256);
  for (size_t who = 0; who < kClients; ++who)
    EXPECT_EQ(first.lambda("GET", "/f" + std::to_string(who) + "/configuration").at("Timeout"),
              kRounds);
}

}  // namespace
}  // namespace belfry::aws
