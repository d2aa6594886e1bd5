// Structured logs: an event in plain words and its facts as fields, readable on a terminal or JSON a line.
//
//   log::info("listener is waiting", {{"listener", name}, {"next_block", 12}});
//
// Never a secret, never a payload. Thread-safe.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace belfry::log {

enum class Level { debug, info, warn, error };
enum class Format { text, json };

struct Field {
  template <class T>
  Field(std::string_view key, const T& value) : key(key), value(fmt::format("{}", value)) {}
  std::string_view key;
  std::string value;
};

void configure(Level least, Format format);  // before threads start; the default is info, text; to standard error

void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::debug, message, fields);
}
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::info, message, fields);
}
inline void warn(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::warn, message, fields);
}
inline void error(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::error, message, fields);
}

}  // namespace belfry::log
