#include "ledger/ledger.h"

#include <fmt/format.h>

#include "ledger/ledger_impl.h"
#include "peer/transaction.pb.h"

namespace belfry::ledger {
namespace {

std::string blocks_folder(const std::string& folder, const std::string& channel) {
  return folder + "/chains/" + channel;
}

std::string private_file(const std::string& folder, const std::string& channel) {
  return folder + "/pvtdata/" + channel;
}

Result<void> make_folders(FileSystem& files, const Ledger::Options& options,
                          const std::string& channel) {
  if (auto made = files.make_folders(blocks_folder(options.folder, channel)); !made) return made;
  if (auto made = files.make_folders(options.folder + "/pvtdata"); !made) return made;
  if (!options.sync) return {};
  for (const std::string& folder : {options.folder, options.folder + "/chains"})
    if (auto synced = files.sync_directory(folder); !synced) return synced;
  return {};
}

}  // namespace

std::string_view code_name(uint8_t code) {
  return ::protos::TxValidationCode_Name(static_cast<::protos::TxValidationCode>(code));
}

Result<std::unique_ptr<Ledger>> Ledger::create(FileSystem& files, Options options,
                                               std::string_view genesis,
                                               std::shared_ptr<SignatureCache> signatures) {
  auto config = msp::ChannelConfig::from_block(genesis);
  if (!config) return tl::unexpected(config.error());
  const std::string folder = options.folder;
  if (auto made = make_folders(files, options, config->channel); !made)
    return tl::unexpected(made.error());
  auto ledger = std::make_unique<LedgerImpl>(std::move(options), std::move(signatures));
  if (auto opened = ledger->open_files(files, blocks_folder(folder, config->channel),
                                       private_file(folder, config->channel));
      !opened)
    return tl::unexpected(opened.error());
  if (ledger->height() > 0)
    return fail(fmt::format("channel {} exists already in {}", config->channel, folder));
  if (auto begun = ledger->begin(genesis); !begun) return tl::unexpected(begun.error());
  return ledger;
}

Result<std::unique_ptr<Ledger>> Ledger::open(FileSystem& files, Options options,
                                             const std::string& channel,
                                             std::shared_ptr<SignatureCache> signatures) {
  const std::string folder = options.folder;
  if (auto made = make_folders(files, options, channel); !made) return tl::unexpected(made.error());
  auto ledger = std::make_unique<LedgerImpl>(std::move(options), std::move(signatures));
  if (auto opened =
          ledger->open_files(files, blocks_folder(folder, channel), private_file(folder, channel));
      !opened)
    return tl::unexpected(opened.error());
  if (ledger->height() == 0) return std::unique_ptr<Ledger>();
  if (ledger->channel() != channel)
    return fail(
        fmt::format("{} holds channel {}", blocks_folder(folder, channel), ledger->channel()));
  return ledger;
}

Result<std::unique_ptr<Ledger>> Ledger::open_recorded(FileSystem& files, const std::string& path) {
  auto ledger = std::make_unique<LedgerImpl>(Options{.folder = path, .read_only = true},
                                             std::make_shared<SignatureCache>(1));
  if (auto opened = ledger->open_files(files, path, ""); !opened)
    return tl::unexpected(opened.error());
  if (ledger->height() == 0) return fail(fmt::format("{} holds no whole block", path));
  return ledger;
}

std::vector<std::string> Ledger::channels(FileSystem& files, const std::string& folder) {
  // Each channel has a file of private data, even if it has no private data.
  auto names = files.list(folder + "/pvtdata");
  return names ? *names : std::vector<std::string>();
}

}  // namespace belfry::ledger
