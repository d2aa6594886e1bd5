// Events on standard output: JSON lines, CloudEvents lines, or a table that is printed as it comes.
#pragma once

#include <cstdint>
#include <string>

#include "cli/terminal.h"
#include "event/event.h"

namespace belfry::cli {

enum class EventForm { automatic, json, cloudevents, table };

class EventPrinter {
 public:
  EventPrinter(const Terminal& terminal, EventForm form);  // the terminal must outlive it
  void print(const event::Event& event);
  void flush();   // what was printed is now with the reader
  void finish();  // flushes, and says how many there were, on a terminal
  uint64_t count() const { return count_; }

 private:
  void print_row(const event::Event& event);

  const Terminal& terminal_;
  EventForm form_;
  std::string buffer_;
  uint64_t count_ = 0;
};

}  // namespace belfry::cli
