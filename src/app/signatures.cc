#include "app/signatures.h"

#include <fmt/format.h>

#include "fabric/block_verifier.h"

namespace belfry::app {

namespace {

using pipeline::StreamEnd;

std::variant<decode::Block, StreamEnd> fetch(pipeline::BlockSource& source, uint64_t number,
                                             std::stop_token stop) {
  auto opened = source.open(number, stop);
  if (auto* end = std::get_if<StreamEnd>(&opened)) return std::move(*end);
  return std::get<std::unique_ptr<pipeline::BlockStream>>(opened)->next(stop);
}

}  // namespace

pipeline::VerifierAt signature_verifier(pipeline::BlockSource& source) {
  return [&source](uint64_t first, const std::string& genesis_hash, std::stop_token stop)
             -> std::variant<std::unique_ptr<pipeline::BlockVerifier>, StreamEnd> {
    std::optional<StreamEnd> trouble;  // of the source, which is no verdict on the blocks
    const fabric::FetchBlock fetch_block = [&](uint64_t number) -> Result<decode::Block> {
      auto got = fetch(source, number, stop);
      if (auto* end = std::get_if<StreamEnd>(&got)) {
        trouble = *end;
        return fail(fmt::format("block {} cannot be had: {}", number, end->reason));
      }
      return std::get<decode::Block>(std::move(got));
    };
    auto made = [&]() -> Result<std::unique_ptr<fabric::BlockVerifier>> {
      if (first > 0) return fabric::BlockVerifier::starting_at(first, genesis_hash, fetch_block);
      auto genesis = fetch_block(0);
      if (!genesis) return tl::unexpected(genesis.error());
      return fabric::BlockVerifier::trusting(*genesis);
    }();
    if (made) return std::unique_ptr<pipeline::BlockVerifier>(std::move(*made));
    if (trouble) return *trouble;
    return StreamEnd{StreamEnd::Next::stop, "signatures", made.error().message};
  };
}

}  // namespace belfry::app
