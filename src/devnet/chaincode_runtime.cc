#include "devnet/chaincode_runtime.h"

#include <fmt/format.h>

#include "base/log.h"
#include "peer/chaincode.pb.h"
#include "peer/chaincode_event.pb.h"
#include "peer/chaincode_shim.pb.h"
#include "peer/proposal.pb.h"
#include "peer/proposal_response.pb.h"

namespace belfry::devnet {
namespace {

using ::protos::ChaincodeMessage;

// Where a real peer trips over what is not there, and says so.
constexpr const char* kTripped = "panic during execution";
constexpr Duration kWatchEvery = std::chrono::milliseconds(250);
// The key in a chaincode's namespace that says which version has been initialized (Fabric's
// InitializedKeyName): U+0000, U+10FFFF, "initialized".
const std::string kInitialized = std::string("\0\xf4\x8f\xbf\xbf", 5) + "initialized";

std::string describe_launch(const std::string& id, const std::string& reason) {
  return fmt::format("could not launch chaincode {}: {}", id, reason);
}

// What the chaincode's last message means to a client.
Result<ChaincodeOutcome> outcome_of(const std::string& transaction, const std::string& chaincode,
                                    const ChaincodeAnswer& answer) {
  if (!answer)
    return fail(
        fmt::format("failed to execute transaction {}: {}", transaction, answer.error().message));
  ChaincodeMessage& message = **answer;
  if (message.type() == ChaincodeMessage::ERROR)
    return fail(fmt::format("transaction returned with failure: {}", message.payload()));
  ChaincodeOutcome out{std::make_shared<::protos::Response>(), nullptr};
  if (!out.response->ParseFromString(message.payload()))
    return fail(
        fmt::format("failed to unmarshal response for transaction {}: proto: cannot parse "
                    "invalid wire-format data",
                    transaction));
  if (message.has_chaincode_event()) {
    out.event =
        std::make_shared<::protos::ChaincodeEvent>(std::move(*message.mutable_chaincode_event()));
    out.event->set_chaincode_id(chaincode);
    out.event->set_tx_id(transaction);
  }
  return out;
}

std::shared_ptr<ChaincodeMessage> completed(const ::protos::Response& response) {
  auto out = std::make_shared<ChaincodeMessage>();
  out->set_type(ChaincodeMessage::COMPLETED);
  out->set_payload(response.SerializeAsString());
  return out;
}

// INIT or TRANSACTION: which, and whether the chaincode may be called so.
Result<bool> check_init(Simulation& simulation, const std::string& name, const Callable& found,
                        bool asks_init) {
  std::lock_guard lock(simulation.mutex);
  bool needs = false;
  if (found.init_required)
    needs = simulation.simulator.get(name, kInitialized) != std::optional(found.version);
  if (!asks_init) {
    if (needs)
      return fail(fmt::format(
          "chaincode '{}' has not been initialized for this version, must call as init first",
          name));
    return false;
  }
  if (!found.init_required) return fail(needs_no_init(name));
  if (!needs)
    return fail(fmt::format("chaincode '{}' is already initialized but called as init", name));
  if (auto put = simulation.simulator.put(name, kInitialized, found.version); !put)
    return fail("could not set 'initialized' key: " + put.error().message);
  return true;
}

}  // namespace

std::string needs_no_init(const std::string& chaincode) {
  return fmt::format("chaincode '{}' does not require initialization but called as init",
                     chaincode);
}

ChaincodeRuntime::ChaincodeRuntime(const Clock& clock, Executor& executor,
                                   ChaincodeLauncher& launcher, RuntimeOptions options)
    : clock_(clock), executor_(executor), launcher_(launcher), options_(options) {}

std::shared_ptr<ChaincodeRuntime> ChaincodeRuntime::create(const Clock& clock, Executor& executor,
                                                           ChaincodeLauncher& launcher,
                                                           RuntimeOptions options) {
  std::shared_ptr<ChaincodeRuntime> out(new ChaincodeRuntime(clock, executor, launcher, options));
  out->watch();
  return out;
}

void ChaincodeRuntime::watch() {
  executor_.post_after(kWatchEvery, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    const Duration now = self->clock_.monotonic();
    std::vector<std::shared_ptr<ChaincodeHandler>> handlers;
    std::vector<std::string> late;
    {
      std::lock_guard lock(self->mutex_);
      if (self->stopped_) return;
      for (const auto& [id, entry] : self->entries_) {
        if (entry.handler) handlers.push_back(entry.handler);
        if (entry.launching && entry.launch_deadline <= now) late.push_back(id);
      }
    }
    for (const auto& handler : handlers) handler->expire(now);
    for (const auto& id : late)
      self->launch_failed(
          id, fmt::format("timeout expired while starting chaincode {} for transaction", id));
    self->watch();
  });
}

void ChaincodeRuntime::stop() {
  std::map<std::string, Entry> entries;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    entries = std::move(entries_);
    entries_.clear();
  }
  for (auto& [id, entry] : entries) {
    if (entry.handler) entry.handler->stop("the peer is shutting down");
    for (auto& then : entry.waiting) then(fail(describe_launch(id, "the peer is shutting down")));
  }
}

std::shared_ptr<ChaincodeHandler> ChaincodeRuntime::accept(ChaincodeStream& stream) {
  return std::make_shared<ChaincodeHandler>(*this, stream, options_.offers);
}

Result<void> ChaincodeRuntime::registered(const std::string& id,
                                          std::shared_ptr<ChaincodeHandler> handler) {
  std::lock_guard lock(mutex_);
  if (stopped_) return fail("the peer is shutting down");
  Entry& entry = entries_[id];
  if (entry.handler) return fail(fmt::format("duplicate chaincodeID: {}", id));
  entry.handler = std::move(handler);
  return {};
}

void ChaincodeRuntime::ready(const std::string& id) {
  std::vector<OnLaunched> waiting;
  std::shared_ptr<ChaincodeHandler> handler;
  {
    std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    found->second.is_ready = true;
    found->second.launching = false;
    waiting = std::move(found->second.waiting);
    found->second.waiting.clear();
    handler = found->second.handler;
  }
  log::debug("a chaincode is connected", {{"chaincode", id}});
  for (auto& then : waiting) then(handler);
}

void ChaincodeRuntime::gone(const std::string& id, const ChaincodeHandler* handler,
                            const std::string& reason) {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.handler.get() != handler) return;
  log::debug("a chaincode is gone", {{"chaincode", id}, {"reason", reason}});
  entries_.erase(found);
}

bool ChaincodeRuntime::connected(const std::string& id) const {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  return found != entries_.end() && found->second.is_ready;
}

void ChaincodeRuntime::disconnect(const std::string& id) {
  std::shared_ptr<ChaincodeHandler> handler;
  {
    std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found != entries_.end()) handler = found->second.handler;
  }
  if (handler) handler->stop("stopped");
}

void ChaincodeRuntime::launch_failed(const std::string& id, const std::string& reason) {
  std::vector<OnLaunched> waiting;
  {
    std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end() || !found->second.launching) return;
    waiting = std::move(found->second.waiting);
    found->second.waiting.clear();
    found->second.launching = false;
    if (!found->second.handler) entries_.erase(found);
  }
  for (auto& then : waiting) then(fail(describe_launch(id, reason)));
}

void ChaincodeRuntime::launch(const std::string& id, OnLaunched then) {
  std::shared_ptr<ChaincodeHandler> handler;
  {
    std::lock_guard lock(mutex_);
    if (!stopped_) {
      Entry& entry = entries_[id];
      if (entry.is_ready) {
        handler = entry.handler;
      } else {
        entry.waiting.push_back(std::move(then));
        if (entry.launching) return;
        entry.launching = true;
        entry.launch_deadline = clock_.monotonic() + options_.startup_timeout;
      }
    }
  }
  if (handler) return then(handler);
  if (then) return then(fail(describe_launch(id, "the peer is shutting down")));
  launcher_.launch(id, [weak = weak_from_this(), id](std::string reason) {
    if (const auto self = weak.lock()) self->launch_failed(id, reason);
  });
}

void ChaincodeRuntime::start(std::shared_ptr<Execution> execution, const std::string& id,
                             const ::protos::ChaincodeInput& input, OnChaincodeAnswer then) {
  ChaincodeMessage message;
  message.set_type(execution->is_init ? ChaincodeMessage::INIT : ChaincodeMessage::TRANSACTION);
  message.set_payload(input.SerializeAsString());
  message.set_txid(execution->proposal->transaction_id);
  message.set_channel_id(execution->channel());
  *message.mutable_proposal() = *execution->proposal->signed_proposal;
  launch(id, [self = shared_from_this(), execution = std::move(execution),
              message = std::move(message),
              then = std::move(then)](Result<std::shared_ptr<ChaincodeHandler>> handler) mutable {
    if (!handler) return then(tl::unexpected(handler.error()));
    (*handler)->execute(std::move(execution), std::move(message),
                        self->clock_.monotonic() + self->options_.execute_timeout, std::move(then));
  });
}

void ChaincodeRuntime::invoke(std::shared_ptr<Execution> execution,
                              const ::protos::ChaincodeInput* input, OnChaincodeAnswer then) {
  const auto& name = execution->name_space;
  const auto found = execution->peer->find(*execution->simulation, name);
  if (!found)
    return then(fail(
        fmt::format("invalid invocation: [channel {}] failed to get chaincode container info for "
                    "{}: {}",
                    execution->channel(), name, found.error().message)));
  if (input == nullptr) return then(fail(kTripped));
  const auto init = check_init(*execution->simulation, name, *found, input->is_init());
  if (!init) return then(fail("invalid invocation: " + init.error().message));
  execution->is_init = *init;
  start(std::move(execution), found->id, *input, std::move(then));
}

void ChaincodeRuntime::execute(std::shared_ptr<PeerView> peer,
                               std::shared_ptr<const Proposal> proposal,
                               std::shared_ptr<Simulation> simulation, const std::string& chaincode,
                               ::protos::ChaincodeInput input, OnOutcome then) {
  auto execution = std::make_shared<Execution>();
  execution->peer = std::move(peer);
  execution->proposal = proposal;
  execution->simulation = std::move(simulation);
  execution->name_space = chaincode;
  invoke(std::move(execution), &input,
         [proposal, chaincode, then = std::move(then)](ChaincodeAnswer answer) mutable {
           then(outcome_of(proposal->transaction_id, chaincode, answer));
         });
}

void ChaincodeRuntime::execute_legacy_init(std::shared_ptr<PeerView> peer,
                                           std::shared_ptr<const Proposal> proposal,
                                           std::shared_ptr<Simulation> simulation,
                                           const std::string& chaincode, const std::string& id,
                                           const ::protos::ChaincodeInput& input, OnOutcome then) {
  auto execution = std::make_shared<Execution>();
  execution->peer = std::move(peer);
  execution->proposal = proposal;
  execution->simulation = std::move(simulation);
  execution->name_space = chaincode;
  execution->is_init = true;
  start(std::move(execution), id, input,
        [proposal, chaincode, then = std::move(then)](ChaincodeAnswer answer) mutable {
          then(outcome_of(proposal->transaction_id, chaincode, answer));
        });
}

void ChaincodeRuntime::call(std::shared_ptr<Execution> caller, const ::protos::ChaincodeSpec& spec,
                            OnChaincodeAnswer then) {
  if (!spec.has_chaincode_id()) return then(fail(kTripped));
  // "name:version/channel", the last two optional and the version ignored.
  std::string name = spec.chaincode_id().name(), channel = caller->channel();
  if (const auto slash = name.find('/'); slash != std::string::npos) {
    if (slash + 1 < name.size()) channel = name.substr(slash + 1);
    name.resize(slash);
  }
  name = name.substr(0, name.find(':'));

  auto& peer = *caller->peer;
  if (peer.is_system(name) && !spec.has_input()) return then(fail(kTripped));
  if (peer.is_system(name) && spec.input().is_init())
    return then(fail("execute failed: invalid invocation: " + needs_no_init(name)));
  if (peer.is_system(name))
    return then(completed(peer.call_system(name, channel, caller->simulation.get(),
                                           *caller->proposal, spec.input(), caller->name_space)));
  if (auto may = peer.may_call(channel, *caller->proposal); !may)
    return then(tl::unexpected(may.error()));
  auto callee = std::make_shared<Execution>();
  callee->peer = caller->peer;
  callee->proposal = caller->proposal;
  callee->name_space = name;
  callee->simulation = caller->simulation;
  if (channel != caller->channel()) {
    auto other = peer.simulate(channel, *caller->proposal);
    if (!other) return then(fail("failed to find ledger for channel: " + channel));
    callee->simulation = std::move(*other);
  }
  invoke(std::move(callee), spec.has_input() ? &spec.input() : nullptr,
         [then = std::move(then)](ChaincodeAnswer answer) mutable {
           if (!answer && answer.error().message == kTripped)
             return then(tl::unexpected(answer.error()));
           if (!answer) return then(fail("execute failed: " + answer.error().message));
           then(std::move(answer));
         });
}

}  // namespace belfry::devnet
