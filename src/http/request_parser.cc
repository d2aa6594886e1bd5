#include "http/request_parser.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "http/url.h"

namespace belfry::http {
namespace {

constexpr size_t kChunkLine = 1024;  // bytes of one chunk's size and extensions
constexpr size_t kUsualFields = 12;  // that a request has; room is made for them at once

template <class Number>
bool parse_number(std::string_view text, int base, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size();
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

void RequestParser::fail(int status, std::string_view reason) {
  state_ = State::failed;
  status_ = status;
  reason_ = reason;
}

bool RequestParser::wants_continue() const {
  return state_ == State::reading && expects_continue_ && request_.body.empty() &&
         (step_ == Step::body || (step_ == Step::chunk_size && partial_.empty()));
}

ServerRequest RequestParser::take() {
  BELFRY_CHECK(state_ == State::complete);
  ServerRequest request = std::move(request_);
  request_ = {};
  state_ = State::reading;
  step_ = Step::request_line;
  started_ = false;
  return request;
}

void RequestParser::begin_request() {
  started_ = true;
  header_budget_ = limits_.header_limit;
  remaining_ = 0;
  keep_alive_ = true;
  old_version_ = expects_continue_ = chunked_ = has_host_ = false;
  has_connection_close_ = has_connection_keep_ = false;
  length_.reset();
}

// The next whole line without its CRLF; none when more bytes are needed or the line is refused.
std::optional<std::string_view> RequestParser::line(std::string_view bytes, size_t& taken,
                                                    size_t& budget, int too_long) {
  const size_t end = bytes.find('\n');
  const size_t count = end == bytes.npos ? bytes.size() : end + 1;
  taken += count;
  if (count > budget) {
    fail(too_long,
         too_long == 414 ? "the request line is too long" : "the header fields are too long");
    return {};
  }
  budget -= count;
  std::string_view whole = bytes.substr(0, count);
  if (end == bytes.npos) {
    partial_.append(whole);
    return {};
  }
  if (!partial_.empty()) whole = partial_.append(whole);
  if (whole.size() < 2 || whole[whole.size() - 2] != '\r') {
    fail(400, "a line ends without a carriage return");
    return {};
  }
  return whole.substr(0, whole.size() - 2);
}

size_t RequestParser::feed(std::string_view bytes) {
  size_t taken = 0;
  while (taken < bytes.size() && state_ == State::reading) {
    if (!started_) begin_request();
    const std::string_view rest = bytes.substr(taken);
    switch (step_) {
      case Step::request_line:
        if (const auto text = line(rest, taken, header_budget_, 414)) {
          if (!text->empty())
            request_line(*text);  // empty lines before a request are forgiven (§2.2)
          partial_.clear();
        }
        break;
      case Step::fields:
        if (const auto text = line(rest, taken, header_budget_, 431)) {
          text->empty() ? head_complete() : field(*text);
          partial_.clear();
        }
        break;
      case Step::trailers:
        if (const auto text = line(rest, taken, header_budget_, 431)) {
          if (text->empty())
            state_ = State::complete;  // trailers are read over: nobody asks for them
          partial_.clear();
        }
        break;
      case Step::chunk_size:
        if (const auto text = line(rest, taken, line_budget_, 400)) {
          chunk_size(*text);
          partial_.clear();
        }
        break;
      case Step::body:
      case Step::chunk_data: {
        const size_t count = static_cast<size_t>(std::min<uint64_t>(remaining_, rest.size()));
        request_.body.append(rest.substr(0, count));
        taken += count;
        remaining_ -= count;
        if (remaining_ > 0) break;
        if (step_ == Step::body) {
          state_ = State::complete;
        } else {
          step_ = Step::chunk_end;
          line_budget_ = 2;
        }
        break;
      }
      case Step::chunk_end:
        if (const auto text = line(rest, taken, line_budget_, 400)) {
          if (!text->empty()) return fail(400, "a chunk is longer than its size says"), taken;
          partial_.clear();
          step_ = Step::chunk_size;
          line_budget_ = kChunkLine;
        }
        break;
    }
  }
  return taken;
}

// method SP request-target SP HTTP-version (§3)
void RequestParser::request_line(std::string_view line) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == line.npos || first == last) return fail(400, "the request line has not three parts");
  const std::string_view method = line.substr(0, first);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method)) return fail(400, "the method is no token");
  if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.' ||
      version[5] < '0' || version[5] > '9' || version[7] < '0' || version[7] > '9')
    return fail(400, "the request line does not end with an HTTP version");
  if (version[5] != '1') return fail(505, "only HTTP/1.1 is spoken here");
  old_version_ = version[7] == '0';
  if (method == "CONNECT") return fail(501, "this is no proxy");
  request_.method = method;
  request_.headers.reserve(kUsualFields);
  target(line.substr(first + 1, last - first - 1));
  if (state_ == State::reading) step_ = Step::fields;
}

// origin-form, absolute-form or asterisk-form (§3.2)
void RequestParser::target(std::string_view target) {
  if (std::any_of(target.begin(), target.end(), [](char c) { return c <= 0x20 || c == 0x7f; }))
    return fail(400, "the request target has white space or bytes that must be percent-encoded");
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() < scheme.size() || !equal_fold(target.substr(0, scheme.size()), scheme))
      continue;
    const size_t path = target.find_first_of("/?", scheme.size());
    target = path == target.npos ? "/" : target.substr(path);
    break;
  }
  const bool asterisk = target == "*" && request_.method == "OPTIONS";
  if (!asterisk && !target.starts_with('/') && !target.starts_with('?'))
    return fail(400, "the request target begins with no slash");
  request_.target = target.starts_with('?') ? '/' + std::string(target) : std::string(target);
  const std::string_view whole = request_.target;
  const size_t end = std::min(whole.find_first_of("?#"), whole.size());
  auto path = percent_decode(whole.substr(0, end));
  if (!path || path->find('\0') != path->npos)
    return fail(400, "the path is not well percent-encoded");
  request_.path = std::move(*path);
  if (end < whole.size() && whole[end] == '?') {
    const size_t fragment = std::min(whole.find('#', end), whole.size());
    auto query = parse_query(whole.substr(end + 1, fragment - end - 1));
    if (!query) return fail(400, "the query is not well percent-encoded");
    request_.query = std::move(*query);
  }
}

// field-name ":" OWS field-value OWS (§5)
void RequestParser::field(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') return fail(400, "a header field is folded");
  const size_t colon = line.find(':');
  if (colon == line.npos) return fail(400, "a header field has no colon");
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim(line.substr(colon + 1));
  if (!is_token(name)) return fail(400, "a header field's name is no token");
  if (!is_field_value(value)) return fail(400, "a header field's value has control characters");
  if (request_.headers.size() >= limits_.fields)
    return fail(431, "there are too many header fields");
  framing_field(name, value);
  if (state_ == State::reading) request_.headers.emplace_back(name, value);
}

// The fields that say where the request ends and what becomes of the connection.
void RequestParser::framing_field(std::string_view name, std::string_view value) {
  if (equal_fold(name, "content-length")) {
    uint64_t length = 0;
    if (length_) return fail(400, "there is more than one Content-Length");
    if (value.empty() || value.front() == '-' || !parse_number(value, 10, length))
      return fail(400, "the Content-Length is no number");
    length_ = length;
  } else if (equal_fold(name, "transfer-encoding")) {
    if (chunked_) return fail(400, "there is more than one Transfer-Encoding");
    if (!equal_fold(value, "chunked"))
      return fail(501, "the only transfer coding understood is chunked");
    chunked_ = true;
  } else if (equal_fold(name, "host")) {
    if (has_host_) return fail(400, "there is more than one Host");
    has_host_ = true;
  } else if (equal_fold(name, "connection")) {
    has_connection_close_ |= list_has(value, "close");
    has_connection_keep_ |= list_has(value, "keep-alive");
  } else if (equal_fold(name, "expect")) {
    if (!equal_fold(value, "100-continue"))
      return fail(417, "the only expectation understood is 100-continue");
    expects_continue_ = true;
  }
}

void RequestParser::head_complete() {
  if (!has_host_ && !old_version_) return fail(400, "there is no Host");
  if (chunked_ && length_)
    return fail(400, "there are both a Transfer-Encoding and a Content-Length");
  if (chunked_ && old_version_) return fail(400, "HTTP/1.0 knows no Transfer-Encoding");
  keep_alive_ =
      old_version_ ? has_connection_keep_ && !has_connection_close_ : !has_connection_close_;
  expects_continue_ &= !old_version_;
  body_limit_ =
      limits_.body_limit_of ? (*limits_.body_limit_of)(request_.path) : limits_.body_limit;
  if (chunked_) {
    step_ = Step::chunk_size;
    line_budget_ = kChunkLine;
  } else if (length_.value_or(0) > body_limit_) {
    fail(413, "the body is too large");
  } else if (length_.value_or(0) == 0) {
    state_ = State::complete;
  } else {
    step_ = Step::body;
    remaining_ = *length_;
    // Not more than is likely to come soon: a lying length must not cost memory.
    request_.body.reserve(std::min<size_t>(remaining_, 16 << 10));
  }
}

// chunk-size [ chunk-ext ] (§7.1)
void RequestParser::chunk_size(std::string_view line) {
  const size_t end = std::min(line.find(';'), line.size());
  const std::string_view digits = trim(line.substr(0, end));
  uint64_t size = 0;
  if (digits.empty() || digits.front() == '-' || digits.data() != line.data() ||
      !parse_number(digits, 16, size) || !is_field_value(line))
    return fail(400, "a chunk's size is no hexadecimal number");
  if (size > body_limit_ - request_.body.size()) return fail(413, "the body is too large");
  if (size == 0) {
    step_ = Step::trailers;
    header_budget_ = limits_.header_limit;
  } else {
    step_ = Step::chunk_data;
    remaining_ = size;
  }
}

}  // namespace belfry::http
