// Structs as JSON: arguments, results and what a chaincode keeps in its state.
//
// A struct lists its fields once, and is then read, written and described by them:
//
//     struct Donor {
//       std::string name;
//       std::optional<std::string> email;  // may be absent
//       static constexpr auto fields = std::tuple(field("name", &Donor::name),
//                                                 field("email", &Donor::email));
//     };
//
// Reading is strict: a field that is not optional must be there, and an unknown member is an error,
// unless the struct has a place for it (others()). Writing is deterministic, as endorsement needs
// it: fields in the order of the list, numbers in their shortest form, no white space.
//
// Other types may be: bool, integers, floating-point numbers, std::string, std::optional,
// std::vector, std::map by strings, Json itself, and whatever has a Codec of its own.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "belfry/chaincode/result.h"

namespace belfry::chaincode {

using Json = boost::json::value;

// The text of a value, and back. Objects keep the order of their members.
std::string to_text(const Json& value);
Result<Json> parse_json(std::string_view text);

template <class Owner, class Member>
struct Field {
  std::string_view name;
  Member Owner::*member;
};
// The place for members that the struct does not list.
template <class Owner>
struct Others {
  boost::json::object Owner::*member;
};

template <class Owner, class Member>
constexpr Field<Owner, Member> field(std::string_view name, Member Owner::*member) {
  return {name, member};
}
template <class Owner>
constexpr Others<Owner> others(boost::json::object Owner::*member) {
  return {member};
}
// How a type is read (errors say what is wrong with the value, not where it is), written, and
// described as a JSON schema.
template <class T>
struct Codec;

template <class T>
concept Described = requires {
  std::tuple_size<std::remove_cvref_t<decltype(T::fields)>>::value;
};

template <class T>
Result<T> from_json(const Json& value) {
  return Codec<T>::read(value);
}
template <class T>
Result<T> from_text(std::string_view text) {
  auto value = parse_json(text);
  if (!value) return value.error();
  return Codec<T>::read(*value);
}
template <class T>
Json to_json(const T& value) {
  return Codec<T>::write(value);
}
template <class T>
std::string to_json_text(const T& value) {
  return to_text(Codec<T>::write(value));
}

// What the codecs below share.
namespace detail {
Error must_be(std::string_view what, const Json& value);
Error within(std::string_view name, const Error& error);
Result<std::int64_t> read_signed(const Json& value, std::int64_t least, std::int64_t most);
Result<std::uint64_t> read_unsigned(const Json& value, std::uint64_t most);
Result<double> read_number(const Json& value);
Json type_schema(std::string_view type, std::string_view format = {});
template <class T>
inline constexpr bool optional = false;
template <class T>
inline constexpr bool optional<std::optional<T>> = true;
}  // namespace detail

template <>
struct Codec<Json> {
  static Result<Json> read(const Json& value) { return Result<Json>(value); }
  static Json write(const Json& value) { return value; }
  static Json schema() { return boost::json::object(); }
};

template <>
struct Codec<bool> {
  static Result<bool> read(const Json& value);
  static Json write(bool value) { return value; }
  static Json schema() { return detail::type_schema("boolean"); }
};

template <>
struct Codec<std::string> {
  static Result<std::string> read(const Json& value);
  static Json write(const std::string& value) { return Json(std::string_view(value)); }
  static Json schema() { return detail::type_schema("string"); }
};

template <std::floating_point T>
struct Codec<T> {
  static Result<T> read(const Json& value) {
    auto number = detail::read_number(value);
    if (!number) return number.error();
    return static_cast<T>(*number);
  }
  static Json write(T value) { return static_cast<double>(value); }
  static Json schema() { return detail::type_schema("number", "double"); }
};

template <std::integral T>
requires(!std::same_as<T, bool>) struct Codec<T> {
  static Result<T> read(const Json& value) {
    auto number = [&value] {
      if constexpr (std::is_signed_v<T>) {
        return detail::read_signed(value, std::numeric_limits<T>::min(),
                                   std::numeric_limits<T>::max());
      } else {
        return detail::read_unsigned(value, std::numeric_limits<T>::max());
      }
    }();
    if (!number) return number.error();
    return static_cast<T>(*number);
  }
  static Json write(T value) { return value; }
  static Json schema() { return detail::type_schema("integer", sizeof(T) > 4 ? "int64" : "int32"); }
};

// Absent in a struct, null elsewhere.
template <class T>
struct Codec<std::optional<T>> {
  static Result<std::optional<T>> read(const Json& value) {
    if (value.is_null()) return std::optional<T>();
    auto content = Codec<T>::read(value);
    if (!content) return content.error();
    return std::optional<T>(*std::move(content));
  }
  static Json write(const std::optional<T>& value) {
    return value ? Codec<T>::write(*value) : Json();
  }
  static Json schema() { return Codec<T>::schema(); }
};

template <class T>
struct Codec<std::vector<T>> {
  static Result<std::vector<T>> read(const Json& value) {
    const auto* array = value.if_array();
    if (array == nullptr) return detail::must_be("an array", value);
    std::vector<T> out;
    out.reserve(array->size());
    for (const Json& element : *array) {
      auto content = Codec<T>::read(element);
      if (!content) return detail::within("[" + std::to_string(out.size()) + "]", content.error());
      out.push_back(*std::move(content));
    }
    return out;
  }
  static Json write(const std::vector<T>& value) {
    boost::json::array out;
    out.reserve(value.size());
    for (const T& element : value) out.push_back(Codec<T>::write(element));
    return out;
  }
  static Json schema() {
    return boost::json::object{{"type", "array"}, {"items", Codec<T>::schema()}};
  }
};

template <class T>
struct Codec<std::map<std::string, T>> {
  static Result<std::map<std::string, T>> read(const Json& value) {
    const auto* object = value.if_object();
    if (object == nullptr) return detail::must_be("an object", value);
    std::map<std::string, T> out;
    for (const auto& member : *object) {
      auto content = Codec<T>::read(member.value());
      if (!content) return detail::within(member.key(), content.error());
      out.emplace(std::string(member.key()), *std::move(content));
    }
    return out;
  }
  static Json write(const std::map<std::string, T>& value) {
    boost::json::object out;
    for (const auto& [name, element] : value) out.emplace(name, Codec<T>::write(element));
    return out;
  }
  static Json schema() {
    return boost::json::object{{"type", "object"}, {"additionalProperties", Codec<T>::schema()}};
  }
};

template <Described T>
struct Codec<T> {
  static Result<T> read(const Json& value) {
    const auto* object = value.if_object();
    if (object == nullptr) return detail::must_be("an object", value);
    T out{};
    std::optional<Error> wrong;
    std::size_t known = 0;
    const boost::json::object* rest = nullptr;
    std::apply(
        [&](const auto&... parts) { (read_part(parts, *object, out, known, rest, wrong), ...); },
        T::fields);
    if (wrong) return *wrong;
    if (rest != nullptr || known == object->size()) return out;
    for (const auto& member : *object) {
      if (!lists(member.key())) return Error{"unknown field " + std::string(member.key()), 400};
    }
    return out;
  }
  static Json write(const T& value) {
    boost::json::object out;
    std::apply([&](const auto&... parts) { (write_part(parts, value, out), ...); }, T::fields);
    return out;
  }
  static Json schema() {
    boost::json::object properties;
    boost::json::array required;
    bool open = false;
    std::apply(
        [&](const auto&... parts) { (describe_part(parts, properties, required, open), ...); },
        T::fields);
    return boost::json::object{{"type", "object"},
                               {"properties", properties},
                               {"required", required},
                               {"additionalProperties", open}};
  }

 private:
  template <class Member>
  static void read_part(const Field<T, Member>& part, const boost::json::object& object, T& out,
                        std::size_t& known, const boost::json::object*&,
                        std::optional<Error>& wrong) {
    const Json* value = object.if_contains(part.name);
    if (value == nullptr) {
      if (!detail::optional<Member> && !wrong)
        wrong = Error{"field " + std::string(part.name) + " is missing", 400};
      return;
    }
    ++known;
    auto content = Codec<Member>::read(*value);
    if (content) {
      out.*part.member = *std::move(content);
    } else if (!wrong) {
      wrong = detail::within(part.name, content.error());
    }
  }
  static void read_part(const Others<T>& part, const boost::json::object& object, T& out,
                        std::size_t&, const boost::json::object*& rest, std::optional<Error>&) {
    for (const auto& member : object) {
      if (!lists(member.key())) (out.*part.member).emplace(member.key(), member.value());
    }
    rest = &(out.*part.member);
  }
  template <class Member>
  static void write_part(const Field<T, Member>& part, const T& value, boost::json::object& out) {
    if constexpr (detail::optional<Member>) {
      if (!(value.*part.member)) return;
    }
    out.emplace(part.name, Codec<Member>::write(value.*part.member));
  }
  static void write_part(const Others<T>& part, const T& value, boost::json::object& out) {
    for (const auto& member : value.*part.member) out.emplace(member.key(), member.value());
  }
  template <class Member>
  static void describe_part(const Field<T, Member>& part, boost::json::object& properties,
                            boost::json::array& required, bool&) {
    properties.emplace(part.name, Codec<Member>::schema());
    if (!detail::optional<Member>) required.emplace_back(part.name);
  }
  static void describe_part(const Others<T>&, boost::json::object&, boost::json::array&,
                            bool& open) {
    open = true;
  }

  static bool lists(std::string_view name) {
    return std::apply([&](const auto&... parts) { return (is(parts, name) || ...); }, T::fields);
  }
  template <class Member>
  static bool is(const Field<T, Member>& part, std::string_view name) {
    return part.name == name;
  }
  static bool is(const Others<T>&, std::string_view) { return false; }
};

}  // namespace belfry::chaincode
