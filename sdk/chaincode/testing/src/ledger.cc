#include "belfry/chaincode/testing/ledger.h"

#include "certificate.h"
#include "simulator.h"

namespace belfry::chaincode::testing {
namespace {

constexpr const char* kUnderTest =
    "chaincode";  // the namespace of the chaincode that the ledger was made with

bool holds(const State& state, const RangeRead& read) {
  auto now = state.range(read.space, read.request);
  if (!read.whole && now.size() > read.found.size()) now.resize(read.found.size());
  return std::equal(now.begin(), now.end(), read.found.begin(), read.found.end(),
                    [](const auto& one, const auto& other) {
                      return one.first == other.first && one.second.version == other.second;
                    });
}

}  // namespace

struct Simulation {
  Call call;
  Response response;
  ReadWriteSet set;
};

struct Ledger::Inside {
  Channel channel;
  std::vector<Event> events;
  std::map<std::string, std::string> certificates;  // by what is in them
  Time time = std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);
  std::uint64_t transactions = 0;
  std::uint64_t commits = 0;
};

Ledger::Ledger(Chaincode chaincode, std::string channel) : inside_(std::make_unique<Inside>()) {
  inside_->channel.name = std::move(channel);
  deploy(kUnderTest, std::move(chaincode));
}

Ledger::~Ledger() = default;

void Ledger::deploy(const std::string& name, Chaincode chaincode) {
  inside_->channel.chaincodes.insert_or_assign(name, std::move(chaincode));
}

void Ledger::collection(const std::string& name, std::vector<std::string> members) {
  inside_->channel.collections[name] = std::move(members);
}

void Ledger::set_time(Time time) {
  inside_->time = time;
}

std::unique_ptr<Simulation, void (*)(Simulation*)> Ledger::simulate(const Client& client,
                                                                    const Request& request) {
  std::string who = client.msp + "\n" + client.name;
  for (const auto& unit : client.units) who += "\nOU " + unit;
  for (const auto& [name, value] : client.attributes) who += "\n" + name + " " + value;
  auto& certificate = inside_->certificates[who];
  if (certificate.empty()) certificate = make_certificate(client);

  auto* simulation = new Simulation;
  std::unique_ptr<Simulation, void (*)(Simulation*)> out(simulation,
                                                         [](Simulation* it) { delete it; });
  simulation->call = {"tx" + std::to_string(++inside_->transactions),
                      inside_->channel.name,
                      {request.function},
                      request.transient,
                      client.msp,
                      certificate,
                      inside_->time};
  auto& arguments = simulation->call.arguments;
  arguments.insert(arguments.end(), request.arguments.begin(), request.arguments.end());
  Simulator simulator(inside_->channel, kUnderTest, simulation->call, simulation->set);
  simulation->response =
      inside_->channel.chaincodes.at(kUnderTest).execute(simulation->call, simulator);
  return out;
}

Outcome Ledger::commit(const Simulation& simulation) {
  Outcome out{simulation.response, std::nullopt, simulation.call.id};
  if (out.response.status >= 400) return out;
  out.code = Code::kValid;
  auto& state = inside_->channel.state;
  for (const auto& [where, version] : simulation.set.reads) {
    if (state.version(where) != version) out.code = Code::kReadConflict;
  }
  for (const auto& range : simulation.set.ranges) {
    if (out.valid() && !holds(state, range)) out.code = Code::kPhantomRead;
  }
  if (!out.valid()) return out;
  const auto version = ++inside_->commits;
  for (const auto& [space, write] : simulation.set.writes) {
    state.apply(space, write, version, simulation.call.id, simulation.call.time);
  }
  if (out.response.event) inside_->events.push_back(*out.response.event);
  return out;
}

Outcome Ledger::submit(const Client& client, const Request& request) {
  return commit(*simulate(client, request));
}

Response Ledger::evaluate(const Client& client, const Request& request) {
  return simulate(client, request)->response;
}

std::optional<std::string> Ledger::state(const std::string& key) const {
  return private_state("", key);
}

std::optional<std::string> Ledger::private_state(const std::string& collection,
                                                 const std::string& key) const {
  const Value* value = inside_->channel.state.find({kUnderTest, collection, key});
  return value == nullptr ? std::nullopt : std::optional(value->text);
}

std::vector<std::string> Ledger::keys() const {
  std::vector<std::string> out;
  for (const auto& [key, value] : inside_->channel.state.range(kUnderTest, {})) out.push_back(key);
  return out;
}

std::optional<KeyEndorsement> Ledger::endorsement(const std::string& key) const {
  const Call call;
  ReadWriteSet set;
  Simulator simulator(inside_->channel, kUnderTest, call, set);
  auto endorsement = Transaction(call, simulator).endorsement(key);
  return endorsement ? *endorsement : std::nullopt;
}

const std::vector<Event>& Ledger::events() const {
  return inside_->events;
}

}  // namespace belfry::chaincode::testing
