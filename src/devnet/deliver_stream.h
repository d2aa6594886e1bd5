// A Deliver stream over gRPC, a peer's or the orderer's: requests one after another, blocks as they
// are there, without a thread of its own while it waits. Blocks go out without being copied.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <functional>

#include "devnet/block_forms.h"
#include "devnet/deliver_seek.h"

namespace belfry::devnet {

using DeliverReactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;
using FormBlock =
    std::function<DeliverFrame(const ledger::CommittedBlock& block, const DeliverSeek& seek)>;

// Owns itself, as gRPC's reactors do. `host` must outlive the server.
DeliverReactor* start_deliver_stream(const DeliverHost& host, FormBlock form,
                                     grpc::CallbackServerContext* context);

// sha256 of the DER of the client's TLS certificate; empty when it showed none.
std::string client_certificate_hash(const grpc::ServerContextBase& context);

grpc::ByteBuffer to_buffer(const DeliverFrame& frame);
std::string to_string(grpc::ByteBuffer& buffer);  // empties it
// What Go's gRPC answers to bytes that are no message.
grpc::Status unparsed();

}  // namespace belfry::devnet
