// Configuration transactions from anywhere: a configuration or an error, and one that was read can
// be asked about every policy and followed into itself.
#include "msp/channel_config.h"

#include <vector>

#include "common/configtx.pb.h"
#include "msp/config_update.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace belfry::msp;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto transaction = parse_config_transaction(bytes);
  if (!transaction) return 0;
  auto config = ChannelConfig::from_config(transaction->channel, transaction->envelope->config());
  if (!config) return 0;
  const std::vector<MemberPtr> nobody;
  for (const char* path : {"/Channel/Readers", "/Channel/Admins",
                           "/Channel/Orderer/BlockValidation", "/Channel/Application/Endorsement"})
    (void)config->policies->evaluate(path, nobody).has_value();
  config->sequence -= 1;
  (void)follow_update(*config, *transaction->envelope).has_value();
  return 0;
}
