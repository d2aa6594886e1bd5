#include "model.h"

#include <charconv>
#include <cmath>

namespace belfry::chaincode {
namespace {

constexpr double kMost = 1e12;  // beyond it a double no longer tells cents apart

std::optional<double> number(const Json& value) {
  if (const auto* text = value.if_string()) {
    double out = 0;
    const char* end = text->data() + text->size();
    const auto [stop, code] = std::from_chars(text->data(), end, out);
    return code == std::errc() && stop == end ? std::optional(out) : std::nullopt;
  }
  auto out = detail::read_number(value);
  return out ? std::optional(*out) : std::nullopt;
}

}  // namespace

Result<ngo::Amount> Codec<ngo::Amount>::read(const Json& value) {
  const auto amount = number(value);
  if (!amount || !(*amount > 0 && *amount <= kMost))
    return detail::must_be("an amount above 0", value);
  const double cents = std::round(*amount * 100);
  if (std::abs(cents - *amount * 100) > 1e-4)
    return detail::must_be("an amount in whole cents", value);
  return ngo::Amount{static_cast<std::int64_t>(cents)};
}

Json Codec<ngo::Amount>::write(ngo::Amount value) {
  return value.cents % 100 == 0 ? Json(value.cents / 100)
                                : Json(static_cast<double>(value.cents) / 100);
}

}  // namespace belfry::chaincode
