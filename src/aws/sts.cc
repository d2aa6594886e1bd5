#include "aws/sts.h"

#include <fmt/format.h>

namespace belfry::aws {

Service sts() {
  Service service;
  service.name = "sts";
  service.query_version = "2011-06-15";
  service.xml_namespace = "https://sts.amazonaws.com/doc/2011-06-15/";
  Action identity;
  identity.output = structure({{"Arn", scalar()}, {"UserId", scalar()}, {"Account", scalar()}});
  identity.run = [](boost::json::object, const Caller& caller, Callback<Answer> done) {
    // Without users everybody on this machine is the account itself.
    const bool user = !caller.user_arn.empty();
    done(boost::json::object{
        {"Arn", user ? caller.user_arn : fmt::format("arn:aws:iam::{}:root", caller.account)},
        {"UserId", user ? caller.access_key : caller.account},
        {"Account", caller.account}});
  };
  service.actions.emplace("GetCallerIdentity", std::move(identity));
  return service;
}

}  // namespace belfry::aws
