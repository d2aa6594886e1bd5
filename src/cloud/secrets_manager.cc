#include "cloud/secrets_manager.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/bytes.h"

namespace belfry::cloud {

Result<std::string> secret_value(Caller& caller, const std::string& name) {
  namespace json = boost::json;
  Reply reply = caller.call(json_call("secretsmanager", "1.1", "secretsmanager.GetSecretValue",
                                      json::serialize(json::object{{"SecretId", name}})));
  if (const auto* refusal = std::get_if<Refusal>(&reply))
    return fail(fmt::format("the secret '{}': {}", name, describe(*refusal)));
  boost::system::error_code error;
  const json::value answer = json::parse(std::get<Answer>(reply).body, error);
  if (!error && answer.is_object()) {
    if (const auto* text = answer.get_object().if_contains("SecretString");
        text && text->is_string())
      return std::string(text->get_string());
    if (const auto* bytes = answer.get_object().if_contains("SecretBinary");
        bytes && bytes->is_string())
      if (auto decoded = unbase64(bytes->get_string())) return *decoded;
  }
  return fail(fmt::format("the secret '{}': the answer holds no value", name));
}

}  // namespace belfry::cloud
