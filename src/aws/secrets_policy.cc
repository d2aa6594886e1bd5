#include "aws/json_fields.h"
#include "aws/secrets_actions.h"

namespace belfry::aws::secrets {

namespace {

constexpr size_t kMostPolicy = 20'480;

Fault malformed() {
  return {"MalformedPolicyDocumentException", "", "This resource policy contains invalid Json."};
}

std::optional<Fault> problem(const std::string& policy) {
  boost::system::error_code error;
  const auto parsed = boost::json::parse(policy, error);
  if (error || !parsed.is_object() || policy.size() > kMostPolicy) return malformed();
  if (!parsed.get_object().contains("Statement"))
    return Fault{"MalformedPolicyDocumentException", "",
                 "This resource policy contains no Statement."};
  return {};
}

}  // namespace

Answer get_resource_policy(SecretsStore& store, const Input& input, const Caller&) {
  auto found = usable(store, input);
  if (auto* fault = std::get_if<Fault>(&found)) return *fault;
  const auto& secret = std::get<SecretRecord>(found);
  auto answer = name_of(secret);
  if (!secret.policy.empty()) answer["ResourcePolicy"] = secret.policy;
  return answer;
}

Answer put_resource_policy(SecretsStore& store, const Input& input, const Caller&) {
  auto found = usable(store, input);
  if (auto* fault = std::get_if<Fault>(&found)) return *fault;
  auto& secret = std::get<SecretRecord>(found);
  const std::string policy = text_field(input, "ResourcePolicy").value_or("");
  if (auto fault = problem(policy)) return *fault;
  secret.policy = policy;
  secret.changed = store.now();
  if (auto saved = store.save(secret); !saved) return internal(saved.error());
  return name_of(secret);
}

Answer delete_resource_policy(SecretsStore& store, const Input& input, const Caller&) {
  auto found = usable(store, input);
  if (auto* fault = std::get_if<Fault>(&found)) return *fault;
  auto& secret = std::get<SecretRecord>(found);
  secret.policy.clear();
  if (auto saved = store.save(secret); !saved) return internal(saved.error());
  return name_of(secret);
}

Answer validate_resource_policy(SecretsStore& store, const Input& input, const Caller&) {
  if (input.contains("SecretId")) {
    auto found = usable(store, input);
    if (auto* fault = std::get_if<Fault>(&found)) return *fault;
  }
  if (auto fault = problem(text_field(input, "ResourcePolicy").value_or(""))) return *fault;
  return boost::json::object{{"PolicyValidationPassed", true},
                             {"ValidationErrors", boost::json::array()}};
}

}  // namespace belfry::aws::secrets
