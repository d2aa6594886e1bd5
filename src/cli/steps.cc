#include "cli/steps.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "cli/output.h"

namespace belfry::cli {

Steps::Steps(const Program& program, Output output)
    : program_(program), output_(output), last_(system_clock().monotonic()) {}

void Steps::done(std::string_view step, std::string_view outcome, boost::json::object details) {
  const Duration now = system_clock().monotonic();
  const double seconds = std::chrono::duration<double>(now - last_).count();
  last_ = now;
  if (structured()) {
    details["step"] = step;
    details["outcome"] = outcome;
    details["seconds"] = seconds;
    steps_.push_back(std::move(details));
    return;
  }
  program_.out.line(fmt::format("{} {:<9} {} {}", program_.out.paint(Style::green, "✓"), step,
                                program_.out.safe(outcome),
                                program_.out.paint(Style::dim, short_duration(seconds))));
  std::fflush(stdout);
}

void Steps::finish(boost::json::object result) {
  if (!structured()) return;
  result["steps"] = std::move(steps_);
  print_structured(program_.out, output_, result);
}

}  // namespace belfry::cli
