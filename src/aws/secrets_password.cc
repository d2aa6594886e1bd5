#include <algorithm>

#include "aws/json_fields.h"
#include "aws/secrets_actions.h"

namespace belfry::aws::secrets {

Answer get_random_password(SecretsStore& store, const Input& input, const Caller&) {
  constexpr int64_t kMost = 4096;
  const int64_t length = number_field(input, "PasswordLength").value_or(32);
  if (length < 1 || length > kMost)
    return invalid_parameter("The password length must be from 1 to 4096.");
  const std::string excluded = text_field(input, "ExcludeCharacters").value_or("");
  const auto without = [&](std::string_view letters, const char* flag) {
    std::string left;
    if (flag_field(input, flag)) return left;
    for (const char c : letters)
      if (excluded.find(c) == std::string::npos) left += c;
    return left;
  };
  std::vector<std::string> kinds = {
      without("abcdefghijklmnopqrstuvwxyz", "ExcludeLowercase"),
      without("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ExcludeUppercase"),
      without("0123456789", "ExcludeNumbers"),
      without("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "ExcludePunctuation")};
  std::erase(kinds, "");
  std::string letters;
  for (const std::string& kind : kinds) letters += kind;
  if (flag_field(input, "IncludeSpace")) letters += ' ';
  if (letters.empty()) return invalid_parameter("No characters are left to make a password of.");

  std::string password;
  const auto* each = input.if_contains("RequireEachIncludedType");
  if (!each || !each->is_bool() || each->get_bool()) {
    if (static_cast<size_t>(length) < kinds.size())
      return invalid_parameter("Password length is too short based on the required types.");
    for (const std::string& kind : kinds) password += kind[store.random().below(kind.size())];
  }
  while (password.size() < static_cast<size_t>(length))
    password += letters[store.random().below(letters.size())];
  for (size_t left = password.size(); left > 1; --left)  // the required ones stand anywhere
    std::swap(password[left - 1], password[store.random().below(left)]);
  return boost::json::object{{"RandomPassword", password}};
}

}  // namespace belfry::aws::secrets
