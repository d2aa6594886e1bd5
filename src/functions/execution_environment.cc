#include "functions/execution_environment.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"

namespace belfry::functions {
namespace {

using std::chrono::ceil;
using std::chrono::duration;
using std::chrono::milliseconds;

constexpr std::string_view kApi = "/2018-06-01/runtime/";
constexpr size_t kBodyLimit =
    16 << 20;  // a result between Lambda's limit and this is refused by us
constexpr size_t kLongestLine = 256 << 10;
constexpr uint64_t kMegabyte = 1 << 20;

http::ServerResponse json_answer(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body), {}};
}

std::string error_json(std::string_view type, std::string_view message) {
  std::string out = "{\"errorType\":";
  append_json_string(out, type);
  out += ",\"errorMessage\":";
  append_json_string(out, message);
  out += "}";
  return out;
}

http::ServerResponse refusal(int status, std::string_view type, std::string_view message) {
  return json_answer(status, error_json(type, message));
}

double in_ms(Duration time) {
  return duration<double, std::milli>(time).count();
}

}  // namespace

struct ExecutionEnvironment::Current {
  Invocation invocation;
  std::string request_id;
  Callback<InvocationResult> done;
  Duration began{};
  bool offered = false;
  std::string tail;
};

ExecutionEnvironment::ExecutionEnvironment(Shared& shared, const LambdaSettings& settings,
                                           std::shared_ptr<FunctionLog> log, Owner& owner)
    : shared_(shared), settings_(settings), log_(std::move(log)), owner_(&owner) {}

ExecutionEnvironment::~ExecutionEnvironment() = default;

Result<void> ExecutionEnvironment::start() {
  http::Server::Options options;
  options.body_limit = kBodyLimit;
  options.connections = 16;
  // A function may think for as long as its timeout between two requests.
  options.idle_timeout = kLongestTimeout * 2;
  options.request_timeout = kLongestTimeout;
  std::weak_ptr<ExecutionEnvironment> weak = weak_from_this();
  auto server = http::Server::start(
      options, [&loop = shared_.loop, weak](http::ServerRequest request, http::Respond respond) {
        loop.post([weak, request = std::move(request), respond = std::move(respond)]() mutable {
          if (const auto self = weak.lock()) self->serve(std::move(request), std::move(respond));
        });
      });
  if (!server) return tl::unexpected(server.error());
  server_ = std::move(*server);
  const std::string date = to_rfc3339(shared_.clock.now());
  EnvironmentPlace place;
  place.runtime_api = fmt::format("127.0.0.1:{}", server_->port());
  place.log_stream =
      fmt::format("{}/{}/{}/[$LATEST]{:016x}{:016x}", date.substr(0, 4), date.substr(5, 2),
                  date.substr(8, 2), shared_.random.next(), shared_.random.next());
  place.endpoint = shared_.endpoint;
  place.region = settings_.region;
  auto command = command_for(shared_.files, settings_, shared_.folders, place);
  if (!command) return tl::unexpected(command.error());
  line("INIT_START Runtime Version: " + settings_.runtime);
  began_ = system_clock().monotonic();
  auto process = shared_.loop.spawn(
      *command, [this](std::string_view bytes) { output(bytes); },
      [self = shared_from_this()](Exit exit) { self->exited(exit); });
  if (!process) return tl::unexpected(process.error());
  process_ = *process;
  watch_time(turn_, kInitLimit + settings_.timeout);
  watch_memory();
  return {};
}

void ExecutionEnvironment::serve(http::ServerRequest request, http::Respond respond) {
  if (state_ == State::ended)
    return respond(refusal(403, "Forbidden", "the environment has ended"));
  if (request.header("origin"))
    return respond(refusal(403, "Forbidden", "web pages have no business here"));
  std::string_view path = request.path;
  if (!path.starts_with(kApi)) return respond(refusal(404, "NotFound", "page not found"));
  path.remove_prefix(kApi.size());
  if (path == "invocation/next") {
    if (request.method != "GET") return respond(refusal(405, "MethodNotAllowed", "ask with GET"));
    return next(std::move(respond), request.disconnected);
  }
  if (request.method != "POST")
    return respond(refusal(405, "MethodNotAllowed", "answer with POST"));
  if (path == "init/error") return init_failed(std::move(request), std::move(respond));
  static constexpr std::string_view kInvocation = "invocation/";
  const size_t slash = path.rfind('/');
  const std::string_view what = path.substr(slash == path.npos ? 0 : slash + 1);
  if (!path.starts_with(kInvocation) || slash < kInvocation.size() ||
      (what != "response" && what != "error"))
    return respond(refusal(404, "NotFound", "page not found"));
  const std::string request_id(path.substr(kInvocation.size(), slash - kInvocation.size()));
  const bool is_error = what == "error";
  answered(request_id, std::move(request), std::move(respond), is_error);
}

void ExecutionEnvironment::next(http::Respond respond,
                                std::shared_ptr<const std::atomic<bool>> gone) {
  if (gone && *gone) return;
  if (current_ && current_->offered)
    return respond(refusal(403, "InvalidStateTransition",
                           "the last event is not answered: post its response or error first"));
  waiting_ = std::move(respond);
  if (current_) return offer();  // the client that asked before has gone
  if (state_ == State::starting) init_duration_ = system_clock().monotonic() - began_;
  if (ending_) return end_now();
  ++turn_;
  state_ = State::idle;
  idle_since_ = system_clock().monotonic();
  if (owner_) owner_->ready(*this);
}

void ExecutionEnvironment::begin(Invocation invocation, std::string request_id,
                                 Callback<InvocationResult> done) {
  state_ = State::busy;
  current_ = std::make_unique<Current>();
  current_->invocation = std::move(invocation);
  current_->request_id = std::move(request_id);
  current_->done = std::move(done);
  current_->began = system_clock().monotonic();
  most_memory_ = 0;
  line(fmt::format("START RequestId: {} Version: $LATEST", current_->request_id));
  watch_time(++turn_, settings_.timeout);
  watch_memory();
  offer();
}

void ExecutionEnvironment::offer() {
  if (!waiting_) return;
  const auto deadline =
      shared_.clock.now() + settings_.timeout - (system_clock().monotonic() - current_->began);
  http::ServerResponse response = json_answer(200, current_->invocation.event);
  const auto add = [&](std::string_view name, std::string value) {
    if (!value.empty()) response.headers.emplace_back(name, std::move(value));
  };
  add("Lambda-Runtime-Aws-Request-Id", current_->request_id);
  add("Lambda-Runtime-Deadline-Ms",
      std::to_string(
          std::chrono::duration_cast<milliseconds>(deadline.time_since_epoch()).count()));
  add("Lambda-Runtime-Invoked-Function-Arn", settings_.arn);
  add("Lambda-Runtime-Trace-Id", current_->invocation.trace);
  add("Lambda-Runtime-Client-Context", current_->invocation.client_context);
  current_->offered = true;
  std::exchange(waiting_, nullptr)(std::move(response));
}

void ExecutionEnvironment::answered(const std::string& request_id, http::ServerRequest request,
                                    http::Respond respond, bool is_error) {
  if (!current_ || current_->request_id != request_id)
    return respond(refusal(400, "InvalidRequestID", "Invalid request ID"));
  std::string& body = request.body;
  if (body.size() > kLargestResult) {
    respond(
        refusal(413, "RequestEntityTooLarge",
                fmt::format("Exceeded maximum allowed payload size ({} bytes).", kLargestResult)));
    return failed("Function.ResponseSizeTooLarge",
                  fmt::format("Response payload size exceeded maximum allowed payload size ({} "
                              "bytes).",
                              kLargestResult));
  }
  respond(json_answer(202, R"({"status":"OK"})"));
  if (is_error && body.empty()) {
    const std::string* type = request.header("lambda-runtime-function-error-type");
    body = error_json(type ? *type : "Unhandled", "");
  }
  finish(is_error ? InvocationResult::Kind::error : InvocationResult::Kind::done,
         body.empty() ? "null" : std::move(body));
}

void ExecutionEnvironment::init_failed(http::ServerRequest request, http::Respond respond) {
  respond(json_answer(202, R"({"status":"OK"})"));
  if (state_ != State::starting) return;
  init_error_ = request.body.empty() ? error_json("Runtime.Unknown", "the start failed")
                                     : std::move(request.body);
  // Clients end by themselves now; one that does not is helped.
  shared_.loop.post_after(std::chrono::seconds(1), [self = shared_from_this()] {
    if (self->state_ == State::starting) self->shared_.loop.kill(self->process_);
  });
}

void ExecutionEnvironment::output(std::string_view bytes) {
  // Clients write a carriage return for a line's end within one message.
  while (!bytes.empty()) {
    const size_t end = std::min(bytes.find_first_of("\r\n"), bytes.size());
    const size_t room = kLongestLine - std::min(kLongestLine, partial_.size());
    partial_ += bytes.substr(0, std::min(end, room));  // the rest of an endless line is cut
    bytes.remove_prefix(end);
    if (bytes.empty()) return;
    bytes.remove_prefix(1);
    flush_line();
  }
}

void ExecutionEnvironment::flush_line() {
  if (!partial_.empty()) line(std::exchange(partial_, {}));
}

void ExecutionEnvironment::line(std::string text) {
  log_->append(text);
  if (!current_) return;
  std::string& tail = current_->tail;
  tail += text;
  tail += '\n';
  if (tail.size() > 2 * kLogTail) tail.erase(0, tail.size() - kLogTail);
}

void ExecutionEnvironment::failed(std::string_view type, std::string_view message) {
  finish(InvocationResult::Kind::error, error_json(type, message));
}

// What was printed before is in the log before the end is told.
void ExecutionEnvironment::finish(InvocationResult::Kind kind, std::string payload) {
  ++turn_;
  shared_.loop.drain(process_);
  flush_line();
  answered_ = system_clock().monotonic();
  const Duration took = answered_ - current_->began;
  most_memory_ = std::max(most_memory_, ProcessLoop::memory(process_));
  line("END RequestId: " + current_->request_id);
  std::string report = fmt::format(
      "REPORT RequestId: {}\tDuration: {:.2f} ms\tBilled Duration: {} ms\tMemory Size: {} MB\t"
      "Max Memory Used: {} MB",
      current_->request_id, in_ms(took), ceil<milliseconds>(took).count(), settings_.memory,
      (most_memory_ + kMegabyte - 1) / kMegabyte);
  if (!std::exchange(announced_init_, true))
    report += fmt::format("\tInit Duration: {:.2f} ms", in_ms(init_duration_));
  line(std::move(report));
  InvocationResult result{kind, std::move(payload), current_->request_id, current_->tail};
  if (result.log_tail.size() > kLogTail)
    result.log_tail.erase(0, result.log_tail.size() - kLogTail);
  // One that never asks for the next event is no use.
  if (process_ != 0) watch_time(turn_, kInitLimit + settings_.timeout);
  const auto done = std::exchange(current_, nullptr);
  done->done(std::move(result));
}

void ExecutionEnvironment::watch_time(uint64_t turn, Duration limit) {
  shared_.loop.post_after(limit, [weak = weak_from_this(), turn] {
    const auto self = weak.lock();
    if (!self || self->turn_ != turn || self->process_ == 0) return;
    const double seconds = duration<double>(self->settings_.timeout).count();
    if (self->state_ == State::starting) {
      self->line(fmt::format("INIT_REPORT Status: timeout"));
      if (self->init_error_.empty())
        self->init_error_ = error_json("Sandbox.Timedout",
                                       fmt::format("Error: the start took longer than {} seconds",
                                                   duration<double>(kInitLimit).count() + seconds));
    } else if (self->current_) {
      const std::string message = fmt::format("Task timed out after {:.2f} seconds", seconds);
      self->line(fmt::format("{}Z {} {}", to_rfc3339(self->shared_.clock.now()).substr(0, 23),
                             self->current_->request_id, message));
      self->failed("Sandbox.Timedout",
                   fmt::format("RequestId: {} Error: {}", self->current_->request_id, message));
    }
    self->end_now();
  });
}

void ExecutionEnvironment::watch_memory() {
  shared_.loop.post_after(kMemoryWatch, [weak = weak_from_this(), turn = turn_] {
    const auto self = weak.lock();
    if (!self || self->turn_ != turn || self->process_ == 0) return;
    const uint64_t bytes = ProcessLoop::memory(self->process_);
    self->most_memory_ = std::max(self->most_memory_, bytes);
    if (bytes > uint64_t{self->settings_.memory} * kMegabyte) {
      self->line(fmt::format("the function uses {} MB of its {} MB and is ended", bytes / kMegabyte,
                             self->settings_.memory));
      self->over_memory_ = true;
      return self->shared_.loop.kill(self->process_);
    }
    self->watch_memory();
  });
}

void ExecutionEnvironment::exited(Exit exit) {
  flush_line();
  process_ = 0;
  crashed_ = !ending_;
  const std::string how = exit.good() ? "Error: Runtime exited without providing a reason"
                                      : "Error: Runtime exited with error: " + exit.describe();
  const std::string_view type = over_memory_ ? "Runtime.OutOfMemory" : "Runtime.ExitError";
  if (current_) {
    line(fmt::format("RequestId: {} {}", current_->request_id, how));
    failed(type, fmt::format("RequestId: {} {}", current_->request_id, how));
  } else if (state_ == State::starting && !ending_) {
    line("INIT_REPORT Status: error\t" + how);
    if (init_error_.empty()) init_error_ = error_json(type, how);
  }
  close(state_ == State::starting ? init_error_ : std::string());
}

bool ExecutionEnvironment::almost_idle() const {
  return state_ == State::busy && !current_ && !ending_ &&
         system_clock().monotonic() < answered_ + kAlmost;
}

void ExecutionEnvironment::end() {
  ending_ = true;
  if (!current_) end_now();
}

void ExecutionEnvironment::end_now() {
  ending_ = true;
  if (current_)
    failed("Runtime.ExitError",
           fmt::format("RequestId: {} Error: the function was ended", current_->request_id));
  if (process_ != 0)
    shared_.loop.kill(process_);  // exited() follows
  else
    close({});
}

void ExecutionEnvironment::disown() {
  owner_ = nullptr;
  end_now();
}

void ExecutionEnvironment::close(std::string init_error) {
  if (state_ == State::ended) return;
  state_ = State::ended;
  waiting_ = nullptr;
  server_.reset();
  if (owner_) owner_->ended(*this, std::move(init_error));
}

}  // namespace belfry::functions
