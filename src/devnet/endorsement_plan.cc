#include "devnet/endorsement_plan.h"

#include <algorithm>
#include <set>

#include "peer/proposal_response.pb.h"

namespace belfry::devnet {

EndorsementPlan::EndorsementPlan(std::vector<Layout> layouts, Groups groups) {
  for (auto& layout : layouts) {
    Open open;
    open.wanted = std::move(layout);
    layouts_.push_back(std::move(open));
  }
  for (const auto& [name, peers] : groups) {
    groups_[name] = {peers.begin(), peers.end()};
    for (const auto& peer : peers) group_of_.emplace(peer.get(), name);
  }
}

EndorsementPlan::~EndorsementPlan() = default;

EndorsingPeers EndorsementPlan::next_layout() {
  std::lock_guard lock(mutex_);
  for (; next_ < layouts_.size(); ++next_) {
    Open& layout = layouts_[next_];
    if (layout.dead) continue;
    const bool enough =
        std::all_of(layout.wanted.begin(), layout.wanted.end(),
                    [&](const auto& want) { return groups_[want.first].size() >= want.second; });
    if (!enough) {
      layout.dead = true;
      continue;
    }
    EndorsingPeers out;
    for (const auto& [name, count] : layout.wanted) {
      auto& group = groups_[name];
      out.insert(out.end(), group.begin(), group.begin() + count);
      group.erase(group.begin(), group.begin() + count);
    }
    return out;
  }
  return {};
}

EndorsementPlan::PeerPtr EndorsementPlan::instead_of(const PeerPtr& failed) {
  std::lock_guard lock(mutex_);
  const auto& name = group_of_[failed.get()];
  auto& group = groups_[name];
  if (!group.empty()) {
    PeerPtr out = group.front();
    group.pop_front();
    return out;
  }
  for (size_t at = next_; at < layouts_.size(); ++at)
    if (layouts_[at].wanted.contains(name)) layouts_[at].dead = true;
  ++next_;
  return nullptr;
}

Result<void> EndorsementPlan::add(const PeerPtr& from, const ::protos::ProposalResponse& response) {
  std::lock_guard lock(mutex_);
  const auto& name = group_of_[from.get()];
  std::erase(groups_[name], from);
  if (payload_.empty())
    payload_ = response.payload();
  else if (payload_ != response.payload())
    return fail("ProposalResponsePayloads do not match");
  for (size_t at = next_; at < layouts_.size() && !complete_; ++at) {
    Open& layout = layouts_[at];
    const auto found = layout.wanted.find(name);
    if (layout.dead || found == layout.wanted.end()) continue;
    layout.have.push_back(response.endorsement());
    if (--found->second == 0) layout.wanted.erase(found);
    if (layout.wanted.empty()) complete_ = &layout;
  }
  return {};
}

bool EndorsementPlan::complete() const {
  std::lock_guard lock(mutex_);
  return complete_ != nullptr;
}

std::vector<::protos::Endorsement> EndorsementPlan::endorsements() const {
  std::lock_guard lock(mutex_);
  std::vector<::protos::Endorsement> out;
  std::set<std::string> seen;
  if (complete_)
    for (const auto& endorsement : complete_->have)
      if (seen.insert(endorsement.endorser()).second) out.push_back(endorsement);
  return out;
}

}  // namespace belfry::devnet
