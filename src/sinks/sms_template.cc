#include "sinks/sms_template.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/json.h"
#include "http/url.h"

namespace belfry::sinks {
namespace {

std::string escaped(std::string_view value, Escaping escaping) {
  switch (escaping) {
    case Escaping::none:
      break;
    case Escaping::percent:
      return http::percent_encode(value);
    case Escaping::json: {
      std::string quoted;
      append_json_string(quoted, value);
      return quoted.substr(1, quoted.size() - 2);
    }
  }
  return std::string(value);
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<SmsTemplate> SmsTemplate::parse(std::string_view text, Escaping escaping) {
  SmsTemplate parsed;
  parsed.escaping_ = escaping;
  while (!text.empty()) {
    const size_t open = std::min(text.find("{{"), text.size());
    if (open > 0) parsed.pieces_.push_back({std::string(text.substr(0, open)), false});
    text.remove_prefix(open);
    if (text.empty()) break;
    const size_t close = text.find("}}");
    if (close == text.npos)
      return fail(fmt::format("'{}' is not closed: }}}} is missing", text.substr(0, 20)));
    const std::string_view name = trim(text.substr(2, close - 2));
    if (std::find(std::begin(kSmsTemplateNames), std::end(kSmsTemplateNames), name) ==
        std::end(kSmsTemplateNames))
      return fail(fmt::format("there is no '{}' here: expected one of {}", name,
                              fmt::join(kSmsTemplateNames, ", ")));
    parsed.pieces_.push_back({std::string(name), true});
    text.remove_prefix(close + 2);
  }
  return parsed;
}

std::string SmsTemplate::render(const Values& values) const {
  std::string out;
  for (const auto& [text, hole] : pieces_) {
    if (!hole) {
      out += text;
      continue;
    }
    for (const auto& [name, value] : values)
      if (name == text) out += escaped(value, escaping_);
  }
  return out;
}

}  // namespace belfry::sinks
