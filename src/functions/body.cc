#include "functions/body.h"

#include <fmt/format.h>

#include "base/nearest.h"
#include "event/json.h"

namespace belfry::functions {
namespace {

constexpr std::string_view kNgoSample =
    R"({"type":{{event}},"transactionId":{{transaction_id}},"donationAmount":{{payload.donationAmount}},)"
    R"("ngoRegistrationNumber":{{payload.ngoRegistrationNumber}},"createdBy":{{payload.createdBy}},)"
    R"("createdAt":{{payload.createdAt}}})";

}  // namespace

std::vector<std::string> body_presets() {
  return {"event", "cloudevents", "ngo-sample"};
}

tl::expected<pipeline::Body, TemplateError> make_body(std::string_view text) {
  if (text.empty() || text == "event") return pipeline::Body();
  if (text == "cloudevents") {
    return pipeline::Body([](const event::Event& event) -> Result<std::string> {
      std::string body;
      event::append_cloudevent(body, event);
      return body;
    });
  }
  const std::string_view source = text == "ngo-sample" ? kNgoSample : text;
  if (source.find("{{") == source.npos) {
    const auto meant = nearest(text, body_presets());
    return tl::unexpected(
        TemplateError{fmt::format("\"{}\" is neither a preset ({}) nor a template with {{{{ }}}}{}",
                                  text, fmt::join(body_presets(), ", "),
                                  meant.empty() ? "" : fmt::format("; did you mean {}?", meant))});
  }
  auto parsed = Template::parse(source, Template::Output::json);
  if (!parsed) return tl::unexpected(parsed.error());
  return pipeline::Body([body = *parsed](const event::Event& event) {
    std::string json;
    event::append_json(json, event);
    return body.render({json, nullptr});
  });
}

}  // namespace belfry::functions
