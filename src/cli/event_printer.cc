#include "cli/event_printer.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "cli/output.h"
#include "event/json.h"

namespace belfry::cli {

namespace {

// What a row shows of an event beside its place: enough to recognise it.
std::string gist(const event::Event& event) {
  switch (event.position.kind) {
    case event::Kind::block:
      return fmt::format("{} transactions", event.transaction_count);
    case event::Kind::transaction:
      return std::string(event.function);
    case event::Kind::chaincode_event:
      return is_utf8(event.payload) ? std::string(event.payload)
                                    : fmt::format("{} bytes", event.payload.size());
    case event::Kind::write:
      return fmt::format("{}{} {}",
                         event.collection.empty() ? "" : std::string(event.collection) + "/",
                         is_utf8(event.key) ? std::string(event.key) : hex(event.key),
                         event.is_delete ? "deleted" : "");
  }
  return {};
}

// Padded, or cut, to so many columns (of plain text).
std::string column(std::string_view text, size_t width) {
  std::string out(text);
  if (out.size() > width) return out.substr(0, width - 1) + "…";
  return out.append(width - out.size(), ' ');
}

}  // namespace

EventPrinter::EventPrinter(const Terminal& terminal, EventForm form)
    : terminal_(terminal), form_(form) {
  if (form_ == EventForm::automatic)
    form_ = terminal.is_terminal() ? EventForm::table : EventForm::json;
}

void EventPrinter::print(const event::Event& event) {
  if (form_ == EventForm::table) {
    print_row(event);
  } else {
    form_ == EventForm::json ? event::append_json(buffer_, event)
                             : event::append_cloudevent(buffer_, event);
    buffer_ += '\n';
  }
  ++count_;
}

void EventPrinter::print_row(const event::Event& event) {
  if (count_ == 0)
    buffer_ += terminal_.paint(Style::dim, fmt::format("{}{}{}{}{}", column("block", 12),
                                                       column("time", 21), column("chaincode", 14),
                                                       column("event", 24), "payload")) +
               "\n";
  const std::string kind(event.position.kind == event::Kind::chaincode_event
                             ? std::string(event.event_name)
                             : std::string(event::name(event.position.kind)));
  std::string line =
      column(fmt::format("{}/{}", event.position.block, event.position.transaction), 12) +
      column(to_rfc3339(event.time).substr(0, 19), 21) +
      column(terminal_.safe(event.chaincode), 14) + column(terminal_.safe(kind), 24);
  std::string rest = event.valid() ? "" : event::validation_name(event.validation_code) + "  ";
  rest += terminal_.safe(gist(event));
  const size_t room =
      terminal_.is_terminal()
          ? std::max<size_t>(10, static_cast<size_t>(terminal_.width()) -
                                     std::min<size_t>(72, static_cast<size_t>(terminal_.width())))
          : rest.size();
  if (rest.size() > room) {
    while (rest.size() > room - 1 ||
           (!rest.empty() && (static_cast<unsigned char>(rest.back()) & 0xC0) == 0x80 &&
            rest.size() > room - 4))
      rest.pop_back();
    rest += "…";
  }
  buffer_ += line + (event.valid() ? rest : terminal_.paint(Style::yellow, rest)) + "\n";
}

void EventPrinter::flush() {
  terminal_.print(buffer_);
  buffer_.clear();
  std::fflush(stdout);
}

void EventPrinter::finish() {
  flush();
  if (form_ == EventForm::table && terminal_.is_terminal())
    terminal_.line(terminal_.paint(Style::dim, fmt::format("{} events", with_separators(count_))));
}

}  // namespace belfry::cli
