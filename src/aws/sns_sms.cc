#include "aws/sns_sms.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "aws/sns_names.h"
#include "topic/direct.h"

namespace belfry::aws::sns {
namespace {

constexpr char kRecord[] = "aws/sns-sms";
constexpr size_t kLongestSenderId = 11;

constexpr std::array<std::string_view, 6> kNames = {
    "DefaultSMSType",        "DefaultSenderID",
    "DeliveryStatusIAMRole", "DeliveryStatusSuccessSamplingRate",
    "MonthlySpendLimit",     "UsageReportS3Bucket"};

Input stored_attributes(const queue::Store& store) {
  Input attributes{{"MonthlySpendLimit", "1"}};
  const auto record = store.get(kRecord);
  if (!record) return attributes;
  boost::system::error_code error;
  const auto parsed = boost::json::parse(*record, error);
  if (!error && parsed.is_object())
    for (const auto& [name, value] : parsed.get_object())
      if (value.is_string()) attributes[name] = value;
  return attributes;
}

bool is_type(std::string_view type) {
  return type == "Promotional" || type == "Transactional";
}

bool is_sender(std::string_view id) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto good = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; };
  return !id.empty() && id.size() <= kLongestSenderId && std::all_of(id.begin(), id.end(), good) &&
         std::any_of(id.begin(), id.end(), letter) && id.front() != '-' && id.back() != '-';
}

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Outcome<void> check_attribute(std::string_view name, std::string_view value) {
  if (std::find(kNames.begin(), kNames.end(), name) == kNames.end())
    return refuse(invalid_plain(fmt::format("{} is not a valid attribute", name)));
  const auto number = number_in(value);
  const bool rate = name == "DeliveryStatusSuccessSamplingRate";
  if (name == "DefaultSMSType" && !is_type(value))
    return refuse(invalid_plain("DefaultSMSType is invalid"));
  if ((name == "DefaultSenderID" && !value.empty() && !is_sender(value)) ||
      (name == "MonthlySpendLimit" && (!number || *number < 0)) ||
      (rate && (!number || *number < 0 || *number > 100)))
    return refuse(invalid(name));
  return {};
}

Outcome<std::string> read_phone(const Input& input) {
  const std::string_view given = text_of(input, "phoneNumber");
  std::string number = phone_number(given);
  if (number.empty())
    return refuse(invalid(fmt::format("PhoneNumber Reason: input incorrectly formatted")));
  return number;
}

}  // namespace

Outcome<void> check_sms_attributes(const queue::Attributes& attributes) {
  const auto value = [&](const char* name) -> const std::string* {
    const auto found = attributes.find(name);
    return found == attributes.end() ? nullptr : &found->second.value;
  };
  if (const auto* type = value("AWS.SNS.SMS.SMSType"); type && !is_type(*type))
    return refuse(invalid("SMSType"));
  if (const auto* sender = value("AWS.SNS.SMS.SenderID"); sender && !is_sender(*sender))
    return refuse(invalid("SenderID"));
  if (const auto* price = value("AWS.SNS.SMS.MaxPrice")) {
    const auto number = number_in(*price);
    if (!number || *number < 0) return refuse(invalid("MaxPrice"));
  }
  return {};
}

Answer SmsActions::attributes(const Input& input, const Caller&) {
  const Input all = stored_attributes(context_.store);
  const auto& wanted = array_of(input, "attributes");
  if (wanted.empty()) return Input{{"attributes", all}};
  Input some;
  for (const auto& name : wanted)
    if (const auto* value = all.if_contains(view(name.get_string())))
      some[name.get_string()] = *value;
  return Input{{"attributes", std::move(some)}};
}

Answer SmsActions::set_attributes(const Input& input, const Caller&) {
  std::lock_guard lock(context_.mutex);
  Input all = stored_attributes(context_.store);
  for (const auto& [key, value] : object_of(input, "attributes")) {
    if (auto good = check_attribute({key.data(), key.size()}, view(value.get_string())); !good)
      return good.error();
    all[key] = value;
  }
  queue::Batch batch;
  batch.put(kRecord, boost::json::serialize(all));
  if (auto stored = commit(context_.store, std::move(batch)); !stored) return stored.error();
  return Input();
}

Answer SmsActions::is_opted_out(const Input& input, const Caller&) {
  const auto phone = read_phone(input);
  if (!phone) return phone.error();
  return Input{{"isOptedOut", topic::is_opted_out(context_.store, *phone)}};
}

Answer SmsActions::list_opted_out(const Input& input, const Caller&) {
  const auto page =
      page_of(topic::opted_out(context_.store), text_of(input, "nextToken"), "nextToken");
  if (!page) return page.error();
  boost::json::array phones;
  for (const auto& phone : page->names) phones.emplace_back(phone);
  Input out{{"phoneNumbers", std::move(phones)}};
  if (!page->next.empty()) out["nextToken"] = page->next;
  return out;
}

Answer SmsActions::opt_in(const Input& input, const Caller&) {
  const auto phone = read_phone(input);
  if (!phone) return phone.error();
  queue::Batch batch;
  topic::opt_in(*phone, batch);
  if (auto stored = commit(context_.store, std::move(batch)); !stored) return stored.error();
  return Input();
}

Answer SmsActions::sandbox_status(const Input&, const Caller&) {
  return Input{{"IsInSandbox", false}};
}

Answer SmsActions::sandbox_numbers(const Input&, const Caller&) {
  return Input{{"PhoneNumbers", boost::json::array()}};
}

Answer SmsActions::no_sandbox(const Input&, const Caller&) {
  return Fault{"UserError", "", "belfry has no SMS sandbox: any phone number may be written to"};
}

Answer SmsActions::origination_numbers(const Input&, const Caller&) {
  return Input{{"PhoneNumbers", boost::json::array()}};
}

}  // namespace belfry::aws::sns
