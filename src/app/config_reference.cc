// The configuration's table told to people, as docs/configuration.md.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "app/config_schema.h"

namespace belfry::app {

namespace {

std::string takes(const Form& form) {
  switch (form.is) {
    case Form::Is::record:
      return fmt::format("{} ↓", form.called);
    case Form::Is::table:
      return form.parts[0]->is == Form::Is::record
                 ? fmt::format("names, each {} ↓", form.parts[0]->called)
                 : form.called;
    case Form::Is::list:
      return form.parts[0]->is == Form::Is::record
                 ? fmt::format("a list, each {} ↓", form.parts[0]->called)
                 : form.called;
    default:
      return form.called;
  }
}

std::string escape_cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

class Reference {
 public:
  void section(const Form& form, const std::string& path) {
    if (!told_.insert(form.called).second) return;
    if (path.empty())
      out_ += "\n## The whole file\n\n";
    else
      out_ += fmt::format("\n## {}\n\n", path);
    out_ += "| key | takes | without it | meaning |\n|---|---|---|---|\n";
    for (const Key& key : form.keys) {
      const std::string standard = key.required           ? "**needed**"
                                   : key.standard.empty() ? ""
                                                          : fmt::format("`{}`", key.standard);
      out_ += fmt::format("| `{}` | {} | {} | {} |\n", key.name, escape_cell(takes(*key.form)),
                          standard, escape_cell(key.help));
    }
    for (const Key& key : form.keys)
      inner(*key.form, path.empty() ? key.name : path + "." + key.name);
  }

  std::string take() { return std::move(out_); }

 private:
  void inner(const Form& form, const std::string& path) {
    switch (form.is) {
      case Form::Is::record:
        return section(form, path);
      case Form::Is::table:
        return inner(*form.parts[0], path + ".NAME");
      case Form::Is::list:
      case Form::Is::one_or_list:
        return inner(*form.parts[0], path + "[]");
      case Form::Is::either:
        return inner(*form.parts[1], path);
      default:
        return;
    }
  }

  std::string out_;
  std::set<std::string> told_;
};

}  // namespace

std::string configuration_reference() {
  std::string out =
      "# belfry.yaml, key by key\n\n"
      "Written by `belfry schema --output markdown` from the same table that reads the file; "
      "[surface.md](surface.md) is the tour.\n\n"
      "- Names (of networks, listeners, queues …) are yours: letters, digits, `-` and `_`.\n"
      "- Paths are relative to the file. `${VAR}` and `${VAR:-default}` stand for environment "
      "variables anywhere in a value; `$${` is a literal `${`.\n"
      "- A secret may be given as `password: …`, its file's path as `password_file: …`, or the "
      "name "
      "under which belfry keeps it as `password: {secret: NAME}`.\n"
      "- `belfry check` lints the file; `belfry schema > belfry.schema.json` gives editors its "
      "JSON Schema: put\n"
      "  `# yaml-language-server: $schema=belfry.schema.json` into the first line.\n";
  Reference reference;
  reference.section(*config_schema().form, "");
  return out + reference.take();
}

}  // namespace belfry::app
