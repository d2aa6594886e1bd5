#include "aws/lambda_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include <vector>

namespace belfry::aws::lambda {
namespace {

constexpr size_t kLongestText = 140, kLongestName = 64, kLongestQualifier = 128;

// Both as AWS shows them; RE2 wants the hyphen of a class at its end.
constexpr std::string_view kPlace =
    R"((arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?)";
constexpr std::string_view kMaking = R"(([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?)";
constexpr std::string_view kFinding =
    R"(([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?)";
constexpr std::string_view kQualifier = R"(\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+)";

const re2::RE2& name_pattern(bool making) {
  static const std::string place =
      R"((?:arn:(?:aws[a-zA-Z-]*)?:lambda:)?((?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d:)?(?:\d{12}:)?(?:function:)?)";
  static const re2::RE2 of_new(place + R"(([a-zA-Z0-9_-]+)(?::(\$LATEST|[a-zA-Z0-9_-]+))?)");
  static const re2::RE2 of_any(
      place + R"(([a-zA-Z0-9_.-]+)(?::(\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9_-]+))?)");
  return making ? of_new : of_any;
}

const re2::RE2& qualifier_pattern() {
  static const re2::RE2 pattern(R"(\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9_$-]+)");
  return pattern;
}

std::string at_most(size_t length) {
  return fmt::format("Member must have length less than or equal to {}", length);
}
std::string matching(std::string_view pattern) {
  return fmt::format("Member must satisfy regular expression pattern: {}", pattern);
}

}  // namespace

tl::expected<NameParts, Fault> read_function_name(std::string_view text,
                                                  const std::optional<std::string>& qualifier,
                                                  bool making) {
  std::vector<std::string> wrong;
  const auto refuse_value = [&](std::string_view value, std::string_view where,
                                std::string_view why) {
    wrong.push_back(
        fmt::format("Value '{}' at '{}' failed to satisfy constraint: {}", value, where, why));
  };
  if (qualifier && qualifier->size() > kLongestQualifier)
    refuse_value(*qualifier, "qualifier", at_most(kLongestQualifier));
  if (qualifier && !re2::RE2::FullMatch(*qualifier, qualifier_pattern()))
    refuse_value(*qualifier, "qualifier", matching(kQualifier));
  if (making && text.size() > kLongestText)
    refuse_value(text, "functionName", at_most(kLongestText));
  NameParts out;
  if (!re2::RE2::FullMatch(text, name_pattern(making), &out.region, &out.name, &out.qualifier))
    refuse_value(text, "functionName",
                 matching(fmt::format("{}{}", kPlace, making ? kMaking : kFinding)));
  std::string code = "ValidationException";
  if (wrong.empty() && making && out.name.size() > kLongestName) {
    code = "InvalidParameterValueException";
    refuse_value(out.name, "functionName", at_most(kLongestName));
  }
  if (!wrong.empty())
    return tl::unexpected(Fault{code,
                                {},
                                fmt::format("{} validation error{} detected: {}", wrong.size(),
                                            wrong.size() == 1 ? "" : "s", fmt::join(wrong, "; ")),
                                400});
  if (!out.region.empty()) out.region.pop_back();  // the colon
  return out;
}

}  // namespace belfry::aws::lambda
