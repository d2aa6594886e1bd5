#include "aws/secrets_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/secrets_record.h"
#include "base/log.h"

namespace belfry::aws {
namespace {

constexpr std::string_view kRecords = "secret/", kValues = "secret-value/",
                           kKeyCheck = "secret-key-check";
constexpr size_t kMostUnstaged = 100;  // versions kept without a stage
constexpr size_t kSuffix = 7;          // "-Ab12Cd" of an ARN
constexpr int64_t kDay = 86'400'000;

std::string record_key(std::string_view name) {
  return std::string(kRecords).append(name);
}
// The ARN, not the name: a secret made anew under an old name has nothing of the old one.
std::string value_key(const SecretRecord& secret, std::string_view version) {
  return std::string(kValues).append(secret.arn).append("#").append(version);
}

}  // namespace

bool SecretVersion::has(std::string_view stage) const {
  return std::ranges::find(stages, stage) != stages.end();
}

SecretVersion* SecretRecord::version(std::string_view id) {
  for (auto& it : versions)
    if (it.id == id) return &it;
  return nullptr;
}

SecretVersion* SecretRecord::staged(std::string_view stage) {
  for (auto& it : versions)
    if (it.has(stage)) return &it;
  return nullptr;
}

void SecretRecord::stage(std::string_view stage, SecretVersion& to) {
  if (to.has(stage)) return;
  SecretVersion* from = staged(stage);
  unstage(stage);
  if (stage == kCurrent && from) {
    unstage(kPrevious);
    std::erase(from->stages, kPending);
    from->stages.emplace_back(kPrevious);
  }
  to.stages.emplace_back(stage);
}

void SecretRecord::unstage(std::string_view stage) {
  for (auto& it : versions) std::erase(it.stages, stage);
}

SecretsStore::SecretsStore(queue::Store& store, Clock& clock, Random& random, MasterKey key)
    : store_(store), clock_(clock), random_(random), key_(std::move(key)) {}

int64_t SecretsStore::now() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now().time_since_epoch())
      .count();
}

std::optional<SecretRecord> SecretsStore::find(std::string_view name_or_arn) {
  const auto guard = lock();
  std::string name(name_or_arn);
  const bool arn = name_or_arn.starts_with("arn:");
  if (arn) {
    // arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-Ab12Cd
    size_t at = 0;
    for (int colons = 0; colons < 6 && at != std::string_view::npos; ++colons)
      at = name_or_arn.find(':', at == 0 ? 0 : at + 1);
    if (at == std::string_view::npos) return {};
    name = name_or_arn.substr(at + 1);
  }
  const auto read = [&](std::string_view key) -> std::optional<SecretRecord> {
    const auto stored = store_.get(record_key(key));
    return stored ? decode_secret(*stored) : std::nullopt;
  };
  auto secret = read(name);
  if (arn && secret && secret->arn.substr(0, secret->arn.size() - kSuffix) != name_or_arn)
    secret.reset();
  if (arn && !secret && name.size() > kSuffix) {
    secret = read(std::string_view(name).substr(0, name.size() - kSuffix));
    if (secret && secret->arn != name_or_arn) secret.reset();
  }
  if (secret && secret->ends != 0 && secret->ends <= now()) {
    if (auto erased = erase(*secret); !erased)
      log::warn("a deleted secret could not be erased",
                {{"secret", secret->name}, {"reason", erased.error().message}});
    return {};
  }
  return secret;
}

std::vector<SecretRecord> SecretsStore::all() {
  const auto guard = lock();
  std::vector<SecretRecord> secrets;
  for (const auto& [key, stored] : store_.list(kRecords))
    if (auto secret = find(std::string_view(key).substr(kRecords.size())))
      secrets.push_back(std::move(*secret));
  return secrets;
}

Result<std::string> SecretsStore::current(std::string_view name_or_arn) {
  const auto guard = lock();
  auto secret = find(name_or_arn);
  if (!secret)
    return fail(fmt::format("there is no secret '{}': `belfry secret put {}` makes it", name_or_arn,
                            name_or_arn));
  if (secret->deleted)
    return fail(
        fmt::format("the secret '{}' is marked for deletion: `belfry secret restore {}` "
                    "brings it back",
                    name_or_arn, name_or_arn));
  const SecretVersion* version = secret->staged(kCurrent);
  if (!version) return fail(fmt::format("the secret '{}' has no value yet", name_or_arn));
  auto found = value(*secret, version->id);
  if (!found) return tl::unexpected(found.error());
  accessed(*secret, version->id);
  return std::move(found->bytes);
}

Result<SecretValue> SecretsStore::value(const SecretRecord& secret,
                                        std::string_view version) const {
  const std::string key = value_key(secret, version);
  const auto sealed = store_.get(key);
  if (!sealed) return fail(fmt::format("the value of the secret '{}' is missing", secret.name));
  auto opened = key_.open(*sealed, key);
  if (!opened) return fail(fmt::format("secret '{}': {}", secret.name, opened.error().message));
  if (opened->empty()) return fail(fmt::format("secret '{}': its value is cut short", secret.name));
  SecretValue value{opened->front() == 'b', opened->substr(1)};
  wipe(*opened);
  return value;
}

Result<void> SecretsStore::save(SecretRecord& secret, std::string_view version,
                                const SecretValue* value) {
  const auto guard = lock();
  queue::Batch batch;
  const auto unstaged = [](const SecretVersion& it) { return it.stages.empty(); };
  while (static_cast<size_t>(std::ranges::count_if(secret.versions, unstaged)) > kMostUnstaged) {
    const auto oldest = std::ranges::find_if(secret.versions, unstaged);
    batch.erase(value_key(secret, oldest->id));
    secret.versions.erase(oldest);
  }
  batch.put(record_key(secret.name), encode_secret(secret));
  if (value) {
    std::string plain = (value->binary ? "b" : "s") + value->bytes;
    const std::string key = value_key(secret, version);
    batch.put(key, key_.seal(plain, key, random_));
    wipe(plain);
  }
  auto committed = store_.commit(std::move(batch));
  if (committed.status != queue::CommitStatus::durable) return fail(committed.reason);
  return {};
}

void SecretsStore::accessed(SecretRecord secret, std::string_view version) {
  const auto guard = lock();
  const int64_t day = now() / kDay * kDay;
  SecretVersion* it = secret.version(version);
  if (!it || (secret.accessed == day && it->accessed == day)) return;
  secret.accessed = it->accessed = day;
  if (auto saved = save(secret); !saved)
    log::warn("the day of a secret's use could not be noted", {{"reason", saved.error().message}});
}

Result<void> SecretsStore::erase(const SecretRecord& secret) {
  const auto guard = lock();
  queue::Batch batch;
  batch.erase(record_key(secret.name));
  for (const auto& version : secret.versions) batch.erase(value_key(secret, version.id));
  auto committed = store_.commit(std::move(batch));
  if (committed.status != queue::CommitStatus::durable) return fail(committed.reason);
  return {};
}

Result<void> check_master_key(queue::Store& store, const MasterKey& key) {
  if (const auto sealed = store.get(kKeyCheck)) {
    const auto opened = key.open(*sealed, kKeyCheck);
    if (!opened) return fail("the secrets cannot be opened: " + opened.error().message);
    return {};
  }
  queue::Batch batch;
  batch.put(std::string(kKeyCheck), key.seal("", kKeyCheck, secure_random()));
  auto committed = store.commit(std::move(batch));
  if (committed.status != queue::CommitStatus::durable) return fail(committed.reason);
  return {};
}

}  // namespace belfry::aws
