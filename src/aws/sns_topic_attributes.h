// The attributes of a topic: which there are, what they may be, and what they mean for the topic.
#pragma once

#include <string>
#include <string_view>

#include "aws/sns_faults.h"
#include "aws/sns_record.h"
#include "topic/topics.h"

namespace belfry::aws::sns {

// Puts the attribute into the record and the settings. `prefix` begins the refusals' reasons:
// "Attributes Reason: " for CreateTopic, nothing for SetTopicAttributes.
Outcome<void> set_topic_attribute(std::string_view name, std::string_view value, bool fifo,
                                  std::string_view prefix, TopicRecord& record,
                                  topic::TopicSettings& settings);

}  // namespace belfry::aws::sns
