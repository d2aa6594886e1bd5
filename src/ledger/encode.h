// The protobuf wire format written by hand, for bytes that are hashed or that many of are made:
// blocks, records, versions. decode/wire.h reads it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::ledger {

void append_varint(std::string& out, uint64_t value);
void append_field(std::string& out, uint32_t number, uint64_t value);          // varint
void append_field(std::string& out, uint32_t number, std::string_view bytes);  // length-delimited
void append_counted(std::string& out, std::string_view bytes);                 // without a tag
size_t varint_size(uint64_t value);

}  // namespace belfry::ledger
