#include <fmt/format.h>

#include <functional>

#include "cli/ca_commands.h"
#include "cli/ca_options.h"
#include "cli/output.h"
#include "http/url.h"

namespace belfry::cli {

namespace {

namespace json = boost::json;

struct Options {
  CaOptions ca;
  std::string id, to, type, affiliation, secret;
  int64_t max_enrollments = 0;
  std::vector<std::string> attributes;
  bool force = false;
};

std::string attributes_text(const json::value& identity) {
  std::string out;
  for (const auto& it : list_at(identity, "attrs"))
    out +=
        fmt::format("{}{}={}", out.empty() ? "" : " ", text_at(it, "name"), text_at(it, "value"));
  return out;
}

std::vector<std::string> identity_row(const Program& program, const json::value& it) {
  return {program.out.safe(text_at(it, "id")), program.out.safe(text_at(it, "type")),
          program.out.safe(text_at(it, "affiliation")),
          text_at(it, "max_enrollments") == "-1" ? "any" : text_at(it, "max_enrollments"),
          program.out.safe(attributes_text(it))};
}

int show_identities(const Program& program, const Options& options,
                    const Result<json::value>& answer) {
  if (!answer) return program.failed(answer.error().message);
  const json::object* object = answer->if_object();
  const bool several = object && object->contains("identities");
  if (print_structured(program.out, options.ca.output,
                       several ? object->at("identities") : *answer))
    return kDone;
  Table table{
      {"identity", "type", "affiliation", "enrollments", "attributes"}, {}, "no identities"};
  if (several)
    for (const auto& it : list_at(*answer, "identities"))
      table.rows.push_back(identity_row(program, it));
  else
    table.rows.push_back(identity_row(program, *answer));
  print_table(program.out, table);
  return kDone;
}

std::string identity_path(const Options& options) {
  return "/identities/" + http::percent_encode(options.id);
}

int list_identities(const Program& program, const Options& options) {
  return show_identities(program, options, call_ca(options.ca, "GET", "/identities"));
}

int show_identity(const Program& program, const Options& options) {
  return show_identities(program, options, call_ca(options.ca, "GET", identity_path(options)));
}

int modify_identity(const Program& program, const Options& options) {
  json::object body;
  if (!options.type.empty()) body["type"] = options.type;
  if (!options.affiliation.empty()) body["affiliation"] = options.affiliation;
  if (!options.secret.empty()) body["secret"] = options.secret;
  if (options.max_enrollments != 0) body["max_enrollments"] = options.max_enrollments;
  auto attributes = attributes_of(options.attributes);
  if (!attributes) return program.misused(attributes.error().message);
  if (!attributes->empty()) body["attrs"] = std::move(*attributes);
  if (body.empty())
    return program.misused(
        "say what changes: --secret, --type, --affiliation, --attr or --max-enrollments");
  return show_identities(program, options,
                         call_ca(options.ca, "PUT", identity_path(options), json::serialize(body)));
}

int remove_identity(const Program& program, const Options& options) {
  const auto answer =
      call_ca(options.ca, "DELETE", identity_path(options) + (options.force ? "?force=true" : ""));
  if (!answer) return program.failed(answer.error().message);
  program.out.line(fmt::format("{} is removed and its certificates are revoked", options.id));
  return kDone;
}

void add_rows(const Program& program, const json::value& node, Table& table) {
  if (const std::string name = text_at(node, "name"); !name.empty())
    table.rows.push_back({program.out.safe(name)});
  for (const auto& it : list_at(node, "affiliations")) add_rows(program, it, table);
}

int show_affiliations(const Program& program, const Options& options,
                      const Result<json::value>& answer) {
  if (!answer) return program.failed(answer.error().message);
  if (print_structured(program.out, options.ca.output, *answer)) return kDone;
  Table table{{"affiliation"}, {}, "no affiliations"};
  add_rows(program, *answer, table);
  print_table(program.out, table);
  return kDone;
}

int list_affiliations(const Program& program, const Options& options) {
  return show_affiliations(program, options, call_ca(options.ca, "GET", "/affiliations"));
}

int add_affiliation(const Program& program, const Options& options) {
  return show_affiliations(
      program, options,
      call_ca(options.ca, "POST",
              std::string("/affiliations") + (options.force ? "?force=true" : ""),
              json::serialize(json::object{{"name", options.id}})));
}

std::string affiliation_path(const Options& options) {
  return "/affiliations/" + http::percent_encode(options.id) + (options.force ? "?force=true" : "");
}

int rename_affiliation(const Program& program, const Options& options) {
  return show_affiliations(program, options,
                           call_ca(options.ca, "PUT", affiliation_path(options),
                                   json::serialize(json::object{{"name", options.to}})));
}

int remove_affiliation(const Program& program, const Options& options) {
  const auto answer = call_ca(options.ca, "DELETE", affiliation_path(options));
  if (!answer) return program.failed(answer.error().message);
  program.out.line(fmt::format("{} is removed", options.id));
  return kDone;
}

}  // namespace

void add_ca_lists(Program& program, CLI::App* ca) {
  // Each command has options of its own: what the environment says is set for all of them.
  const auto add = [&](CLI::App* group, const std::string& name, const std::string& description,
                       const std::string& of, int (*run)(const Program&, const Options&)) {
    auto options = std::make_shared<Options>();
    CLI::App* command = program.step(group, name, description, options, run);
    if (!of.empty()) command->add_option(of, options->id, "which one")->type_name("")->required();
    add_as_option(command, options->ca);
    add_ca_options(command, options->ca);
    add_output_option(command, options->ca.output);
    return std::pair(command, options.get());
  };
  CLI::App* identities = ca->add_subcommand("identities", "the identities that the CA knows");
  identities->require_subcommand(1);
  add(identities, "list", "those that the caller may see", "", list_identities);
  add(identities, "show", "one of them", "ID", show_identity);
  const auto [modify, change] = add(identities, "modify", "change one", "ID", modify_identity);
  modify->add_option("--secret", change->secret, "a new secret; unlocks it, too")
      ->envname("BELFRY_CA_NEW_SECRET")
      ->type_name("TEXT");
  modify->add_option("--type", change->type, "another type")->type_name("TYPE");
  modify->add_option("--affiliation", change->affiliation, "another affiliation; a dot: none")
      ->type_name("NAME");
  modify
      ->add_option("--attr", change->attributes,
                   "set an attribute; an empty value takes it away; may be repeated")
      ->type_name("NAME=VALUE[:ecert]");
  modify
      ->add_option("--max-enrollments", change->max_enrollments,
                   "how often it may enroll; -1: without limit; -2: not at all")
      ->type_name("NUMBER");
  const auto [removing, removal] =
      add(identities, "remove", "remove one and revoke its certificates", "ID", remove_identity);
  removing->add_flag("--force", removal->force, "even if it is the caller");

  CLI::App* affiliations = ca->add_subcommand("affiliations", "the CA's departments");
  affiliations->require_subcommand(1);
  add(affiliations, "list", "all that the caller may see", "", list_affiliations);
  const auto [adding, addition] = add(affiliations, "add", "add one", "NAME", add_affiliation);
  adding->add_flag("--force", addition->force, "with those above it");
  const auto [renaming, renamed] =
      add(affiliations, "rename", "give one another name", "NAME", rename_affiliation);
  renaming->add_option("TO", renamed->to, "its new name")->type_name("")->required();
  renaming->add_flag("--force", renamed->force, "with the identities in it");
  const auto [taking, taken] =
      add(affiliations, "remove", "remove one", "NAME", remove_affiliation);
  taking->add_flag("--force", taken->force,
                   "with those below it, their identities and certificates");
}

}  // namespace belfry::cli
