#include "aws/ssm.h"

#include <fmt/format.h>

#include <re2/re2.h>
#include <algorithm>

#include "aws/json_fields.h"
#include "aws/ssm_parameters.h"

namespace belfry::aws {

namespace {

namespace json = boost::json;
using Input = json::object;
using Run = Answer (*)(SecretsStore&, const Input&, const Caller&);

constexpr std::string_view kSecretPath = "/aws/reference/secretsmanager/";
constexpr size_t kMostName = 1011, kStandardBytes = 4096, kAdvancedBytes = 8192, kMostNames = 10;

Fault validation(std::string message) {
  return {"ValidationException", "", std::move(message)};
}
Fault bad_name() {
  return validation(
      "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it "
      "can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of "
      "letters, numbers and the following 3 symbols .-_");
}
Fault internal(const Error& error) {
  return {"InternalServerError", "", error.message, 500, false};
}

std::string arn_of(const Parameter& it, const Caller& caller) {
  return fmt::format("arn:aws:ssm:{}:{}:parameter{}{}", caller.region, caller.account,
                     it.name.starts_with('/') ? "" : "/", it.name);
}

json::object facts(const Parameter& it, const Caller& caller) {
  return {{"ARN", arn_of(it, caller)},
          {"DataType", it.data_type},
          {"LastModifiedDate", static_cast<double>(it.modified) / 1000},
          {"Name", it.name},
          {"Type", it.type},
          {"Version", it.version}};
}

json::object with_value(const Parameter& it, const Input& input, const Caller& caller) {
  auto out = facts(it, caller);
  const bool hidden = it.type == "SecureString" && !flag_field(input, "WithDecryption");
  out["Value"] = hidden ? it.sealed : it.value;
  if (!it.source.empty()) out["SourceResult"] = it.source;
  return out;
}

// "arn:…:parameter/app/port:3" → "/app/port", "3".
struct Selector {
  std::string name, version;
};
Selector selector_of(std::string given) {
  bool arn = false;
  if (given.starts_with("arn:"))
    if (const size_t at = given.find(":parameter/"); at != std::string::npos)
      arn = true, given.erase(0, at + std::string_view(":parameter").size());
  const size_t colon = given.find(':');
  Selector it{given.substr(0, colon), colon == std::string::npos ? "" : given.substr(colon + 1)};
  // The ARN of a parameter without slashes has one all the same.
  if (arn && it.name.rfind('/') == 0) it.name.erase(0, 1);
  return it;
}

// A path has a slash before each of its parts; a name alone may have one.
bool is_path(std::string_view name) {
  return name.find("//") == std::string_view::npos && !name.ends_with('/') &&
         (name.starts_with('/') || name.find('/') == std::string_view::npos);
}

// A secret under the name /aws/reference/secretsmanager/NAME, which is read decrypted or not at
// all.
std::variant<Parameter, Fault> referenced(SecretsStore& secrets, const std::string& given,
                                          bool decrypted, const Caller& caller) {
  const std::string name = given.substr(kSecretPath.size());
  // Who may read which secret is decided where secrets are read.
  if (!caller.user_arn.empty())
    return Fault{"AccessDeniedException", "",
                 "where belfry.yaml names users, secrets are read from Secrets Manager only"};
  if (!decrypted)
    return validation("WithDecryption flag must be True for retrieving a Secret Manager secret.");
  const auto secret = secrets.find(name);
  const auto value = secret ? secrets.current(name) : Result<std::string>(fail("none"));
  if (!value)
    return Fault{"ParameterNotFound", "",
                 fmt::format("An error occurred (ParameterNotFound) when referencing Secrets "
                             "Manager: Secret {} not found.",
                             given)};
  Parameter it;
  it.name = given;
  it.type = "SecureString";
  it.value = *value;
  it.modified = secret->changed;
  it.source = json::serialize(
      json::object{{"ARN", secret->arn}, {"name", secret->name}, {"secretString", *value}});
  return it;
}

std::variant<Parameter, Fault> wanted(SecretsStore& secrets, const std::string& given,
                                      bool decrypted, const Caller& caller) {
  if (given.starts_with(kSecretPath)) return referenced(secrets, given, decrypted, caller);
  const Selector selector = selector_of(given);
  if (!is_path(selector.name)) return bad_name();
  auto found = find_parameter(secrets, selector.name);
  // A name of one part is found with a slash before it, too, and is called as it was asked for.
  if (found && !*found && selector.name.rfind('/') == 0 && !given.starts_with("arn:")) {
    found = find_parameter(secrets, selector.name.substr(1));
    if (found && *found) (*found)->name = selector.name;
  }
  if (found && !*found && given.starts_with("arn:"))
    found = find_parameter(secrets, "/" + selector.name);
  if (!found) return internal(found.error());
  if (!*found) return Fault{"ParameterNotFound", "", fmt::format("Parameter {} not found.", given)};
  if (!selector.version.empty() && selector.version != std::to_string((*found)->version))
    return Fault{"ParameterVersionNotFound", "",
                 fmt::format("Systems Manager could not find version {} of {}. Verify the version "
                             "and try again.",
                             selector.version, selector.name)};
  return std::move(**found);
}

Answer get_parameter(SecretsStore& secrets, const Input& input, const Caller& caller) {
  auto found = wanted(secrets, text_field(input, "Name").value_or(""),
                      flag_field(input, "WithDecryption"), caller);
  if (auto* fault = std::get_if<Fault>(&found)) return *fault;
  return json::object{{"Parameter", with_value(std::get<Parameter>(found), input, caller)}};
}

Answer get_parameters(SecretsStore& secrets, const Input& input, const Caller& caller) {
  const auto names = texts_field(input, "Names");
  if (names.empty() || names.size() > kMostNames)
    return validation(
        fmt::format("1 validation error detected: Value at 'names' failed to satisfy "
                    "constraint: Member must have length from 1 to {}",
                    kMostNames));
  json::array found, invalid;
  for (const std::string& name : names) {
    auto it = wanted(secrets, name, flag_field(input, "WithDecryption"), caller);
    if (auto* parameter = std::get_if<Parameter>(&it))
      found.push_back(with_value(*parameter, input, caller));
    else if (std::get<Fault>(it).sender)
      invalid.emplace_back(name);
    else
      return std::get<Fault>(it);
  }
  return json::object{{"Parameters", std::move(found)}, {"InvalidParameters", std::move(invalid)}};
}

// A page of what there is, in the order of the names; the token is the next name.
template <class Each>
Answer page(const std::vector<Parameter>& all, const Input& input, int64_t standard,
            const Each& each) {
  const int64_t most = number_field(input, "MaxResults").value_or(standard);
  if (most < 1 || most > 50) return validation("MaxResults must be from 1 to 50.");
  const std::string token = text_field(input, "NextToken").value_or("");
  json::object answer;
  json::array list;
  for (const Parameter& it : all) {
    if (it.name < token) continue;
    if (static_cast<int64_t>(list.size()) == most) {
      answer["NextToken"] = it.name;
      break;
    }
    list.push_back(each(it));
  }
  answer["Parameters"] = std::move(list);
  return answer;
}

Answer get_parameters_by_path(SecretsStore& secrets, const Input& input, const Caller& caller) {
  std::string path = text_field(input, "Path").value_or("");
  if (!path.starts_with('/'))
    return validation(
        "The parameter path must begin with a slash and consist of letters, numbers and the "
        "symbols .-_ divided by slashes.");
  if (!path.ends_with('/')) path += '/';
  auto all = list_parameters(secrets, path);
  if (!all) return internal(all.error());
  if (!flag_field(input, "Recursive"))
    std::erase_if(*all, [&](const Parameter& it) {
      return it.name.find('/', path.size()) != std::string::npos;
    });
  return page(*all, input, 10, [&](const Parameter& it) { return with_value(it, input, caller); });
}

bool good_name(std::string_view name) {
  return !name.empty() && name.size() <= kMostName && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./").find(c) != std::string_view::npos;
  });
}

// What is wrong with the parameter as it would be stored.
std::optional<Fault> problem(const Parameter& it) {
  if (it.type != "String" && it.type != "StringList" && it.type != "SecureString")
    return validation(
        it.type.empty()
            ? std::string("A parameter type is required when you create a parameter.")
            : fmt::format("1 validation error detected: Value '{}' at 'type' failed to satisfy "
                          "constraint: Member must satisfy enum value set: [String, StringList, "
                          "SecureString]",
                          it.type));
  const size_t most = it.tier == "Standard" ? kStandardBytes : kAdvancedBytes;
  if (it.value.empty())
    return validation(
        "1 validation error detected: Value at 'value' failed to satisfy constraint: Member must "
        "have length greater than or equal to 1");
  if (it.value.size() > most)
    return validation(
        fmt::format("{} tier parameters support a maximum parameter value of {} "
                    "characters.",
                    it.tier, most));
  if (!it.pattern.empty()) {
    const re2::RE2 pattern(it.pattern, re2::RE2::Quiet);
    if (!pattern.ok())
      return Fault{"InvalidAllowedPatternException", "", "The allowed pattern is not valid."};
    if (!re2::RE2::PartialMatch(it.value, pattern))
      return Fault{"ParameterPatternMismatchException", "",
                   "Parameter value, cannot be validated against allowedPattern: " + it.pattern};
  }
  return {};
}

Answer put_parameter(SecretsStore& secrets, const Input& input, const Caller&) {
  const std::string name = text_field(input, "Name").value_or("");
  if (!good_name(name) || !is_path(name)) return bad_name();
  auto found = find_parameter(secrets, name);
  if (!found) return internal(found.error());
  if (*found && !flag_field(input, "Overwrite"))
    return Fault{"ParameterAlreadyExists", "",
                 "The parameter already exists. To overwrite this value, set the overwrite option "
                 "in the request to true."};
  Parameter it = found->value_or(Parameter());
  it.name = name;
  const auto take = [&input](std::string_view field, std::string& into) {
    if (auto given = text_field(input, field)) into = std::move(*given);
  };
  it.value.clear();
  take("Value", it.value);
  take("Type", it.type);
  take("Description", it.description);
  take("AllowedPattern", it.pattern);
  take("DataType", it.data_type);
  take("KeyId", it.key_id);
  take("Tier", it.tier);
  if (it.tier == "Intelligent-Tiering")
    it.tier = it.value.size() > kStandardBytes ? "Advanced" : "Standard";
  if (auto fault = problem(it)) return *fault;
  ++it.version;
  it.modified = secrets.now();
  if (auto saved = save_parameter(secrets, it); !saved) return internal(saved.error());
  return json::object{{"Version", it.version}, {"Tier", it.tier}};
}

Answer delete_parameter(SecretsStore& secrets, const Input& input, const Caller& caller) {
  const std::string name = text_field(input, "Name").value_or("");
  if (name.starts_with(kSecretPath)) return validation("A secret is deleted by Secrets Manager.");
  auto found = wanted(secrets, name, false, caller);
  if (auto* fault = std::get_if<Fault>(&found)) return *fault;
  if (auto erased = erase_parameter(secrets, std::get<Parameter>(found).name); !erased)
    return internal(erased.error());
  return json::object();
}

Answer delete_parameters(SecretsStore& secrets, const Input& input, const Caller& caller) {
  json::array deleted, invalid;
  for (const std::string& name : texts_field(input, "Names")) {
    auto answer = delete_parameter(secrets, {{"Name", name}}, caller);
    auto* fault = std::get_if<Fault>(&answer);
    if (fault && !fault->sender) return *fault;
    (fault ? invalid : deleted).emplace_back(name);
  }
  return json::object{{"DeletedParameters", std::move(deleted)},
                      {"InvalidParameters", std::move(invalid)}};
}

// Whether a ParameterFilters entry lets it through; a fault names a key that is not known.
std::variant<bool, Fault> passes(const Parameter& it, const Input& filter) {
  const std::string key = text_field(filter, "Key").value_or("");
  const std::string option = text_field(filter, "Option").value_or("Equals");
  const auto values = texts_field(filter, "Values");
  const auto any = [&](std::string_view text) {
    return std::ranges::any_of(values, [&](const std::string& value) {
      if (option == "BeginsWith") return text.starts_with(value);
      if (option == "Contains") return text.find(value) != std::string_view::npos;
      return text == value;
    });
  };
  if (key == "Name") return any(it.name);
  if (key == "Type") return any(it.type);
  if (key == "Tier") return any(it.tier);
  if (key == "DataType") return any(it.data_type);
  if (key == "KeyId") return any(it.key_id);
  if (key == "Path")
    return std::ranges::any_of(values, [&](const std::string& value) {
      const std::string path = value.ends_with('/') ? value : value + "/";
      return it.name.starts_with(path) &&
             (option == "Recursive" || it.name.find('/', path.size()) == std::string::npos);
    });
  return Fault{"InvalidFilterKey", "", "The specified key is not valid: " + key};
}

Answer describe_parameters(SecretsStore& secrets, const Input& input, const Caller& caller) {
  auto all = list_parameters(secrets, "");
  if (!all) return internal(all.error());
  std::vector<Parameter> left;
  for (Parameter& it : *all) {
    bool wanted = true;
    if (const auto* filters = list_field(input, "ParameterFilters"))
      for (const auto& filter : *filters) {
        if (!filter.is_object()) continue;
        const auto passed = passes(it, filter.get_object());
        if (auto* fault = std::get_if<Fault>(&passed)) return *fault;
        wanted = wanted && std::get<bool>(passed);
      }
    if (wanted) left.push_back(std::move(it));
  }
  return page(left, input, 50, [&](const Parameter& it) {
    auto out = facts(it, caller);
    out["Tier"] = it.tier;
    out["Policies"] = json::array();
    if (!it.description.empty()) out["Description"] = it.description;
    if (!it.pattern.empty()) out["AllowedPattern"] = it.pattern;
    if (it.type == "SecureString") out["KeyId"] = it.key_id.empty() ? "alias/aws/ssm" : it.key_id;
    return out;
  });
}

Shape any_input() {
  const Shape filter =
      structure({{"Key", scalar()}, {"Option", scalar()}, {"Values", list(scalar())}});
  return structure({{"Name", scalar()},
                    {"Names", list(scalar())},
                    {"Path", scalar()},
                    {"Recursive", boolean()},
                    {"WithDecryption", boolean()},
                    {"Value", scalar()},
                    {"Type", scalar()},
                    {"Description", scalar()},
                    {"AllowedPattern", scalar()},
                    {"DataType", scalar()},
                    {"KeyId", scalar()},
                    {"Tier", scalar()},
                    {"Overwrite", boolean()},
                    {"MaxResults", integer()},
                    {"NextToken", scalar()},
                    {"ParameterFilters", list(filter)}});
}

}  // namespace

Service ssm(SecretsStore& store) {
  Service service;
  service.name = "ssm";
  service.json_prefix = "AmazonSSM";
  service.json_version = "1.1";
  const std::pair<const char*, Run> actions[] = {
      {"GetParameter", get_parameter},
      {"GetParameters", get_parameters},
      {"GetParametersByPath", get_parameters_by_path},
      {"PutParameter", put_parameter},
      {"DeleteParameter", delete_parameter},
      {"DeleteParameters", delete_parameters},
      {"DescribeParameters", describe_parameters},
  };
  for (const auto& [name, run] : actions) {
    Action action;
    action.input = any_input();
    action.run = [&store, run = run](Input input, const Caller& caller, Callback<Answer> done) {
      auto answer = [&] {
        const auto guard = store.lock();
        return run(store, input, caller);
      }();
      done(std::move(answer));
    };
    action.resource = [](const Input& input, const Caller& caller) -> std::string {
      auto name = text_field(input, "Name");
      if (!name) name = text_field(input, "Path");
      if (!name) return "*";
      Parameter it;
      it.name = selector_of(*name).name;
      return arn_of(it, caller);
    };
    service.actions.emplace(name, std::move(action));
  }
  return service;
}

}  // namespace belfry::aws
