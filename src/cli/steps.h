// A command that does one thing after another, seen from outside: each step on a line with what it
// found and how long it took; or all of them as one JSON object at the end.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "cli/command.h"

namespace belfry::cli {

class Steps {
 public:
  Steps(const Program& program, Output output);
  // The step that ran since the last one: its name, what came of it, and the same for programs.
  void done(std::string_view step, std::string_view outcome, boost::json::object details = {});
  // Prints what --output asks for. `result` is added to.
  void finish(boost::json::object result);

 private:
  bool structured() const { return output_ == Output::json || output_ == Output::yaml; }

  const Program& program_;
  const Output output_;
  Duration last_;
  boost::json::array steps_;
};

}  // namespace belfry::cli
