#include "pipeline/source.h"

namespace belfry::pipeline {

Next BlockSource::again(uint64_t block, uint32_t, std::stop_token stop) {
  auto opened = open(block, stop);
  if (auto* end = std::get_if<StreamEnd>(&opened)) return std::move(*end);
  return std::get<std::unique_ptr<BlockStream>>(opened)->next(stop);
}

}  // namespace belfry::pipeline
