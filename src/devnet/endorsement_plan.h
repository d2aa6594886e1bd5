// Whom a gateway asks for endorsements, and when it has enough: layouts tried one after another,
// each naming how many peers of which group must agree (Fabric's gateway/endorsement.go).
//
// Thread-safe: answers come from any thread.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "devnet/endorsers.h"

namespace gateway {
class ErrorDetail;
}
namespace protos {
class Endorsement;
class ProposalResponse;
}  // namespace protos

namespace belfry::devnet {

class EndorsementPlan {
 public:
  using PeerPtr = std::shared_ptr<EndorsingPeer>;
  using Groups = std::map<std::string, EndorsingPeers>;
  using Layout = std::map<std::string, uint32_t>;  // how many of which group

  EndorsementPlan(std::vector<Layout> layouts, Groups groups);
  ~EndorsementPlan();

  // The peers that the next layout wants asked, all at once; none when no layout is left.
  EndorsingPeers next_layout();
  // Whom to ask in place of a peer that failed; null when its group has nobody left, which ends
  // all layouts that need it.
  PeerPtr instead_of(const PeerPtr& failed);
  // Takes an endorsement. An error when it does not agree with those before it.
  Result<void> add(const PeerPtr& from, const ::protos::ProposalResponse& response);
  bool complete() const;

  const std::string& payload() const { return payload_; }  // proposal response payload agreed on
  // Of the layout that was completed; each endorser once.
  std::vector<::protos::Endorsement> endorsements() const;

 private:
  struct Open {
    Layout wanted;
    std::vector<::protos::Endorsement> have;
    bool dead = false;
  };
  mutable std::mutex mutex_;
  std::vector<Open> layouts_;
  size_t next_ = 0;
  std::map<std::string, std::deque<PeerPtr>> groups_;
  std::map<const EndorsingPeer*, std::string> group_of_;
  std::string payload_;
  const Open* complete_ = nullptr;
};

}  // namespace belfry::devnet
