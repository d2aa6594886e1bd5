// The words in which the configuration's table is written: what a value looks like, how it is read
// into a C++ value, and how it is described. One Value<T> does all three, so that a key exists in
// the parser, in its messages, in the reference and in the JSON Schema, or nowhere.
//
//   record<QueueConfig>("a queue", {
//       member("fifo", &QueueConfig::fifo, boolean(), "keeps the order within a group"),
//       member("delay", &QueueConfig::delay, duration(0s, 15min), "how long a message stays hidden
//       at first")})
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/reader.h"

namespace belfry::app {

struct Form;
using FormPtr = std::shared_ptr<const Form>;

// One key of a record, as it is described.
struct Key {
  std::string name;
  FormPtr form;
  std::string help;
  std::string
      standard;  // what holds when the key is absent, as it would be written; empty: nothing
  bool required = false;
};

// What a value looks like.
struct Form {
  enum class Is { text, secret, boolean, integer, json, record, table, list, one_or_list, either };
  Is is = Is::text;
  std::string called;   // "a duration such as 30s", "a queue": completes "expected …"
  std::string pattern;  // text: a regular expression, for editors
  std::vector<std::string> choices;  // text: nothing else is allowed
  int64_t least = 0, most = 0;       // integer
  std::vector<Key> keys;             // record
  std::vector<FormPtr> parts;        // table, list, one_or_list: the item; either: the alternatives
};

template <class T>
struct Value {
  FormPtr form;
  std::function<void(Reader&, const YAML::Node&, T&)> read;
  std::function<std::string(const T&)> show;  // as it would be written; empty: not worth showing
};

Value<bool> boolean();
Value<uint32_t> count(uint32_t least, uint32_t most);
Value<uint64_t> block_number();
Value<uint64_t> size(uint64_t least, uint64_t most);      // "64MiB"
Value<Duration> duration(Duration least, Duration most);  // "30s"
Value<Text> text(std::string called, std::string pattern = {});
Value<Text> path(std::string called);  // resolved against the file's folder
Value<Text> secret();                  // see secret_member
Value<JsonText> json(std::string called);

std::string show_duration(Duration duration);
std::string show_size(uint64_t bytes);

Value<size_t> choice_index(std::vector<std::string> names, std::string called);

// One of a few words, each standing for a value.
template <class E>
Value<E> choice(std::vector<std::pair<std::string, E>> choices, std::string called = {}) {
  std::vector<std::string> names;
  for (const auto& [name, value] : choices) names.push_back(name);
  Value<size_t> index = choice_index(names, std::move(called));
  return {index.form,
          [index, choices](Reader& reader, const YAML::Node& node, E& out) {
            size_t found = choices.size();
            index.read(reader, node, found);
            if (found < choices.size()) out = choices[found].second;
          },
          [choices](const E& value) {
            for (const auto& [name, candidate] : choices)
              if (candidate == value) return name;
            return std::string();
          }};
}

bool read_list(Reader& reader, const YAML::Node& node, const Form& form, bool one_allowed,
               const std::function<void(const YAML::Node&)>& item);

template <class T>
Value<std::vector<T>> list_of(Value<T> item, bool one_allowed) {
  auto form = std::make_shared<Form>();
  form->is = one_allowed ? Form::Is::one_or_list : Form::Is::list;
  form->called = (one_allowed ? item.form->called + " or a list of them"
                              : "a list, each item " + item.form->called);
  form->parts = {item.form};
  FormPtr fixed = form;
  return {fixed,
          [item, fixed, one_allowed](Reader& reader, const YAML::Node& node, std::vector<T>& out) {
            read_list(reader, node, *fixed, one_allowed, [&](const YAML::Node& element) {
              T value{};
              item.read(reader, element, value);
              out.push_back(std::move(value));
            });
          },
          nullptr};
}

template <class T>
Value<std::vector<T>> list(Value<T> item) {
  return list_of(std::move(item), false);
}
template <class T>
Value<std::vector<T>> one_or_list(Value<T> item) {
  return list_of(std::move(item), true);
}

// A mapping whose keys are names that the user chooses.
void read_table(
    Reader& reader, const YAML::Node& node, const Form& form,
    const std::function<void(const std::string& name, Mark at, const YAML::Node&)>& entry);

template <class T>
Value<Table<T>> table(Value<T> item) {
  auto form = std::make_shared<Form>();
  form->is = Form::Is::table;
  form->called = "a mapping from a name to " + item.form->called;
  form->parts = {item.form};
  FormPtr fixed = form;
  return {fixed,
          [item, fixed](Reader& reader, const YAML::Node& node, Table<T>& out) {
            read_table(reader, node, *fixed,
                       [&](const std::string& name, Mark at, const YAML::Node& element) {
                         Named<T> entry{name, at, {}};
                         item.read(reader, element, entry.value);
                         out.entries.push_back(std::move(entry));
                       });
          },
          nullptr};
}

// Headers and the like: free names, text values, kept in order.
Value<std::vector<std::pair<std::string, Text>>> texts(std::string called);

template <class T>
struct Member {
  Key key;
  std::function<void(Reader&, const YAML::Node&, T&)> read;
};

enum Presence { optional_key, required_key };

template <class T, class M>
Member<T> member(std::string name, M T::*field, Value<M> value, std::string help,
                 Presence presence = optional_key) {
  Key key{std::move(name), value.form, std::move(help), {}, presence == required_key};
  if (value.show && presence == optional_key) key.standard = value.show(T{}.*field);
  return {std::move(key), [value, field](Reader& reader, const YAML::Node& node, T& object) {
            value.read(reader, node, object.*field);
          }};
}

// A part that may be absent as a whole.
template <class T, class M>
Member<T> member(std::string name, std::optional<M> T::*field, Value<M> value, std::string help,
                 Presence presence = optional_key) {
  Key key{std::move(name), value.form, std::move(help), {}, presence == required_key};
  return {std::move(key), [value, field](Reader& reader, const YAML::Node& node, T& object) {
            (object.*field).emplace();
            value.read(reader, node, *(object.*field));
          }};
}

// The twin NAME_file of a secret NAME: the path of a file whose contents are the secret.
template <class T>
Member<T> secret_file_member(std::string name, Text T::*field) {
  Key key{name + "_file",
          path("the path of a file").form,
          "a file that holds `" + name + "`",
          {},
          false};
  return {std::move(key), [field](Reader& reader, const YAML::Node& node, T& object) {
            if (auto contents = reader.secret_file(node))
              object.*field = {*contents, mark_of(node)};
          }};
}

void read_record(Reader& reader, const YAML::Node& node, const Form& form,
                 const std::function<void(size_t key, const YAML::Node&)>& member);

template <class T>
Value<T> record(std::string called, std::vector<Member<T>> members) {
  auto form = std::make_shared<Form>();
  form->is = Form::Is::record;
  form->called = std::move(called);
  for (const auto& member : members) form->keys.push_back(member.key);
  FormPtr fixed = form;
  return {fixed,
          [members, fixed](Reader& reader, const YAML::Node& node, T& out) {
            read_record(reader, node, *fixed, [&](size_t key, const YAML::Node& value) {
              members[key].read(reader, value, out);
            });
          },
          nullptr};
}

// A word, or the longer form as a mapping.
template <class T>
Value<T> either(Value<T> scalar, Value<T> mapping) {
  auto form = std::make_shared<Form>();
  form->is = Form::Is::either;
  form->called = scalar.form->called + ", or " + mapping.form->called;
  form->parts = {scalar.form, mapping.form};
  return {form,
          [scalar, mapping](Reader& reader, const YAML::Node& node, T& out) {
            (node.IsMap() ? mapping : scalar).read(reader, node, out);
          },
          scalar.show};
}

}  // namespace belfry::app
