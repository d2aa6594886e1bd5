// Lists of queue URLs, in pages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/service.h"

namespace belfry::aws::sqs {

// The page that MaxResults and NextToken ask for, under `field`; without MaxResults the first
// 1,000.
Answer page_of_urls(std::vector<std::string> names, std::string_view field,
                    const boost::json::object& input, const Caller& caller);

}  // namespace belfry::aws::sqs
