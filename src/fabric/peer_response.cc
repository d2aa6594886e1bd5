#include "fabric/peer_response.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <limits>
#include <optional>

namespace belfry::fabric {
namespace {

using google::protobuf::internal::WireFormatLite;

constexpr uint32_t tag(int field, WireFormatLite::WireType type) { return WireFormatLite::MakeTag(field, type); }
constexpr auto kBytes = WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
constexpr auto kVarint = WireFormatLite::WIRETYPE_VARINT;

// Reads the fields of one message. Unknown ones are passed over, as protobuf has it.
class Reader {
 public:
  explicit Reader(std::string_view message)
      : message_(message), input_(reinterpret_cast<const uint8_t*>(message.data()), static_cast<int>(message.size())) {}

  // The next field's tag, 0 at the end of the message or where it is damaged.
  uint32_t next() { return input_.ReadTag(); }
  bool at_end() { return input_.CurrentPosition() == static_cast<int>(message_.size()); }
  int offset() { return input_.CurrentPosition(); }

  std::optional<std::string_view> bytes() {
    uint32_t size = 0;
    if (!input_.ReadVarint32(&size)) return std::nullopt;
    const auto begin = static_cast<size_t>(input_.CurrentPosition());
    if (size > message_.size() - begin) return std::nullopt;
    input_.Skip(static_cast<int>(size));
    return message_.substr(begin, size);
  }
  std::optional<uint64_t> varint() {
    uint64_t value = 0;
    return input_.ReadVarint64(&value) ? std::optional(value) : std::nullopt;
  }
  bool skip(uint32_t tag) { return WireFormatLite::SkipField(&input_, tag); }

 private:
  std::string_view message_;
  google::protobuf::io::CodedInputStream input_;
};

Result<DeliverResponse> damaged(std::string_view what, Reader& reader) {
  return fail(fmt::format("{} does not decode at byte {}", what, reader.offset()));
}

// An entry of map<uint64, rwset.TxPvtReadWriteSet>; none if damaged.
std::optional<std::pair<uint64_t, std::string_view>> private_entry(std::string_view entry) {
  std::pair<uint64_t, std::string_view> out{0, {}};
  Reader reader(entry);
  while (const uint32_t field = reader.next()) {
    if (field == tag(1, kVarint)) {
      const auto key = reader.varint();
      if (!key) return std::nullopt;
      out.first = *key;
    } else if (field == tag(2, kBytes)) {
      const auto value = reader.bytes();
      if (!value) return std::nullopt;
      out.second = *value;
    } else if (!reader.skip(field)) {
      return std::nullopt;
    }
  }
  return reader.at_end() ? std::optional(out) : std::nullopt;
}

Result<DeliverResponse> block_with_private_data(std::string_view message) {
  DeliverResponse out;
  out.kind = DeliverResponse::Kind::block_with_private_data;
  Reader reader(message);
  while (const uint32_t field = reader.next()) {
    if (field == tag(1, kBytes)) {
      const auto block = reader.bytes();
      if (!block) return damaged("the block in BlockAndPrivateData", reader);
      out.block = *block;
    } else if (field == tag(2, kBytes)) {
      const auto entry = reader.bytes();
      const auto pair = entry ? private_entry(*entry) : std::nullopt;
      if (!pair) return damaged("private data in BlockAndPrivateData", reader);
      out.private_data.push_back(*pair);
    } else if (!reader.skip(field)) {
      return damaged("BlockAndPrivateData", reader);
    }
  }
  if (!reader.at_end()) return damaged("BlockAndPrivateData", reader);
  return out;
}

}  // namespace

Result<DeliverResponse> parse_deliver_response(std::string_view message) {
  if (message.size() > static_cast<size_t>(std::numeric_limits<int>::max()))
    return fail(fmt::format("a response of {} bytes is more than protobuf allows", message.size()));
  std::optional<DeliverResponse> out;
  Reader reader(message);
  while (const uint32_t field = reader.next()) {
    if (field == tag(1, kVarint)) {
      const auto status = reader.varint();
      if (!status) return damaged("the status", reader);
      out.emplace().status = static_cast<int>(*status);
    } else if (field == tag(2, kBytes) || field == tag(3, kBytes)) {
      const auto block = reader.bytes();
      if (!block) return damaged("the block in DeliverResponse", reader);
      out.emplace().kind =
          field == tag(2, kBytes) ? DeliverResponse::Kind::block : DeliverResponse::Kind::filtered_block;
      out->block = *block;
    } else if (field == tag(4, kBytes)) {
      const auto both = reader.bytes();
      if (!both) return damaged("the block in DeliverResponse", reader);
      auto parsed = block_with_private_data(*both);
      if (!parsed) return parsed;
      out = std::move(*parsed);
    } else if (!reader.skip(field)) {
      return damaged("DeliverResponse", reader);
    }
  }
  if (!reader.at_end()) return damaged("DeliverResponse", reader);
  if (!out) return fail("DeliverResponse holds neither a status nor a block");
  return std::move(*out);
}

}  // namespace belfry::fabric
