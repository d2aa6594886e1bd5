// Text with holes: "{{payload.createdBy}} just donated ${{payload.donationAmount | number}}!".
// docs/templates.md is the reference.
//
// Parsed once, rendered for each message against a JSON document and, optionally, the message
// around it. A hole whose field is not there is an error of that message, never an empty word.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "queue/message.h"

namespace belfry::functions {

struct TemplateError {
  std::string message;
  size_t line = 1, column = 1;  // of the template, from 1; columns count bytes
};

// What the holes look into.
struct Scope {
  std::string_view json;  // an object; its fields are the names
  const queue::Message* message =
      nullptr;  // the names below `message`: id, body, subject, topic, attributes.NAME
};

class Template {  // immutable, cheap to copy, thread-safe
 public:
  enum class Output {
    text,  // strings stand as they are, all else as JSON
    json,  // the text is JSON: within its quotes values are escaped, outside they stand as JSON
  };
  // Bounds: 64 KiB of text, 1,000 holes, 32 steps in a path.
  static tl::expected<Template, TemplateError> parse(std::string_view text, Output output);

  // An error names the hole, the field and what there is instead.
  Result<std::string> render(const Scope& scope) const;

  // The paths the holes name, as written, in order: so that a check can look for them in recorded
  // events.
  std::vector<std::string> paths() const;

  struct Parsed;

 private:
  std::shared_ptr<const Parsed> parsed_;
};

}  // namespace belfry::functions
