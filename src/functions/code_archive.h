// A function's code as a zip file: unpacked into a folder of its own, and packed from one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belfry::functions {

inline constexpr uint64_t kLargestCode = 262'144'000;  // bytes unpacked, as Lambda has it
inline constexpr size_t kMostCodeFiles = 100'000;

struct UnpackError {
  enum class Kind {
    not_a_zip,
    empty,
    too_large,
    unsafe,  // an entry would land outside of the folder
    disk,
  };
  Kind kind = Kind::not_a_zip;
  std::string message;
};

// Into the folder, which is made and must not be there. Modes are kept, so a bootstrap stays
// executable; owners are not. On an error the folder is removed again.
tl::expected<void, UnpackError> unpack_code(std::string_view zip, const std::string& folder);

// Everything in the folder, links to files included as the files they mean.
Result<std::string> pack_code(const std::string& folder);

}  // namespace belfry::functions
