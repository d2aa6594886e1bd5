// Which text Amazon SQS takes: the characters of XML 1.0, in both protocols, and the names of
// message attributes. All text here is meant as UTF-8; what is not is refused.
#pragma once

#include <string_view>

namespace belfry::aws::sqs {

bool is_xml_text(std::string_view text);

// Letters and digits of any script, underscore, hyphen and period.
bool is_attribute_text(std::string_view name);

// Whether it is this word, given in small letters, in capitals or not: how booleans are written.
bool is_word(std::string_view text, std::string_view small);

}  // namespace belfry::aws::sqs
