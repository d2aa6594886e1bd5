// What the tests of SQS share: the service behind a front, over a store whose clock is moved by
// hand, and a client for it in either protocol. An answer is the same JSON object whichever
// protocol carried it.
#pragma once

#include <future>
#include <memory>
#include <string>

#include "aws/front.h"
#include "aws/sqs.h"
#include "queue/store_harness.h"

namespace belfry::aws::sqs {

enum class Protocol { json, query };

struct Reply {
  int status = 0;
  std::string code;     // of an error: the older code, which both protocols carry
  std::string message;  // of an error
  boost::json::object body;

  std::string text(std::string_view field) const;
  const boost::json::object& at(std::string_view list, size_t index) const;
  size_t count(std::string_view list) const;  // 0: the list is not there
};

class SqsHarness : public queue::StoreHarness {
 public:
  explicit SqsHarness(Protocol protocol, Sqs::Options options = {});
  ~SqsHarness();

  // `input` is JSON with ' for ", to be read easily.
  Reply call(const std::string& action, const std::string& input);
  Reply call(const std::string& action, const boost::json::object& input);
  std::future<Reply> call_later(const std::string& action, const boost::json::object& input);

  std::string make_queue(const std::string& name, const std::string& attributes = "{}");  // URL
  std::string attribute(const std::string& queue, const std::string& name);
  void advance(Duration by);  // the clock, and what is due by then happens
  void restart();             // the program ends and starts again

  Protocol protocol;
  std::string path = "/";
  http::Headers headers{{"Host", "localhost:4566"}};
  std::shared_ptr<std::atomic<bool>> disconnected = std::make_shared<std::atomic<bool>>(false);
  http::ServerResponse last;  // as it came

 private:
  void start();
  void settle();
  Reply read(const std::string& action, const http::ServerResponse& response) const;

  Sqs::Options sqs_options_;
  std::unique_ptr<ManualExecutor> executor_;
  std::unique_ptr<Sqs> sqs_;
  std::unique_ptr<Front> front_;
};

boost::json::object quoted(std::string text);  // JSON with ' for "

}  // namespace belfry::aws::sqs
