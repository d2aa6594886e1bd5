// The whole of belfry in one process: a recorded ledger through listeners, queue, function and
// topic to the outbox.
#include "app/runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "sinks/outbox.h"
#include "support/ledger.h"

namespace belfry::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr char kConfig[] = R"(networks:
  charity: {blocks: ledger.blockfile, follow: false, verify: signatures}
listeners:
  donations: {network: charity, match: {event: donationCreated}, to: "function:announce"}
  everything: {network: charity, body: '{"event": "{{event}}"}', to: topic:audit}
functions:
  announce: {template: "{{payload.createdBy}} gave {{payload.donationAmount}}", to: topic:news}
topics:
  news:
    subscriptions:
      - {protocol: sms, endpoint: "+15555550100", filter: {donationAmount: [{numeric: [">=", 95]}]}}
  audit:
    subscriptions: [{protocol: outbox, endpoint: audit}]
)";

class RuntimeTest : public ::testing::Test {
 protected:
  RuntimeTest() {
    std::string name = ::testing::TempDir() + "runtime_test_XXXXXX";
    folder_ = mkdtemp(name.data());
    std::ofstream(folder_ / "ledger.blockfile") << tests::ngo_ledger().block_file();
    ConfigResult parsed = parse_config(posix_files(), (folder_ / "belfry.yaml").string(), kConfig,
                                       [](std::string_view) { return std::nullopt; });
    EXPECT_EQ(format_problems("belfry.yaml", parsed.problems), "");
    config_ = std::move(parsed.config);
  }
  ~RuntimeTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Runtime> open() {
    auto runtime = Runtime::open(config_, {}, (folder_ / "data").string(), "test");
    if (!runtime) ADD_FAILURE() << runtime.error().message;
    return runtime ? std::move(*runtime) : nullptr;
  }

  static void run_to_the_end(Runtime& runtime) {
    runtime.start();
    while (!runtime.finished()) std::this_thread::sleep_for(milliseconds(5));
  }

  // Messages in the outbox by recipient.
  static std::map<std::string, size_t> outbox(Runtime& runtime) {
    std::map<std::string, size_t> out;
    const auto queue = *runtime.store().find_queue(sinks::kOutboxQueue);
    uint64_t after = 0;
    for (auto messages = runtime.store().peek(queue, 0, 500); !messages.empty();
         messages = runtime.store().peek(queue, after, 500)) {
      for (const auto& message : messages)
        ++out[std::string(boost::json::parse(message.message.body).at("to").as_string())];
      after = messages.back().sequence;
    }
    return out;
  }

  std::filesystem::path folder_;
  Config config_;
};

TEST_F(RuntimeTest, EverythingArrivesOnceAlsoAfterARestart) {
  const std::map<std::string, size_t> expected{{"+15555550100", 96}, {"audit", 1829}};
  for (int start = 0; start < 2; ++start) {
    const auto runtime = open();
    run_to_the_end(*runtime);
    EXPECT_EQ(outbox(*runtime), expected);
    EXPECT_TRUE(runtime->stop(seconds(60)));
  }
}

TEST_F(RuntimeTest, TellsWhatItDid) {
  const auto runtime = open();
  run_to_the_end(*runtime);
  const RuntimeStatus status = runtime->status();
  EXPECT_TRUE(is_ready(status));
  const std::string metrics = metrics_text(status, system_clock().now());
  EXPECT_THAT(metrics, HasSubstr("belfry_network_height{network=\"charity\"} 227"));
  EXPECT_THAT(
      metrics,
      HasSubstr(
          "belfry_listener_delivered_total{listener=\"everything\",to=\"topic:audit\"} 1829"));
  EXPECT_THAT(metrics,
              HasSubstr("belfry_worker_done_total{kind=\"function\",name=\"announce\"} 1800"));
  const boost::json::object json = status_json(status, system_clock().now());
  EXPECT_EQ(json.at("listeners").as_array().size(), 2U);
  runtime->stop(seconds(60));
}

TEST_F(RuntimeTest, StopsInTheMiddleAndGoesOn) {
  {
    const auto runtime = open();
    runtime->start();
    while (outbox(*runtime).empty()) std::this_thread::sleep_for(milliseconds(1));
    EXPECT_TRUE(runtime->stop(seconds(60)));
  }
  const auto runtime = open();
  run_to_the_end(*runtime);
  EXPECT_EQ(outbox(*runtime).at("audit"), 1829U);
  runtime->stop(seconds(60));
}

TEST_F(RuntimeTest, ReplaysIntoAnotherPlace) {
  const auto runtime = open();
  run_to_the_end(*runtime);
  ASSERT_TRUE(
      runtime->replay({.listener = "everything", .range = {0, 226}, .into = "topic:audit"}));
  while (!runtime->replays()[0].finished) std::this_thread::sleep_for(milliseconds(5));
  EXPECT_EQ(runtime->replays()[0].error, "");
  EXPECT_EQ(runtime->replays()[0].progress.events, 1829U);
  while (!runtime->finished()) std::this_thread::sleep_for(milliseconds(5));
  EXPECT_EQ(outbox(*runtime).at("audit"), 2 * 1829U);
  runtime->stop(seconds(60));
}

TEST_F(RuntimeTest, TheFolderIsHeld) {
  const auto runtime = open();
  const auto second = Runtime::open(config_, {}, (folder_ / "data").string(), "test");
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("data"));
}

}  // namespace
}  // namespace belfry::app
