// Text with holes for an HTTP gateway's request: "To={{to}}&Body={{text}}". Not the functions'
// template language (that sinks may not know): a handful of names, each escaped for where it
// stands.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace belfry::sinks {

enum class Escaping {
  none,     // a header
  percent,  // a URL or a form
  json,     // within the quotes of a JSON string
};

class SmsTemplate {
 public:
  // Names: see kSmsTemplateNames. An unknown one, or a hole that is not closed, is an error.
  static Result<SmsTemplate> parse(std::string_view text, Escaping escaping);
  using Values = std::vector<std::pair<std::string_view, std::string>>;
  std::string render(const Values& values) const;

 private:
  struct Piece {
    std::string text;  // or, of a hole, the name
    bool hole;
  };
  std::vector<Piece> pieces_;
  Escaping escaping_ = Escaping::none;
};

// to: the phone number; to_digits: without its plus; from: the sender; text; type: "unicode" if the
// text needs UCS-2, else "text"; account, user, password: the gateway's settings.
inline constexpr std::string_view kSmsTemplateNames[] = {"to",   "to_digits", "from", "text",
                                                         "type", "account",   "user", "password"};

}  // namespace belfry::sinks
