// The peer at the other end of a stream, as a transaction asks it. Writes are kept back and sent
// together where the peer offers that (3.1), at the latest by flush(); the peer then refuses a
// write only in the end, which fails the transaction all the same.
#pragma once

#include "belfry/chaincode/peer.h"
#include "peer/chaincode_shim.pb.h"
#include "session.h"

namespace belfry::chaincode {

class StreamPeer final : public Peer {
 public:
  // The exchange outlives it.
  StreamPeer(Exchange& exchange, PeerOffers offers) : exchange_(exchange), offers_(offers) {}

  Result<std::string> get(const std::string& collection, const std::string& key) override;
  Result<std::vector<std::string>> get_all(const std::string& collection,
                                           const std::vector<std::string>& keys) override;
  Result<std::string> hash(const std::string& collection, const std::string& key) override;
  Result<std::string> endorsement(const std::string& collection, const std::string& key) override;
  Result<> write(Write write) override;
  Result<Batch<Entry>> range(const RangeRequest& request) override;
  Result<Batch<Entry>> query(const std::string& collection, const std::string& query, int page,
                             const std::string& bookmark) override;
  Result<Batch<Change>> history(const std::string& key) override;
  Result<Batch<Entry>> next_entries(const std::string& id) override;
  Result<Batch<Change>> next_changes(const std::string& id) override;
  void close(const std::string& id) override;
  Result<Response> invoke(const std::string& chaincode,
                          const std::vector<std::string>& arguments) override;

  // Sends the writes that were kept back.
  Result<> flush();

 private:
  template <class Request>
  Result<std::string> ask(protos::ChaincodeMessage::Type type, const Request& request);

  Exchange& exchange_;
  const PeerOffers offers_;
  protos::WriteBatchState kept_;
};

}  // namespace belfry::chaincode
