#include "http/request_parser.h"

#include <gtest/gtest.h>

namespace belfry::http {
namespace {

using State = RequestParser::State;

// The parser after these bytes came `step` at a time.
RequestParser fed(std::string_view bytes, size_t step = std::string_view::npos,
                  RequestParser::Limits limits = {}) {
  RequestParser parser(limits);
  while (!bytes.empty()) {
    const size_t taken = parser.feed(bytes.substr(0, step));
    if (taken == 0) break;
    bytes.remove_prefix(taken);
  }
  return parser;
}

struct Refusal {
  const char* what;
  std::string bytes;
  int status;
};

class RequestParserRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(RequestParserRefuses, WithItsStatusHoweverTheBytesAreCut) {
  for (const size_t step : {1u, 2u, 7u, 100'000u}) {
    const auto parser =
        fed(GetParam().bytes, step, {.header_limit = 1024, .body_limit = 64, .fields = 8});
    EXPECT_EQ(parser.state(), State::failed) << GetParam().what;
    EXPECT_EQ(parser.status(), GetParam().status) << parser.reason();
  }
}

const std::string kHead = "POST /x HTTP/1.1\r\nHost: a\r\n";

INSTANTIATE_TEST_SUITE_P(
    Each, RequestParserRefuses,
    testing::Values(
        Refusal{"both length and coding",
                kHead + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        Refusal{"two lengths", kHead + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
        Refusal{"a list of lengths", kHead + "Content-Length: 5, 5\r\n\r\n", 400},
        Refusal{"a signed length", kHead + "Content-Length: +5\r\n\r\n", 400},
        Refusal{"a negative length", kHead + "Content-Length: -0\r\n\r\n", 400},
        Refusal{"an empty length", kHead + "Content-Length: \r\n\r\n", 400},
        Refusal{"an overflowing length", kHead + "Content-Length: 99999999999999999999\r\n\r\n",
                400},
        Refusal{"another coding", kHead + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
        Refusal{"chunked twice",
                kHead + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        Refusal{"a disguised coding",
                kHead + "Transfer-Encoding: \x0b"
                        "chunked\r\n\r\n",
                400},
        Refusal{"a coding in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
                400},
        Refusal{"a folded field", kHead + "X: a\r\n b\r\n\r\n", 400},
        Refusal{"a space before the colon", kHead + "Content-Length : 5\r\n\r\n", 400},
        Refusal{"a nameless field", kHead + ": 5\r\n\r\n", 400},
        Refusal{"no colon", kHead + "abc\r\n\r\n", 400},
        Refusal{"a bare line feed", "GET / HTTP/1.1\nHost: a\n\n", 400},
        Refusal{"a bare carriage return", kHead + "X: a\rY: b\r\n\r\n", 400},
        Refusal{"a zero byte", kHead + std::string("X: a\0b\r\n\r\n", 10), 400},
        Refusal{"no host", "GET / HTTP/1.1\r\n\r\n", 400},
        Refusal{"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
        Refusal{"two parts", "GET /\r\n", 400}, Refusal{"three spaces", "GET  / HTTP/1.1\r\n", 400},
        Refusal{"no slash", "GET x HTTP/1.1\r\n", 400},
        Refusal{"a bad escape", "GET /%4 HTTP/1.1\r\n", 400},
        Refusal{"a zero in the path", "GET /%00 HTTP/1.1\r\n", 400},
        Refusal{"a bad method", "G\"T / HTTP/1.1\r\n", 400},
        Refusal{"another protocol", "GET / SPDY/1.1\r\n", 400},
        Refusal{"HTTP/2", "PRI * HTTP/2.0\r\n", 505},
        Refusal{"a proxy request", "CONNECT a:1 HTTP/1.1\r\n", 501},
        Refusal{"another expectation", kHead + "Expect: tea\r\n\r\n", 417},
        Refusal{"a long body", kHead + "Content-Length: 65\r\n\r\n", 413},
        Refusal{"a long request line", "GET /" + std::string(1100, 'x'), 414},
        Refusal{"a long header", kHead + "X: " + std::string(1100, 'x'), 431},
        Refusal{"many fields",
                kHead + "a:1\r\nb:1\r\nc:1\r\nd:1\r\ne:1\r\nf:1\r\ng:1\r\nh:1\r\n\r\n", 431},
        Refusal{"a long chunk", kHead + "Transfer-Encoding: chunked\r\n\r\n41\r\n", 413},
        Refusal{
            "a long sum of chunks",
            kHead + "Transfer-Encoding: chunked\r\n\r\n3f\r\n" + std::string(63, 'x') + "\r\n2\r\n",
            413},
        Refusal{"a wrapping chunk",
                kHead + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 413},
        Refusal{"an overflowing chunk",
                kHead + "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", 400},
        Refusal{"a chunk with 0x", kHead + "Transfer-Encoding: chunked\r\n\r\n0x1\r\n", 400},
        Refusal{"a chunk that runs on", kHead + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
                400},
        Refusal{"endless trailers",
                kHead + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(1100, 'x'),
                431}));

TEST(RequestParser, ReadsTargetAndFields) {
  for (const size_t step : {1u, 3u, 1000u}) {
    auto parser =
        fed("\r\nGET /a%20b/c?x=1&y=%26+z&x=2 HTTP/1.1\r\nHost: h\r\nX-One:  two \r\n\r\n", step);
    ASSERT_EQ(parser.state(), State::complete) << parser.reason();
    EXPECT_TRUE(parser.keep_alive());
    const ServerRequest request = parser.take();
    EXPECT_EQ(request.method, "GET");
    EXPECT_EQ(request.target, "/a%20b/c?x=1&y=%26+z&x=2");
    EXPECT_EQ(request.path, "/a b/c");
    EXPECT_EQ(request.parameter("y"), "& z");
    EXPECT_EQ(request.query.size(), 3u);
    ASSERT_TRUE(request.header("x-one"));
    EXPECT_EQ(*request.header("x-one"), "two");
  }
}

TEST(RequestParser, ReadsChunksHoweverTheyAreCut) {
  for (size_t step = 1; step < 40; ++step) {
    auto parser =
        fed(kHead +
                "Transfer-Encoding: Chunked\r\n\r\n"
                "5;name=value\r\nhello\r\n00A\r\n, \r\nworld\n\r\n0\r\nTrailer: x\r\n\r\n",
            step);
    ASSERT_EQ(parser.state(), State::complete) << parser.reason();
    EXPECT_EQ(parser.take().body, "hello, \r\nworld\n");
  }
}

TEST(RequestParser, LeavesThePipelinedRequestAlone) {
  const std::string first = kHead + "Content-Length: 2\r\n\r\nok";
  const std::string both = first + "GET /second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  RequestParser parser({});
  ASSERT_EQ(parser.feed(both), first.size());
  EXPECT_EQ(parser.take().body, "ok");
  parser.feed(std::string_view(both).substr(first.size()));
  ASSERT_EQ(parser.state(), State::complete);
  EXPECT_FALSE(parser.keep_alive());
  const auto second = parser.take();
  EXPECT_EQ(second.path, "/second");
  EXPECT_TRUE(second.body.empty());
}

TEST(RequestParser, TakesTheAbsoluteForm) {
  auto parser = fed("GET http://example.org?a=b HTTP/1.1\r\nHost: example.org\r\n\r\n");
  ASSERT_EQ(parser.state(), State::complete);
  const auto request = parser.take();
  EXPECT_EQ(request.path, "/");
  EXPECT_EQ(request.parameter("a"), "b");
}

TEST(RequestParser, WantsToBeToldToContinueOnce) {
  RequestParser parser({});
  parser.feed(kHead + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(parser.wants_continue());
  parser.feed("o");
  EXPECT_FALSE(parser.wants_continue());
}

TEST(RequestParser, OldClientsCloseUnlessTheyAskNotTo) {
  auto closes = fed("GET / HTTP/1.0\r\n\r\n");
  ASSERT_EQ(closes.state(), State::complete);
  EXPECT_FALSE(closes.keep_alive());
  EXPECT_TRUE(fed("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive());
}

}  // namespace
}  // namespace belfry::http
