// JSON as YAML (which every JSON value is): block style, texts in double quotes where they need
// them.
#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace belfry::cli {

std::string yaml_text(const boost::json::value& value);

}  // namespace belfry::cli
