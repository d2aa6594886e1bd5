// The value of a call, or why there is none.
//
// Whatever may fail in a chaincode (the peer refuses a read, an argument is not what it should be,
// a rule of the application is broken) comes back as a Result. A contract function passes errors on
// by returning them:
//
//     auto donor = transaction.get<Donor>("donor" + name);
//     if (!donor) return donor.error();              // the peer's or the decoder's error
//     if (!*donor) return Error{"there is no donor " + name, 404};
//
// An Error that a contract function returns fails the transaction: the peer does not endorse it,
// and the client sees status, message and payload.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace belfry::chaincode {

struct Error {
  std::string message;
  int status = 500;     // 400 to 599; the peer endorses nothing from 400 on
  std::string payload;  // more for the client, beside the message
};

template <class T = void>
class [[nodiscard]] Result {
 public:
  template <class U = T>
  requires(std::convertible_to<U&&, T> && !std::same_as<std::remove_cvref_t<U>, Error> &&
           !std::same_as<std::remove_cvref_t<U>, Result>) Result(U&& value)
      : content_(std::in_place_index<0>, std::forward<U>(value)) {}
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return content_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Only where ok().
  T& operator*() & { return std::get<0>(content_); }
  const T& operator*() const& { return std::get<0>(content_); }
  T&& operator*() && { return std::get<0>(std::move(content_)); }
  T* operator->() { return &std::get<0>(content_); }
  const T* operator->() const { return &std::get<0>(content_); }

  // Only where not ok().
  const Error& error() const { return std::get<1>(content_); }

 private:
  std::variant<T, Error> content_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace belfry::chaincode
