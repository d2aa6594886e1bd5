#include "ledger/encode.h"

namespace belfry::ledger {

void append_varint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void append_field(std::string& out, uint32_t number, uint64_t value) {
  append_varint(out, number << 3);
  append_varint(out, value);
}

void append_field(std::string& out, uint32_t number, std::string_view bytes) {
  append_varint(out, number << 3 | 2);
  append_counted(out, bytes);
}

void append_counted(std::string& out, std::string_view bytes) {
  append_varint(out, bytes.size());
  out += bytes;
}

size_t varint_size(uint64_t value) {
  size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

}  // namespace belfry::ledger
