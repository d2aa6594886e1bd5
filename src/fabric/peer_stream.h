// The stream that PeerSource opens: blocks one after another from one peer, until something is
// wrong with it.
#pragma once

#include "fabric/peer_session.h"

namespace belfry::fabric {

struct DeliverResponse;

class PeerStream final : public pipeline::BlockStream {
 public:
  PeerStream(std::shared_ptr<PeerPool> pool, PeerSession session, uint64_t block);
  ~PeerStream() override;

  pipeline::Next next(std::stop_token stop) override;

 private:
  pipeline::Next read(std::stop_token stop);
  pipeline::Next take(const DeliverResponse& response, std::stop_token stop);
  // After a while without a block: why this peer should be left, if it should.
  std::optional<StreamEnd> look_around(std::stop_token stop);

  std::shared_ptr<PeerPool> pool_;
  PeerSession session_;
  std::unique_ptr<DeliverCall> call_;
  uint64_t wanted_;
  int idle_and_behind_ = 0;  // checks in a row that found blocks elsewhere which did not come here
  std::optional<StreamEnd> end_;  // once ended, it stays so
};

}  // namespace belfry::fabric
