// The reading side of msp.SerializedIdentity: by hand, because it runs once per transaction and
// must copy nothing.
#include "msp/identity.h"

namespace belfry::msp {
namespace {

// A protobuf varint at the front of bytes, which it takes off; none when it is cut short or too
// long.
std::optional<uint64_t> take_varint(std::string_view& bytes) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  return {};
}

}  // namespace

Result<IdentityView> parse_identity(std::string_view serialized) {
  constexpr uint64_t kMspId = 1 << 3 | 2, kIdBytes = 2 << 3 | 2;
  IdentityView view;
  for (std::string_view rest = serialized; !rest.empty();) {
    const auto tag = take_varint(rest);
    // The message has two length-delimited fields; other ones are tolerated when they are such,
    // too.
    const auto size = tag && (*tag & 7) == 2 && *tag >> 3 != 0 ? take_varint(rest) : std::nullopt;
    if (!size || *size > rest.size()) return fail("not a serialized identity");
    const std::string_view value = rest.substr(0, *size);
    rest.remove_prefix(*size);
    if (*tag == kMspId) view.msp_id = value;
    if (*tag == kIdBytes) view.certificate_pem = value;
  }
  return view;
}

}  // namespace belfry::msp
