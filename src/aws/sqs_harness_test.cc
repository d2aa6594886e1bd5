#include <fmt/format.h>

#include "aws/sqs_harness.h"
#include "aws/sqs_shapes.h"

namespace belfry::aws::sqs {
namespace {

using boost::json::object;
using boost::json::value;

std::string plain(const value& from) {
  return from.is_string() ? std::string(from.get_string()) : boost::json::serialize(from);
}

// The Query protocol from the client's side: parameters out, XML in.

void append_parameters(std::string& out, const std::string& name, const value& from,
                       const Shape& shape) {
  const auto field = [&](const std::string& suffix) {
    return name.empty() ? suffix : name + "." + suffix;
  };
  size_t number = 0;
  switch (shape.kind) {
    case Shape::Kind::structure:
      for (const auto& [key, below] : shape.fields)
        if (const auto* found = from.get_object().if_contains(key))
          append_parameters(out, field(below.wire.empty() ? key : below.wire), *found, below);
      break;
    case Shape::Kind::list:
      for (const auto& item : from.get_array())
        append_parameters(out, field(std::to_string(++number)), item, *shape.element);
      break;
    case Shape::Kind::map:
      for (const auto& [key, item] : from.get_object()) {
        ++number;
        append_parameters(out, field(fmt::format("{}.{}", number, shape.key)), value(key),
                          scalar());
        append_parameters(out, field(fmt::format("{}.{}", number, shape.value)), item,
                          *shape.element);
      }
      break;
    default:
      out += "&" + name + "=";
      for (const unsigned char c : plain(from)) out += fmt::format("%{:02X}", c);
  }
}

struct Element {
  std::string name, text;
  std::vector<Element> below;
  const Element* child(std::string_view wanted) const {
    for (const auto& one : below)
      if (one.name == wanted) return &one;
    return nullptr;
  }
};

std::string unescape(std::string_view text) {
  static const std::pair<std::string_view, char> entities[] = {
      {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#xd;", '\r'}};
  std::string out;
  while (!text.empty()) {
    bool found = false;
    for (const auto& [name, c] : entities)
      if (text.starts_with(name)) {
        out += c;
        text.remove_prefix(name.size());
        found = true;
        break;
      }
    if (found) continue;
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

Element parse_xml(std::string_view& rest) {
  Element element;
  const size_t end = rest.find('>');
  std::string_view tag = rest.substr(1, end - 1);
  rest.remove_prefix(end + 1);
  const bool empty = tag.ends_with('/');
  if (empty) tag.remove_suffix(1);
  element.name = tag.substr(0, tag.find(' '));
  if (empty) return element;
  while (!rest.starts_with("</")) {
    if (rest.empty()) throw std::runtime_error("XML ends early");
    if (rest.front() == '<') {
      element.below.push_back(parse_xml(rest));
    } else {
      const size_t next = rest.find('<');
      element.text += unescape(rest.substr(0, next));
      rest.remove_prefix(next);
    }
  }
  rest.remove_prefix(rest.find('>') + 1);
  return element;
}

value from_xml(const Element& element, const Shape& shape);

object structure_from(const Element& element, const Shape& shape) {
  object out;
  for (const auto& [key, field] : shape.fields) {
    const std::string& wire = field.wire.empty() ? key : field.wire;
    for (const auto& below : element.below) {
      if (below.name != wire) continue;
      if (field.kind == Shape::Kind::list) {
        auto& list = out[key];
        if (!list.is_array()) list = boost::json::array();
        list.get_array().push_back(from_xml(below, *field.element));
      } else if (field.kind == Shape::Kind::map) {
        auto& map = out[key];
        if (!map.is_object()) map = object();
        map.get_object()[below.child(field.key)->text] =
            from_xml(*below.child(field.value), *field.element);
      } else {
        out[key] = from_xml(below, field);
      }
    }
  }
  return out;
}

value from_xml(const Element& element, const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::structure:
      return structure_from(element, shape);
    case Shape::Kind::integer:
      return std::stoll(element.text);
    case Shape::Kind::boolean:
      return element.text == "true";
    default:
      return value(element.text);
  }
}

}  // namespace

object quoted(std::string text) {
  std::replace(text.begin(), text.end(), '\'', '"');
  return boost::json::parse(text).get_object();
}

std::string Reply::text(std::string_view field) const {
  const auto* found = body.if_contains(field);
  return found ? plain(*found) : std::string();
}

const object& Reply::at(std::string_view list, size_t index) const {
  return body.at(list).get_array().at(index).get_object();
}

size_t Reply::count(std::string_view list) const {
  const auto* found = body.if_contains(list);
  return found ? found->get_array().size() : 0;
}

SqsHarness::SqsHarness(Protocol protocol, Sqs::Options options)
    : protocol(protocol), sqs_options_(std::move(options)) {
  start();
}

SqsHarness::~SqsHarness() {
  store.reset();  // it calls back no more; then what it called may go
}

void SqsHarness::start() {
  executor_ = std::make_unique<ManualExecutor>(clock);
  sqs_ = std::make_unique<Sqs>(*store, clock, *random, *executor_, sqs_options_);
  front_ = std::make_unique<Front>(clock, *random, Front::Options{});
  front_->add(sqs_->service());
  sqs_->resume();
}

void SqsHarness::restart() {
  store.reset();
  front_.reset();
  sqs_.reset();
  open();
  start();
}

// The store answers in order: when a write of ours is answered, so is everything before it.
void SqsHarness::settle() {
  put("test/settled", "");
}

void SqsHarness::advance(Duration by) {
  settle();
  clock.advance(by);
  executor_->run();
  store->clock_moved();
  settle();
}

std::future<Reply> SqsHarness::call_later(const std::string& action, const object& input) {
  http::ServerRequest request;
  request.method = "POST";
  request.target = request.path = path;
  request.peer = "127.0.0.1";
  request.headers = headers;
  request.disconnected = disconnected;
  if (protocol == Protocol::json) {
    request.headers.emplace_back("X-Amz-Target", "AmazonSQS." + action);
    request.body = boost::json::serialize(input);
  } else {
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.body = "Version=2012-11-05&Action=" + action;
    const auto shapes = action_shapes().find(action);
    if (shapes != action_shapes().end())
      append_parameters(request.body, "", input, shapes->second.input);
  }
  auto done = std::make_shared<std::promise<Reply>>();
  auto future = done->get_future();
  front_->handle(std::move(request), [this, done, action](http::ServerResponse response) {
    last = response;
    done->set_value(read(action, response));
  });
  return future;
}

Reply SqsHarness::call(const std::string& action, const object& input) {
  auto future = call_later(action, input);
  if (future.wait_for(std::chrono::seconds(60)) != std::future_status::ready)
    throw std::runtime_error(action + " was not answered");
  return future.get();
}

Reply SqsHarness::call(const std::string& action, const std::string& input) {
  return call(action, quoted(input));
}

Reply SqsHarness::read(const std::string& action, const http::ServerResponse& response) const {
  Reply reply;
  reply.status = response.status;
  if (protocol == Protocol::json) {
    reply.body = boost::json::parse(response.body).get_object();
    if (response.status != 200) {
      const auto* error = http::find_header(response.headers, "x-amzn-query-error");
      reply.code = error->substr(0, error->find(';'));
      reply.message = reply.text("message");
    }
    return reply;
  }
  std::string_view rest = response.body;
  rest.remove_prefix(rest.find("?>") + 2);
  const Element root = parse_xml(rest);
  if (response.status != 200) {
    reply.code = root.child("Error")->child("Code")->text;
    reply.message = root.child("Error")->child("Message")->text;
  } else if (const auto* result = root.child(action + "Result")) {
    reply.body = structure_from(*result, action_shapes().find(action)->second.output);
  }
  return reply;
}

std::string SqsHarness::make_queue(const std::string& name, const std::string& attributes) {
  const auto reply =
      call("CreateQueue", object{{"QueueName", name}, {"Attributes", quoted(attributes)}});
  EXPECT_EQ(reply.status, 200) << reply.code << ": " << reply.message;
  return reply.text("QueueUrl");
}

std::string SqsHarness::attribute(const std::string& queue, const std::string& name) {
  const auto reply =
      call("GetQueueAttributes", object{{"QueueUrl", queue}, {"AttributeNames", {name}}});
  if (!reply.body.contains("Attributes")) return "";
  return std::string(reply.body.at("Attributes").at(name).as_string());
}

}  // namespace belfry::aws::sqs
