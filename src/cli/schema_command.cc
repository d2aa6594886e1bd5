#include "cli/commands.h"

namespace belfry::cli {

void add_schema(Program& program) {
  auto markdown = std::make_shared<bool>(false);
  CLI::App* command = program.command(
      "schema", "print the JSON Schema of belfry.yaml, for editors",
      "  belfry schema > belfry.schema.json\n"
      "      then begin belfry.yaml with:  # yaml-language-server: $schema=belfry.schema.json\n"
      "  belfry schema --output markdown     the reference, key by key\n");
  add_choice<bool>(command, "-o,--output", *markdown, {{"json", false}, {"markdown", true}},
                   "json or markdown");
  program.on_run(command, [&program, markdown] {
    program.out.print(*markdown ? app::configuration_reference()
                                : app::configuration_json_schema());
    return kDone;
  });
}

}  // namespace belfry::cli
