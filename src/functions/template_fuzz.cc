// Any bytes as a template: parsed, and if it parses, rendered against a document that has something
// of everything.
#include <cstdint>

#include "functions/template.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using belfry::functions::Template;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto output = data[0] & 1 ? Template::Output::json : Template::Output::text;
  const auto parsed = Template::parse(text, output);
  if (!parsed) return 0;
  belfry::queue::Message message;
  message.attributes["n"] = {"Number", "7"};
  (void)parsed->render(
      {R"({"a":{"b":[1,"x",{"c":null}],"n":-1234567.895},"s":"Ünïcode \"q\"","t":true})",
       &message});
  (void)parsed->render({text, nullptr});
  return 0;
}
