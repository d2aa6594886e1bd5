// The value of an operation whose failure is expected, or why there is none.
//
// Result<T> carries errors that a person or the caller has to deal with: a file that cannot be read, a
// certificate that does not parse, a line of configuration that is wrong. Where the caller chooses between a
// few next steps (try again, give up, go on) an enum named after those steps is better: see
// pipeline/outcome.h. Broken invariants are no errors: they end the process (base/check.h).
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace belfry {

// What went wrong, where, and what to do, as one message for people: begins in lower case, has no full stop.
struct Error {
  std::string message;
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  // An error seen from further out: `context: message`.
  Result with_context(std::string_view context) && {
    if (!this->has_value()) this->error().message.insert(0, std::string(context) + ": ");
    return std::move(*this);
  }
};

inline tl::unexpected<Error> fail(std::string message) {
  return tl::unexpected<Error>(Error{std::move(message)});
}

}  // namespace belfry
