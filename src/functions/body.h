// A listener's own form of the message body, from belfry.yaml's `body:`: the name of a preset or
// the text of a template whose output is JSON.
#pragma once

#include <string_view>
#include <vector>

#include "functions/template.h"
#include "pipeline/content.h"

namespace belfry::functions {

// Presets: `event` (the event's JSON, as if nothing was given), `cloudevents` (structured
// CloudEvents 1.0), `ngo-sample` (the body of the AWS sample's listener: type, transactionId,
// donationAmount, ngoRegistrationNumber, createdBy, createdAt). Anything with {{ is a template;
// other text is an error that names the nearest preset.
tl::expected<pipeline::Body, TemplateError> make_body(std::string_view text);

std::vector<std::string> body_presets();

}  // namespace belfry::functions
