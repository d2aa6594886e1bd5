#include "cli/fabric_advice.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

namespace belfry::cli {

namespace {

bool says(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The number that follows these words.
std::optional<long> number_after(std::string_view text, std::string_view words) {
  const size_t at = text.find(words);
  if (at == std::string_view::npos) return {};
  long value = 0;
  const char* begin = text.data() + at + words.size();
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
  if (error != std::errc() || end == begin) return {};
  return value;
}

struct Advice {
  std::string_view words;  // of Fabric
  std::string_view step;
};
constexpr std::array kAdvice = std::to_array<Advice>({
    {"attempted to redefine uncommitted sequence",
     "this organization has approved exactly this already: go on with belfry chaincode commit"},
    {"attempted to redefine the current committed sequence",
     "this definition is committed: to change it, approve the next sequence (--sequence auto)"},
    {"chaincode definition not agreed to by this org",
     "the endorsing peer's organization has not approved this definition: run belfry chaincode "
     "approve as that organization, with the same version, sequence, policy and collections"},
    {"has been successfully defined on channel",
     "belfry chaincode list shows what is committed; deploy it with belfry chaincode upgrade"},
    {"No metadata was found for chaincode",
     "belfry chaincode list shows what is committed; deploy it with belfry chaincode upgrade"},
    {"no peers available to evaluate chaincode",
     "belfry chaincode list shows where it is committed and installed"},
    {"chaincode already successfully installed", "nothing is to be done: it is installed there"},
    {"creator is malformed",
     "the identity's organization is not of this channel, or --msp names another than its own"},
    {"access denied: channel",
     "the certificate is not of the organization that --msp names, has expired, or was revoked"},
    {"satisfies local MSP principal",
     "an administrator of the peer's organization must do this: give its MSP folder as --identity"},
    {"The identity is not an admin",
     "an administrator of the peer's organization must do this: give its MSP folder as --identity"},
    {"client identity expired", "the certificate has expired: renew it (belfry ca reenroll)"},
    {"failed to collect enough transaction endorsements",
     "name peers of enough organizations with --endorsers, or ask why those above refused"},
    {"failed to find any endorsing peers",
     "the gateway knows no peer of it: are its anchor peers set on the channel? Else name a peer "
     "by "
     "its address with --endorsers"},
    {"satisfy the endorsement policy",
     "the gateway knows too few peers with this chaincode: is it installed on a peer of each "
     "organization that must endorse, and are their anchor peers set?"},
    {"ENDORSEMENT_POLICY_FAILURE",
     "too few organizations endorsed it: name a peer or MSP id of each with --endorsers"},
    {"MVCC_READ_CONFLICT",
     "what it read was changed by another transaction meanwhile: submit it again"},
    {"PHANTOM_READ_CONFLICT",
     "a range that it read was changed by another transaction meanwhile: submit it again"},
    {"could not launch chaincode",
     "the peer cannot reach or start the chaincode: if it runs as a service, is it up at the "
     "package's address, with CHAINCODE_ID set to the package id?"},
    {"could not get last config for channel",
     "that peer has joined no such channel: belfry channel list shows those it has"},
    {"' not found", "that peer has joined no such channel: belfry channel list shows those it has"},
    {"SSL certificate problem",
     "its certificate is not from the authority that is expected: give that one's PEM file "
     "(--orderer-ca for an orderer)"},
    {"alert certificate required",
     "it asks for a client's certificate: give --tls-cert and --tls-key"},
    {"delta set was empty", "the channel's configuration already says so"},
    {"already exists with state", "the peer has joined this channel already"},
    {"permission denied", "the identity is none of the channel's Writers, or not its own MSP's"},
});

}  // namespace

std::string fabric_advice(std::string_view message) {
  if (const auto next = number_after(message, "but new definition must be sequence "))
    return fmt::format(
        "sequence must be {0}: run belfry chaincode approve --sequence {0}, then commit it", *next);
  if (const auto next = number_after(message, "is larger than the next available sequence number "))
    return fmt::format("sequence must be {0}: run belfry chaincode approve --sequence {0}", *next);
  if (const auto current = number_after(message, "currently defined sequence "))
    return fmt::format("sequence must be {0}: run belfry chaincode approve --sequence {0}",
                       *current + 1);
  for (const Advice& it : kAdvice)
    if (says(message, it.words)) return std::string(it.step);
  return {};
}

std::string with_advice(std::string_view message) {
  const std::string step = fabric_advice(message);
  return step.empty() ? std::string(message) : fmt::format("{}\n  {}", message, step);
}

}  // namespace belfry::cli
