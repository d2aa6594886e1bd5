// The fields of a request, taken out of its JSON as Go's encoding/json would fill a struct: names
// match without regard to case, unknown ones are skipped, null changes nothing, and the first value
// of a wrong type is named in encoding/json's words, which clients print.
//
//   FieldErrors errors;
//   ObjectReader fields(value, "api.AddIdentityRequest", errors);
//   fields.text("id", request.id);
//   if (auto wrong = errors.first()) …
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "ca/json.h"

namespace belfry::ca {

// Keeps the error that stands first in the text, as encoding/json reports only that one.
class FieldErrors {
 public:
  void add(size_t at, std::string message);
  const std::string* first() const { return message_ ? &*message_ : nullptr; }

 private:
  size_t at_ = 0;
  std::optional<std::string> message_;
};

class ObjectReader {
 public:
  // type: the Go struct's name with its package. path: where in the request the object stands, for
  // messages; empty at the top.
  ObjectReader(const JsonValue& value, std::string_view type, FieldErrors& errors,
               std::string path = {});

  // within: the embedded Go struct that declares the field, which is part of its path.
  void text(std::string_view name, std::string& into, std::string_view within = {}) const;
  void integer(std::string_view name, int64_t& into, std::string_view within = {}) const;
  void boolean(std::string_view name, bool& into, std::string_view within = {}) const;
  // A null empties it.
  void texts(std::string_view name, std::optional<std::vector<std::string>>& into,
             std::string_view within = {}) const;
  void time(std::string_view name, std::optional<WallTime>& into,
            std::string_view within = {}) const;
  // Calls with each element of a list that is there, having called begin first. element_type: as
  // in messages, "api.Attribute".
  void objects(std::string_view name, std::string_view element_type, std::string_view within,
               const std::function<void()>& begin,
               const std::function<void(const ObjectReader&)>& element) const;
  // Calls with an object that is there.
  void object(std::string_view name, std::string_view type, std::string_view within,
              const std::function<void(const ObjectReader&)>& use) const;

 private:
  void each(std::string_view name, const std::function<void(const JsonValue&)>& use) const;
  void wrong(const JsonValue& value, std::string_view name, std::string_view within,
             std::string_view type) const;
  std::string path_of(std::string_view name, std::string_view within) const;

  const JsonValue& value_;
  std::string struct_;  // without its package
  FieldErrors& errors_;
  std::string path_;
};

}  // namespace belfry::ca
