// How a JSON object of an action looks in AWS's Query protocol: names with dots and numbers coming
// in, XML going out; and what kinds of JSON values its fields take. Rules: "AWS Query protocol" in
// Smithy's documentation.
//
//   structure({{"QueueUrl", scalar()},
//              {"AttributeNames", flat_list("AttributeName", scalar())},       AttributeName.1=All
//              {"Attributes", flat_map("Attribute", "Name", "Value")}})        Attribute.1.Name=…
//              .Value=…
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace belfry::aws {

struct Shape {
  enum class Kind { scalar, integer, boolean, structure, list, map };
  Kind kind = Kind::structure;
  std::string wire;             // the field's name in Query, when it is not the JSON name
  bool flat = false;            // list, map: no level of its own between the field and its items
  std::string item = "member";  // list
  std::string key = "key", value = "value";           // map; the level between is "entry"
  std::vector<std::pair<std::string, Shape>> fields;  // structure, in the order of the XML
  std::shared_ptr<const Shape> element;               // list, map

  // Out of line: a shape contains shapes, and is whole only below.
  Shape();
  ~Shape();
  Shape(const Shape&);
  Shape(Shape&&) noexcept;
  Shape& operator=(const Shape&);
  Shape& operator=(Shape&&) noexcept;
};

Shape scalar(std::string wire = {});   // a string; stays one
Shape integer(std::string wire = {});  // comes in as a number where it is one
Shape boolean(std::string wire = {});
Shape structure(std::vector<std::pair<std::string, Shape>> fields, std::string wire = {});
Shape list(Shape element, std::string wire = {});  // X.member.1
Shape flat_list(std::string wire, Shape element);  // X.1
Shape map(Shape element, std::string wire = {});   // X.entry.1.key
Shape flat_map(std::string wire, std::string key, std::string value,
               Shape element = scalar());  // X.1.Name

using Parameters = std::vector<std::pair<std::string, std::string>>;  // decoded, in order

// Query parameters as the JSON object of that shape. Unknown parameters are ignored, as AWS does; a
// field that is not of its kind (a word where a number belongs) is an error that names it.
Result<boost::json::object> from_query(const Parameters& parameters, const Shape& input);

// Whether a JSON input has the shape, in AWS's words where not; fields that are null are removed,
// as if they were not there.
Result<void> conform(boost::json::object& input, const Shape& shape);

// Appends the object's fields as XML elements.
void append_xml(std::string& out, const boost::json::object& value, const Shape& output);
void append_xml_text(std::string& out,
                     std::string_view text);  // escaped; what XML cannot hold becomes U+FFFD

}  // namespace belfry::aws
