// Amazon SQS on the wire, as far as a benchmark needs it: requests as an SDK sends them, in AWS
// JSON 1.0 or, for peers that know nothing else, in the Query protocol; and the fields of answers
// that the next request is made of.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace belfry::bench {

class Sqs {
 public:
  Sqs(std::string host, std::string queue_url, bool query)
      : host_(std::move(host)), queue_url_(std::move(queue_url)), query_(query) {}

  // Whole HTTP requests.
  std::string send(std::string_view body) const;
  std::string send_batch(std::string_view body, size_t entries) const;
  std::string receive(size_t most, int wait_seconds) const;
  std::string remove(std::string_view handle) const;
  // Of all messages in a ReceiveMessage answer; "" when there is none. count: how many.
  std::string remove_batch(std::string_view received, size_t& count) const;

  // Calls f with each value of that field of messages, as it stands in the answer.
  void each_field(std::string_view answer, std::string_view name,
                  const std::function<void(std::string_view value)>& f) const;

 private:
  class Input;
  std::string request(std::string_view action, const Input& input) const;

  const std::string host_, queue_url_;
  const bool query_;
};

}  // namespace belfry::bench
