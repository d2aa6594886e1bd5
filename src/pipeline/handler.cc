#include "pipeline/handler.h"

namespace belfry::pipeline {

std::optional<queue::Message> Handler::dead_letter(const queue::Received&) {
  return std::nullopt;
}

}  // namespace belfry::pipeline
