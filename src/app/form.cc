#include "app/form.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <set>

#include "base/json.h"
#include "base/nearest.h"

namespace belfry::app {

namespace {

constexpr size_t kLongestName = 80;

FormPtr scalar_form(Form::Is is, std::string called, std::string pattern = {}) {
  auto form = std::make_shared<Form>();
  form->is = is;
  form->called = std::move(called);
  form->pattern = std::move(pattern);
  return form;
}

struct Unit {
  std::string_view name;
  uint64_t factor;
};
constexpr Unit kTimes[] = {{"ms", 1'000'000},
                           {"s", 1'000'000'000},
                           {"m", 60'000'000'000},
                           {"h", 3'600'000'000'000},
                           {"d", 86'400'000'000'000}};
constexpr Unit kSizes[] = {{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"B", 1}};

// "30s" → 30 × the unit's factor; none when it is malformed or too large.
template <size_t N>
std::optional<uint64_t> measure(std::string_view text, const Unit (&units)[N]) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return {};
  std::string_view unit = text.substr(end - text.data());
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const Unit& candidate : units) {
    if (candidate.name != unit) continue;
    if (number > static_cast<uint64_t>(INT64_MAX) / candidate.factor) return {};
    return number * candidate.factor;
  }
  return {};
}

template <size_t N>
std::string show_measure(uint64_t amount, const Unit (&units)[N]) {
  const Unit* best = nullptr;
  for (const Unit& unit : units)
    if (amount % unit.factor == 0 && (!best || unit.factor > best->factor)) best = &unit;
  return best ? fmt::format("{}{}", amount / best->factor, best->name) : std::to_string(amount);
}

void read_integer(Reader& reader, const YAML::Node& node, const Form& form,
                  const std::function<void(uint64_t)>& use) {
  const auto text = reader.text(node, form.called);
  if (!text) return;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size() ||
      number < static_cast<uint64_t>(form.least) || number > static_cast<uint64_t>(form.most)) {
    reader.wrong(node, fmt::format("expected {}, not '{}'", form.called, *text));
    return;
  }
  use(number);
}

// Writes JSON from YAML, noting where each value stood. Plain scalars that look like JSON literals
// or numbers are these, everything else is a string.
class JsonWriter {
 public:
  JsonWriter(Reader& reader, JsonText& out) : reader_(reader), out_(out) {}

  void write(const YAML::Node& node) {
    if (reader_.enter(node)) {
      note(node);
      if (node.IsMap()) {
        write_map(node);
      } else if (node.IsSequence()) {
        out_.value += '[';
        bool first = true;
        for (const auto& item : node) {
          if (!first) out_.value += ',';
          first = false;
          write(item);
        }
        out_.value += ']';
      } else {
        write_scalar(node);
      }
    }
    reader_.leave();
  }

 private:
  void note(const YAML::Node& node) { out_.places.emplace_back(out_.value.size(), mark_of(node)); }

  void write_map(const YAML::Node& node) {
    out_.value += '{';
    std::set<std::string> seen;
    bool first = true;
    for (const auto& pair : node) {
      const auto key = reader_.text(pair.first, "a text as the key");
      if (!key) continue;
      if (!seen.insert(*key).second)
        reader_.wrong(pair.first, fmt::format("'{}' stands twice in this mapping", *key));
      if (!first) out_.value += ',';
      first = false;
      note(pair.first);
      append_json_string(out_.value, *key);
      out_.value += ':';
      write(pair.second);
    }
    out_.value += '}';
  }

  void write_scalar(const YAML::Node& node) {
    if (!node.IsDefined() || node.IsNull()) {
      out_.value += "null";
      return;
    }
    const auto text = reader_.text(node, "a value");
    if (!text) return;
    const bool quoted = node.Tag() == "!";
    if (!quoted && (*text == "true" || *text == "false" || is_number(*text))) {
      out_.value += *text;
    } else {
      append_json_string(out_.value, *text);
    }
  }

  // RFC 8259's number.
  static bool is_number(std::string_view text) {
    size_t at = 0;
    const auto digits = [&] {
      const size_t from = at;
      while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
      return at - from;
    };
    if (at < text.size() && text[at] == '-') ++at;
    const size_t whole = at;
    const size_t count = digits();
    if (count == 0 || (count > 1 && text[whole] == '0')) return false;
    if (at < text.size() && text[at] == '.') {
      ++at;
      if (digits() == 0) return false;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
      ++at;
      if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
      if (digits() == 0) return false;
    }
    return at == text.size();
  }

  Reader& reader_;
  JsonText& out_;
};

// The pairs of a mapping with their keys as text; duplicates are problems and left out.
void each_pair(Reader& reader, const YAML::Node& node,
               const std::function<void(const std::string&, const YAML::Node& key,
                                        const YAML::Node& value)>& use) {
  std::map<std::string, Mark> seen;
  for (const auto& pair : node) {
    if (!pair.first.IsScalar()) {
      reader.wrong(pair.first,
                   fmt::format("expected a text as the key, not {}", describe(pair.first)));
      continue;
    }
    const std::string& name = pair.first.Scalar();
    const auto [first, fresh] = seen.emplace(name, mark_of(pair.first));
    if (!fresh) {
      reader.wrong(pair.first,
                   fmt::format("'{}' stands twice: first at line {}", name, first->second.line));
      continue;
    }
    use(name, pair.first, pair.second);
  }
}

bool absent(const YAML::Node& node) {
  return !node.IsDefined() || node.IsNull();
}

}  // namespace

std::string show_duration(Duration duration) {
  if (duration == Duration(0)) return "0s";
  return show_measure(static_cast<uint64_t>(duration.count()), kTimes);
}
std::string show_size(uint64_t bytes) {
  return show_measure(bytes, kSizes);
}

Value<bool> boolean() {
  const FormPtr form = scalar_form(Form::Is::boolean, "true or false");
  return {form,
          [form](Reader& reader, const YAML::Node& node, bool& out) {
            const auto text = reader.text(node, form->called);
            if (!text) return;
            if (*text != "true" && *text != "false") {
              reader.wrong(node, fmt::format("expected true or false, not '{}'", *text));
              return;
            }
            out = *text == "true";
          },
          [](const bool& value) { return std::string(value ? "true" : "false"); }};
}

Value<uint32_t> count(uint32_t least, uint32_t most) {
  auto form = std::make_shared<Form>();
  form->is = Form::Is::integer;
  form->called = fmt::format("a whole number from {} to {}", least, most);
  form->least = least;
  form->most = most;
  FormPtr fixed = form;
  return {fixed,
          [fixed](Reader& reader, const YAML::Node& node, uint32_t& out) {
            read_integer(reader, node, *fixed,
                         [&](uint64_t number) { out = static_cast<uint32_t>(number); });
          },
          [](const uint32_t& value) { return std::to_string(value); }};
}

Value<uint64_t> block_number() {
  auto form = std::make_shared<Form>();
  form->is = Form::Is::integer;
  form->called = "a block number";
  form->most = INT64_MAX;
  FormPtr fixed = form;
  return {fixed,
          [fixed](Reader& reader, const YAML::Node& node, uint64_t& out) {
            read_integer(reader, node, *fixed, [&](uint64_t number) { out = number; });
          },
          nullptr};
}

Value<uint64_t> size(uint64_t least, uint64_t most) {
  const FormPtr form = scalar_form(Form::Is::text, "a size such as 64MiB (B, KiB, MiB, GiB)",
                                   "^[0-9]+ ?(B|KiB|MiB|GiB)$");
  return {form,
          [form, least, most](Reader& reader, const YAML::Node& node, uint64_t& out) {
            const auto text = reader.text(node, form->called);
            if (!text) return;
            const auto bytes = measure(*text, kSizes);
            if (!bytes) {
              reader.wrong(node, fmt::format("expected {}, not '{}'", form->called, *text));
            } else if (*bytes < least || *bytes > most) {
              reader.wrong(node, fmt::format("{} is out of bounds: from {} to {}", *text,
                                             show_size(least), show_size(most)));
            } else {
              out = *bytes;
            }
          },
          [](const uint64_t& value) { return value == 0 ? std::string() : show_size(value); }};
}

Value<Duration> duration(Duration least, Duration most) {
  const FormPtr form = scalar_form(Form::Is::text, "a duration such as 30s (ms, s, m, h, d)",
                                   "^[0-9]+ ?(ms|s|m|h|d)$");
  return {form,
          [form, least, most](Reader& reader, const YAML::Node& node, Duration& out) {
            const auto text = reader.text(node, form->called);
            if (!text) return;
            const auto amount = measure(*text, kTimes);
            if (!amount) {
              reader.wrong(node, fmt::format("expected {}, not '{}'", form->called, *text));
              return;
            }
            const Duration value{static_cast<int64_t>(*amount)};
            if (value < least || value > most) {
              reader.wrong(node, fmt::format("{} is out of bounds: from {} to {}", *text,
                                             show_duration(least), show_duration(most)));
            } else {
              out = value;
            }
          },
          [](const Duration& value) { return show_duration(value); }};
}

Value<Text> text(std::string called, std::string pattern) {
  const FormPtr form = scalar_form(Form::Is::text, std::move(called), std::move(pattern));
  return {form,
          [form](Reader& reader, const YAML::Node& node, Text& out) {
            auto text = reader.text(node, form->called);
            if (!text) return;
            if (text->empty()) {
              reader.wrong(node, fmt::format("expected {}, not an empty text", form->called));
              return;
            }
            out = {std::move(*text), mark_of(node)};
          },
          [](const Text& value) { return value.value; }};
}

Value<Text> path(std::string called) {
  Value<Text> value = text(std::move(called));
  return {value.form,
          [value](Reader& reader, const YAML::Node& node, Text& out) {
            Text given;
            value.read(reader, node, given);
            if (!given.empty()) out = {reader.resolve(given.value), given.at};
          },
          value.show};
}

Value<Text> secret() {
  const Value<Text> value = text("a text that stays secret, or {secret: NAME}");
  return {scalar_form(Form::Is::secret, value.form->called),
          [value](Reader& reader, const YAML::Node& node, Text& out) {
            if (!node.IsMap()) return value.read(reader, node, out);
            const YAML::Node name = node["secret"];
            if (!name || node.size() != 1) {
              reader.wrong(node, "expected a text that stays secret, or {secret: NAME}");
              return;
            }
            text("the name of a secret").read(reader, name, out);
            out.secret = true;
          },
          value.show};
}

Value<JsonText> json(std::string called) {
  const FormPtr form = scalar_form(Form::Is::json, std::move(called));
  return {form,
          [form](Reader& reader, const YAML::Node& node, JsonText& out) {
            if (!node.IsMap()) {
              reader.wrong(node, fmt::format("expected {}, not {}", form->called, describe(node)));
              return;
            }
            out.at = mark_of(node);
            JsonWriter(reader, out).write(node);
          },
          nullptr};
}

Value<size_t> choice_index(std::vector<std::string> names, std::string called) {
  auto form = std::make_shared<Form>();
  form->choices = names;
  form->called =
      called.empty() ? fmt::format("one of {}", fmt::join(names, ", ")) : std::move(called);
  FormPtr fixed = form;
  return {fixed,
          [fixed](Reader& reader, const YAML::Node& node, size_t& out) {
            const auto text = reader.text(node, fixed->called);
            if (!text) return;
            for (size_t i = 0; i < fixed->choices.size(); ++i) {
              if (fixed->choices[i] != *text) continue;
              out = i;
              return;
            }
            const std::string near = nearest(*text, fixed->choices);
            reader.wrong(
                node, fmt::format("expected {}, not '{}'{}", fixed->called, *text,
                                  near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
          },
          nullptr};
}

Value<std::vector<std::pair<std::string, Text>>> texts(std::string called) {
  auto form = std::make_shared<Form>();
  form->is = Form::Is::table;
  form->called = std::move(called);
  const Value<Text> item = text("a text");
  form->parts = {item.form};
  FormPtr fixed = form;
  return {fixed,
          [fixed, item](Reader& reader, const YAML::Node& node,
                        std::vector<std::pair<std::string, Text>>& out) {
            if (!node.IsMap()) {
              reader.wrong(node, fmt::format("expected {}, not {}", fixed->called, describe(node)));
              return;
            }
            each_pair(reader, node,
                      [&](const std::string& name, const YAML::Node&, const YAML::Node& value) {
                        item.read(reader, value, out.emplace_back(name, Text{}).second);
                      });
          },
          nullptr};
}

bool read_list(Reader& reader, const YAML::Node& node, const Form& form, bool one_allowed,
               const std::function<void(const YAML::Node&)>& item) {
  if (absent(node)) return true;
  if (!node.IsSequence()) {
    if (one_allowed && !node.IsMap()) {
      item(node);
      return true;
    }
    reader.wrong(node, fmt::format("expected {}, not {}", form.called, describe(node)));
    return false;
  }
  if (reader.enter(node)) {
    for (const auto& element : node) item(element);
  }
  reader.leave();
  return true;
}

void read_table(
    Reader& reader, const YAML::Node& node, const Form& form,
    const std::function<void(const std::string& name, Mark at, const YAML::Node&)>& entry) {
  if (absent(node)) return;
  if (!node.IsMap()) {
    reader.wrong(node, fmt::format("expected {}, not {}", form.called, describe(node)));
    return;
  }
  if (reader.enter(node)) {
    each_pair(
        reader, node, [&](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
          const bool good =
              !name.empty() && name.size() <= kLongestName &&
              name.find_first_not_of(
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
                  std::string::npos;
          if (!good) {
            reader.wrong(key, fmt::format("'{}' is no name: up to {} letters, digits, '-' and '_'",
                                          name, kLongestName));
          }
          entry(name, mark_of(key), value);
        });
  }
  reader.leave();
}

void read_record(Reader& reader, const YAML::Node& node, const Form& form,
                 const std::function<void(size_t key, const YAML::Node&)>& member) {
  if (!absent(node) && !node.IsMap()) {
    reader.wrong(node, fmt::format("expected {} (a mapping), not {}", form.called, describe(node)));
    return;
  }
  std::vector<bool> seen(form.keys.size());
  if (!absent(node) && reader.enter(node)) {
    each_pair(reader, node,
              [&](const std::string& name, const YAML::Node& key, const YAML::Node& value) {
                std::vector<std::string> names;
                for (size_t i = 0; i < form.keys.size(); ++i) {
                  if (form.keys[i].name == name) {
                    seen[i] = true;
                    member(i, value);
                    return;
                  }
                  names.push_back(form.keys[i].name);
                }
                reader.wrong(key, fmt::format("'{}' is no key of {}{}", name, form.called,
                                              suggestion(name, names)));
                const std::string meant = nearest(name, names);
                for (size_t i = 0; i < form.keys.size();
                     ++i) {  // read as what was meant: one fault, one message
                  if (form.keys[i].name != meant || seen[i]) continue;
                  seen[i] = true;
                  member(i, value);
                }
              });
  }
  if (!absent(node)) reader.leave();
  for (size_t i = 0; i < seen.size(); ++i) {
    if (!form.keys[i].required || seen[i]) continue;
    reader.wrong(
        node, fmt::format("{} needs '{}': {}", form.called, form.keys[i].name, form.keys[i].help));
  }
}

}  // namespace belfry::app
