// `verify: signatures`: makes the verifier that a stream asks for, by fetching from the source what
// its trust must be led up through.
#pragma once

#include "pipeline/follower.h"

namespace belfry::app {

// The source must outlive it.
pipeline::VerifierAt signature_verifier(pipeline::BlockSource& source);

}  // namespace belfry::app
