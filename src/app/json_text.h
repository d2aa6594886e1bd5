// JSON as people read it: one member a line.
#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace belfry::app {

std::string indented_json(const boost::json::value& value);

}  // namespace belfry::app
