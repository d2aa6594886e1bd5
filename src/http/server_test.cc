#include "http/server.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <thread>

#include "http/test_socket.h"

namespace belfry::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::unique_ptr<Server> start(RequestHandler handler, Server::Options options = {}) {
  auto server = Server::start(std::move(options), std::move(handler));
  EXPECT_TRUE(server) << server.error().message;
  return std::move(*server);
}

void echo(ServerRequest request, Respond respond) {
  respond({200,
           {{"Content-Type", "text/plain"}},
           request.method + " " + request.target + " " + request.body,
           {}});
}

const std::string kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

TEST(Server, AnswersAndKeepsTheConnection) {
  const auto server = start(echo);
  TestSocket client(server->port());
  for (int i = 0; i < 3; ++i) {
    client.send("POST /x?y HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    const auto answer = client.read_until("POST /x?y hi");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
    EXPECT_THAT(
        answer,
        HasSubstr("\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nPOST /x?y hi"));
  }
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  const auto server = start(echo);
  TestSocket client(server->port());
  std::string all;
  for (int i = 0; i < 200; ++i) all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  client.send(all + "GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const auto answers = client.read_to_end();
  size_t at = 0;
  for (int i = 0; i < 200; ++i) {
    at = answers.find("GET /" + std::to_string(i) + " ", at);
    ASSERT_NE(at, answers.npos) << i;
  }
  EXPECT_THAT(answers, EndsWith("GET /last "));
}

TEST(Server, AnswersLaterFromAnotherThread) {
  std::mutex mutex;
  std::vector<Respond> waiting;
  std::promise<void> both;
  const auto server = start([&](ServerRequest, Respond respond) {
    std::lock_guard lock(mutex);
    waiting.push_back(std::move(respond));
    if (waiting.size() == 2) both.set_value();
  });
  TestSocket one(server->port()), two(server->port());
  one.send(kGet);
  two.send(kGet);
  both.get_future().wait();
  for (auto& respond : waiting) respond({200, {}, "late", {}});
  EXPECT_THAT(one.read_until("late"), EndsWith("late"));
  EXPECT_THAT(two.read_until("late"), EndsWith("late"));
}

TEST(Server, ADroppedAnswerIs500) {
  const auto server = start([](ServerRequest, Respond) {});
  TestSocket client(server->port());
  client.send(kGet);
  EXPECT_THAT(client.read_until("no answer"), StartsWith("HTTP/1.1 500 "));
}

TEST(Server, AThrowingHandlerIs500AndTheServerLivesOn) {
  const auto server = start([](ServerRequest, Respond) { throw std::runtime_error("broken"); });
  for (int i = 0; i < 2; ++i) {
    TestSocket client(server->port());
    client.send(kGet);
    EXPECT_THAT(client.read_until("no answer"), StartsWith("HTTP/1.1 500 "));
  }
}

TEST(Server, RefusesAndCloses) {
  const auto server = start(echo);
  TestSocket client(server->port());
  client.send(
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: "
      "chunked\r\n\r\n0\r\n\r\n" +
      kGet);
  const auto answer = client.read_to_end();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("GET")));
}

TEST(Server, TellsTheReasonEvenToOneWhoSendsOn) {
  const auto server = start(echo, {.body_limit = 1000});
  TestSocket client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n" +
              std::string(500'000, 'x'));
  client.finish_sending();
  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 413 "));
}

TEST(Server, BodiesTogetherAreBounded) {
  std::vector<Respond> held;
  std::promise<void> both;
  const auto server = start(
      [&](ServerRequest, Respond respond) {
        held.push_back(std::move(respond));
        if (held.size() == 2) both.set_value();
      },
      {.body_memory = 100'000});
  const auto post = [](size_t size) {
    return fmt::format("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", size) +
           std::string(size, 'x');
  };
  TestSocket first(server->port()), second(server->port()), third(server->port());
  first.send(post(90'000));
  second.send(post(10'000));  // a small one always has room
  both.get_future().wait();
  third.send(post(20'000));
  EXPECT_THAT(third.read_to_end(), StartsWith("HTTP/1.1 503 "));
  for (auto& respond : held) respond({200, {}, "", {}});
  EXPECT_THAT(first.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(second.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
}

TEST(Server, SaysContinueBeforeABody) {
  const auto server = start(echo);
  TestSocket client(server->port());
  client.send("PUT /c HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_THAT(client.read_until("PUT /c ok"), StartsWith("HTTP/1.1 200 "));
}

TEST(Server, AHalfClosedClientStillGetsItsAnswer) {
  const auto server = start(echo);
  TestSocket client(server->port());
  client.send(kGet);
  client.finish_sending();
  EXPECT_THAT(client.read_to_end(), EndsWith("GET /a "));
}

TEST(Server, HeadHasALengthAndNoBody) {
  const auto server = start(echo);
  TestSocket client(server->port());
  client.send("HEAD /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const auto answer = client.read_to_end();
  EXPECT_THAT(answer, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST(Server, AHeaderFromOutsideBeginsNoNewLine) {
  const auto server = start([](ServerRequest, Respond respond) {
    respond({200, {{"Location", "/x\r\nSet-Cookie: a=b"}, {"bad name", "v"}}, "", {}});
  });
  TestSocket client(server->port());
  client.send(kGet);
  const auto answer = client.read_until("\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Location: /xSet-Cookie: a=b\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("bad name")));
}

TEST(Server, AnIdleClientIsEnded) {
  const auto server = start(echo, {.idle_timeout = std::chrono::milliseconds(60)});
  TestSocket idle(server->port());
  EXPECT_EQ(idle.read_to_end(), "");
}

TEST(Server, ASlowRequestIsEndedWithAWord) {
  const auto server = start(echo, {.idle_timeout = std::chrono::hours(1),
                                   .request_timeout = std::chrono::milliseconds(60)});
  TestSocket slow(server->port());
  slow.send("GET / HT");
  EXPECT_THAT(slow.read_to_end(), StartsWith("HTTP/1.1 408 "));
}

TEST(Server, AClientThatDoesNotReadIsEnded) {
  std::promise<void> asked;
  const auto server = start(
      [&](ServerRequest, Respond respond) {
        respond({200, {}, std::string(64 << 20, 'x'), {}});
        asked.set_value();
      },
      {.send_timeout = std::chrono::milliseconds(60)});
  TestSocket client(server->port(), 4096);
  client.send(kGet);
  asked.get_future().wait();
  while (server->connections() > 0) std::this_thread::yield();
  EXPECT_LT(client.read_to_end().size(), size_t{64 << 20});
}

TEST(Server, MoreConnectionsThanAllowedAreTurnedAway) {
  const auto server = start(echo, {.connections = 1});
  TestSocket first(server->port());
  first.send(kGet);
  EXPECT_THAT(first.read_until("GET /a "), StartsWith("HTTP/1.1 200 "));
  TestSocket second(server->port());
  EXPECT_THAT(second.read_to_end(), StartsWith("HTTP/1.1 503 "));
}

TEST(Server, HoldsThousandsOfConnections) {
  const auto server = start(echo, {.threads = 2});
  std::vector<std::unique_ptr<TestSocket>> clients;
  for (int i = 0; i < 3000; ++i) clients.push_back(std::make_unique<TestSocket>(server->port()));
  for (auto& client : clients) client->send(kGet);
  for (auto& client : clients)
    ASSERT_THAT(client->read_until("GET /a "), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(server->connections(), 3000u);
}

TEST(Server, LearnsThatALongPollHasLeft) {
  std::promise<std::shared_ptr<const std::atomic<bool>>> asked;
  std::vector<Respond> waiting;
  const auto server = start([&](ServerRequest request, Respond respond) {
    waiting.push_back(std::move(respond));
    asked.set_value(request.disconnected);
  });
  auto client = std::make_unique<TestSocket>(server->port());
  client->send(kGet);
  const auto disconnected = asked.get_future().get();
  EXPECT_FALSE(*disconnected);
  client.reset();
  while (!*disconnected) std::this_thread::yield();
}

TEST(Server, AnAnswerMayOutliveTheServer) {
  std::promise<Respond> taken;
  auto server = start([&](ServerRequest, Respond respond) { taken.set_value(std::move(respond)); });
  TestSocket client(server->port());
  client.send(kGet);
  auto respond = taken.get_future().get();
  server.reset();
  respond({200, {}, "too late", {}});
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(Server, APortInUseIsSaidSo) {
  const auto server = start(echo);
  const auto second = Server::start({.port = server->port()}, echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "cannot listen on 127.0.0.1:" + std::to_string(server->port()) +
                                        ": Address already in use");
}

// Writes the pieces one after another, each when the one before has gone.
struct Countdown : std::enable_shared_from_this<Countdown> {
  explicit Countdown(std::shared_ptr<ServerStream> stream) : stream(std::move(stream)) {}
  void next() {
    if (left == 0 || !stream->write("piece " + std::to_string(left--) + "\n")) {
      stream.reset();
      return;
    }
    stream->when_drained([self = shared_from_this()] { self->next(); });
  }
  std::shared_ptr<ServerStream> stream;
  int left = 3;
};

void count_down(ServerRequest, Respond respond) {
  ServerResponse response;
  response.stream = [](std::shared_ptr<ServerStream> stream) {
    std::make_shared<Countdown>(std::move(stream))->next();
  };
  respond(std::move(response));
}

TEST(ServerStream, SendsPiecesAndKeepsTheConnection) {
  const auto server = start(count_down);
  TestSocket client(server->port());
  for (int i = 0; i < 2; ++i) {
    client.send(kGet);
    const auto answer = client.read_until("\r\n0\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr("Transfer-Encoding: chunked\r\n"));
    EXPECT_THAT(
        answer,
        EndsWith("\r\n\r\n8\r\npiece 3\n\r\n8\r\npiece 2\n\r\n8\r\npiece 1\n\r\n0\r\n\r\n"));
  }
}

TEST(ServerStream, EndsWithTheConnectionForOldClients) {
  const auto server = start(count_down);
  TestSocket client(server->port());
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.read_to_end(), EndsWith("\r\n\r\npiece 3\npiece 2\npiece 1\n"));
}

TEST(ServerStream, AWriterLearnsThatTheClientLeft) {
  std::promise<std::shared_ptr<ServerStream>> opened;
  const auto server = start([&](ServerRequest, Respond respond) {
    ServerResponse response;
    response.stream = [&](std::shared_ptr<ServerStream> stream) {
      opened.set_value(std::move(stream));
    };
    respond(std::move(response));
  });
  auto client = std::make_unique<TestSocket>(server->port());
  client->send(kGet);
  const auto stream = opened.get_future().get();
  EXPECT_TRUE(stream->write("hello"));
  EXPECT_THAT(client->read_until("hello"), HasSubstr("5\r\nhello"));
  client.reset();
  while (!stream->gone()) std::this_thread::yield();
  EXPECT_FALSE(stream->write("more"));
  bool called = false;
  stream->when_drained([&] { called = true; });
  EXPECT_TRUE(called);
}

TEST(ServerStream, AReaderTooSlowIsCutOff) {
  std::promise<std::shared_ptr<ServerStream>> opened;
  const auto server = start(
      [&](ServerRequest, Respond respond) {
        ServerResponse response;
        response.stream = [&](std::shared_ptr<ServerStream> stream) {
          opened.set_value(std::move(stream));
        };
        respond(std::move(response));
      },
      {.stream_limit = 100'000});
  TestSocket client(server->port(), 4096);
  client.send(kGet);
  const auto stream = opened.get_future().get();
  while (stream->write(std::string(10'000, 'x'))) std::this_thread::yield();
  EXPECT_TRUE(stream->gone());
  EXPECT_THAT(client.read_to_end(), Not(EndsWith("0\r\n\r\n")));
}

}  // namespace
}  // namespace belfry::http
