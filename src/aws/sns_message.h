// What Publish and the entries of PublishBatch say, checked as SNS checks it.
#pragma once

#include <string>
#include <string_view>

#include "aws/sns_context.h"

namespace belfry::aws::sns {

constexpr size_t kLongestMessage = 262'144;  // bytes, attributes included; also of a whole batch

// `member` names the attributes in refusals: "messageAttributes", or an entry's.
Outcome<queue::Attributes> read_message_attributes(const Input& given, std::string_view member);

// Message, subject, structure and attributes; not yet what is FIFO about them. Its size is not
// checked either.
Outcome<topic::Publication> read_publication(const Input& input, std::string_view member);
size_t size_of(const Input& input, const topic::Publication& publication);

// Group and deduplication id, as the topic's kind wants them.
Outcome<void> read_order(const Input& input, std::string_view topic,
                         const topic::TopicSettings& settings, topic::Publication& publication);

}  // namespace belfry::aws::sns
