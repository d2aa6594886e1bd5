// The door of the AWS-compatible services: takes an HTTP request, finds which protocol, service and
// action it is, checks its signature and what its user may do, runs the action, and writes the
// answer in the same protocol.
//
// Thread-safe once all services were added: it only reads them. What the services share is theirs to
// guard; docs/architecture.md has the table.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/access.h"
#include "aws/service.h"
#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/random.h"
#include "http/server.h"

namespace belfry::aws {

class Front {
 public:
  struct Options {
    std::string account = "000000000000";
    std::string region = "us-east-1";  // for requests without a signature
    Access access;
  };
  Front(Clock& clock, Random& random, Options options);
  void add(Service service);
  // A service without table, such as Lambda's REST API: paths that begin with `prefix` go to it,
  // signature checked.
  using RestHandler = std::function<void(http::ServerRequest, const Caller&, http::Respond)>;
  void add_rest(std::string prefix, std::string service, RestHandler handler);
  // Paths that begin with `prefix` are for everybody, from anywhere, unsigned: a certificate.
  void add_open(std::string prefix, http::RequestHandler handler);

  // What a REST handler asks before it acts: the refusal, if the caller may not do that.
  std::optional<Fault> denied(const Caller& caller, std::string_view action,
                              std::string_view resource) const;

  void handle(http::ServerRequest request, http::Respond respond);  // an http::RequestHandler

 private:
  struct Call;
  const RestHandler* rest_handler(std::string_view path) const;
  std::variant<Caller, Fault> identify(const http::ServerRequest& request, Claim& claim) const;
  Caller stranger(const http::ServerRequest& request) const;
  bool is_anonymous(const http::ServerRequest& request) const;
  void run(std::shared_ptr<Call> call);
  void handle_json(const http::ServerRequest& request, const std::string& target,
                   std::shared_ptr<Call> call);
  void handle_query(const http::ServerRequest& request, std::shared_ptr<Call> call);
  std::shared_ptr<const Service> query_service(const Parameters& parameters,
                                               const std::string& signed_service) const;

  Clock& clock_;
  Random& random_;
  const Options options_;
  std::vector<std::shared_ptr<const Service>> services_;  // calls under way hold theirs
  struct Rest {
    std::string prefix, service;
    RestHandler handler;
  };
  std::vector<Rest> rest_;
  std::vector<std::pair<std::string, http::RequestHandler>> open_;
};

}  // namespace belfry::aws
