#include "ca/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belfry::ca {
namespace {

template <class Request>
std::string problem(std::string_view body) {
  const auto value = parse_json(body);
  EXPECT_TRUE(value);
  Request request;
  FieldErrors errors;
  read(*value, errors, request);
  return errors.first() ? *errors.first() : "";
}

// What fabric-ca-server 1.5.21 answered to these bodies, behind "Invalid request body: ".
TEST(Requests, AFieldOfAWrongTypeIsNamedInTheRealServersWords) {
  EXPECT_EQ(problem<RegisterRequest>(R"({"attrs":[{"name":1}]})"),
            "json: cannot unmarshal number into Go struct field "
            "Attribute.RegistrationRequest.attrs.name of type string");
  EXPECT_EQ(problem<RegisterRequest>(R"({"attrs":"x"})"),
            "json: cannot unmarshal string into Go struct field "
            "RegistrationRequestNet.RegistrationRequest.attrs of type []api.Attribute");
  EXPECT_EQ(problem<RegisterRequest>(R"({"attrs":[1]})"),
            "json: cannot unmarshal number into Go struct field "
            "RegistrationRequestNet.RegistrationRequest.attrs of type api.Attribute");
  EXPECT_EQ(problem<RegisterRequest>(R"({"max_enrollments":1.5})"),
            "json: cannot unmarshal number 1.5 into Go struct field "
            "RegistrationRequestNet.RegistrationRequest.max_enrollments of type int");
  EXPECT_EQ(problem<RegisterRequest>(R"({"id":"x","attrs":[{"name":"a","ecert":"yes"}]})"),
            "json: cannot unmarshal string into Go struct field "
            "Attribute.RegistrationRequest.attrs.ecert of type bool");
  EXPECT_EQ(problem<CaNameRequest>(R"("x")"),
            "json: cannot unmarshal string into Go value of type lib.caNameReqBody");
  EXPECT_EQ(problem<EnrollRequest>(R"({"attr_reqs":"x"})"),
            "json: cannot unmarshal string into Go struct field EnrollmentRequestNet.attr_reqs of "
            "type []*api.AttributeRequest");
  EXPECT_EQ(problem<EnrollRequest>(R"({"attr_reqs":[1]})"),
            "json: cannot unmarshal number into Go struct field EnrollmentRequestNet.attr_reqs of "
            "type api.AttributeRequest");
  EXPECT_EQ(problem<EnrollRequest>(R"({"hosts":[1]})"),
            "json: cannot unmarshal number into Go struct field "
            "EnrollmentRequestNet.SignRequest.hosts of type string");
  EXPECT_EQ(problem<EnrollRequest>(R"({"subject":{"names":[{"C":1}]}})"),
            "json: cannot unmarshal number into Go struct field "
            "Name.SignRequest.subject.names.C of type string");
  EXPECT_EQ(problem<EnrollRequest>(R"({"NotBefore":"2020"})"),
            "parsing time \"2020\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"-\"");
  EXPECT_EQ(problem<EnrollRequest>(R"({"NotBefore":5})"),
            "Time.UnmarshalJSON: input is not a JSON string");
  EXPECT_EQ(problem<EnrollRequest>("null"), "");
}

}  // namespace
}  // namespace belfry::ca
