#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "base/clock.h"
#include "base/json.h"

namespace belfry::log {
namespace {

struct State {
  State() : logger(spdlog::stderr_color_mt("belfry")) { logger->set_pattern("%^%H:%M:%S.%e %-5l%$ %v"); }
  std::shared_ptr<spdlog::logger> logger;
  Format format = Format::text;
};

State& state() {
  static State state;
  return state;
}

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

constexpr std::string_view kNames[] = {"debug", "info", "warn", "error"};

std::string as_json(Level level, std::string_view message, std::initializer_list<Field> fields) {
  std::string line = "{\"time\":\"" + to_rfc3339(system_clock().now()) + "\",\"level\":\"";
  line += kNames[static_cast<int>(level)];
  line += "\",\"message\":";
  append_json_string(line, message);
  for (const auto& field : fields) {
    line += ',';
    append_json_string(line, field.key);
    line += ':';
    append_json_string(line, field.value);
  }
  line += '}';
  return line;
}

std::string as_text(std::string_view message, std::initializer_list<Field> fields) {
  std::string line(message);
  for (const auto& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    if (field.value.find_first_of(" \"\n\t") == std::string::npos)
      line += field.value;
    else
      append_json_string(line, field.value);
  }
  return line;
}

}  // namespace

void configure(Level least, Format format) {
  state().format = format;
  state().logger->set_level(level_of(least));
  state().logger->set_pattern(format == Format::json ? "%v" : "%^%H:%M:%S.%e %-5l%$ %v");
}

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  auto& [logger, format] = state();
  if (!logger->should_log(level_of(level))) return;
  logger->log(level_of(level), "{}", format == Format::json ? as_json(level, message, fields) : as_text(message, fields));
}

}  // namespace belfry::log
