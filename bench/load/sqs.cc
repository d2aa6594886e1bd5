#include "load/sqs.h"

namespace belfry::bench {
namespace {

// The signature is none, but as long as one, and has the scope that stand-ins take a region from.
constexpr std::string_view kSigned =
    "User-Agent: bench\r\nX-Amz-Date: 20261124T120000Z\r\nAuthorization: AWS4-HMAC-SHA256 "
    "Credential=AKIDEXAMPLE/20261124/us-east-1/sqs/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
    "Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n";

}  // namespace

// An action's input in both protocols at once: fields, then entries of fields.
class Sqs::Input {
 public:
  Input(std::string_view queue_url, std::string entry_kind = {})
      : entry_kind_(std::move(entry_kind)) {
    text("QueueUrl", queue_url);
  }
  void text(std::string_view name, std::string_view value) { field(name, value, "\""); }
  void number(std::string_view name, size_t value) { field(name, std::to_string(value), ""); }
  void next_entry() {
    json_ += entries_ == 0 ? ",\"Entries\":[{" : "},{";
    ++entries_;
    first_ = true;
    text("Id", std::to_string(entries_));
  }
  std::string json() const { return "{" + json_ + (entries_ > 0 ? "}]}" : "}"); }
  const std::string& form() const { return form_; }

 private:
  void field(std::string_view name, std::string_view value, std::string_view quote) {
    if (!first_) json_ += ',';
    first_ = false;
    json_.append("\"").append(name).append("\":").append(quote).append(value).append(quote);
    form_ += '&';
    if (entries_ > 0) form_.append(entry_kind_).append(".").append(std::to_string(entries_)) += '.';
    form_.append(name) += '=';
    for (const char c : value) {
      if (c == '+' || c == '&' || c == '%' || c == '#' || c == '/' || c == '=')
        form_.append("%").append(1, "0123456789ABCDEF"[c >> 4]) += "0123456789ABCDEF"[c & 15];
      else
        form_ += c;
    }
  }

  const std::string entry_kind_;
  std::string json_, form_;
  size_t entries_ = 0;
  bool first_ = true;
};

std::string Sqs::request(std::string_view action, const Input& input) const {
  std::string out = "POST / HTTP/1.1\r\nHost: " + host_ + "\r\n";
  out += kSigned;
  std::string body;
  if (query_) {
    body.append("Action=").append(action).append("&Version=2012-11-05").append(input.form());
    out += "Content-Type: application/x-www-form-urlencoded";
  } else {
    body = input.json();
    out.append("Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS.");
    out.append(action);
  }
  out.append("\r\nContent-Length: ").append(std::to_string(body.size()));
  return out.append("\r\n\r\n").append(body);
}

std::string Sqs::send(std::string_view body) const {
  Input input(queue_url_);
  input.text("MessageBody", body);
  return request("SendMessage", input);
}

std::string Sqs::send_batch(std::string_view body, size_t entries) const {
  Input input(queue_url_, "SendMessageBatchRequestEntry");
  for (size_t i = 0; i < entries; ++i) {
    input.next_entry();
    input.text("MessageBody", body);
  }
  return request("SendMessageBatch", input);
}

std::string Sqs::receive(size_t most, int wait_seconds) const {
  Input input(queue_url_);
  input.number("MaxNumberOfMessages", most);
  input.number("WaitTimeSeconds", static_cast<size_t>(wait_seconds));
  input.number("VisibilityTimeout", 600);
  return request("ReceiveMessage", input);
}

std::string Sqs::remove(std::string_view handle) const {
  Input input(queue_url_);
  input.text("ReceiptHandle", handle);
  return request("DeleteMessage", input);
}

std::string Sqs::remove_batch(std::string_view received, size_t& count) const {
  Input input(queue_url_, "DeleteMessageBatchRequestEntry");
  count = 0;
  each_field(received, "ReceiptHandle", [&](std::string_view handle) {
    input.next_entry();
    input.text("ReceiptHandle", handle);
    ++count;
  });
  return count == 0 ? std::string() : request("DeleteMessageBatch", input);
}

void Sqs::each_field(std::string_view answer, std::string_view name,
                     const std::function<void(std::string_view value)>& f) const {
  const std::string key = query_ ? "<" + std::string(name) + ">" : "\"" + std::string(name) + "\"";
  for (size_t at = answer.find(key); at != answer.npos; at = answer.find(key, at)) {
    at += key.size();
    if (!query_) at = answer.find('"', at) + 1;
    const size_t end = answer.find(query_ ? '<' : '"', at);
    if (at == 0 || end == answer.npos) return;
    f(answer.substr(at, end - at));
    at = end;
  }
}

}  // namespace belfry::bench
