// Any text: parsed or refused; what was parsed is written, and reads back as the same policy.
#include <cstdint>

#include "base/check.h"
#include "common/policies.pb.h"
#include "msp/policy_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace belfry::msp;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  common::SignaturePolicyEnvelope bytes;
  if (bytes.ParseFromArray(data, static_cast<int>(size))) (void)policy_text(bytes);
  const auto policy = parse_policy_text(text);
  if (!policy) return 0;
  const auto written = policy_text(*policy);
  BELFRY_CHECK(written.has_value());
  const auto again = parse_policy_text(*written);
  BELFRY_CHECK(again.has_value() && again->SerializeAsString() == policy->SerializeAsString());
  return 0;
}
