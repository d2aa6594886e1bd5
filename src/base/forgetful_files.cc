#include "base/forgetful_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

namespace belfry {
namespace {

constexpr uint64_t kSector = 512;

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

}  // namespace

// A file's contents as programs see them, and as the disk has them for certain.
struct ForgetfulFiles::Node {
  std::string now, durable;
  std::vector<std::pair<uint64_t, uint64_t>>
      unsynced;  // ranges of `now` written since the last sync

  void write(uint64_t offset, std::string_view bytes) {
    if (now.size() < offset + bytes.size()) now.resize(offset + bytes.size());
    std::memcpy(now.data() + offset, bytes.data(), bytes.size());
    unsynced.emplace_back(offset, bytes.size());
  }
  void sync() {
    durable.resize(now.size());
    for (const auto& [offset, size] : unsynced)
      if (offset < now.size())
        durable.replace(offset, std::min<uint64_t>(size, now.size() - offset), now, offset, size);
    unsynced.clear();
  }
  // The disk may have taken some sectors of what was not synced, the last of them in part.
  void forget(Random& random) {
    if (!unsynced.empty() || now.size() != durable.size()) {
      const bool size_kept = random.below(2) == 0;
      if (size_kept) durable.resize(now.size());
      for (const auto& [offset, size] : unsynced) {
        const uint64_t keep = random.below(4);  // nothing, everything, a prefix, random sectors
        uint64_t end = offset + size;
        if (keep == 0) continue;
        if (keep == 2) end = offset + random.below(size + 1);
        for (uint64_t at = offset; at < end;) {
          const uint64_t next = std::min(end, (at / kSector + 1) * kSector);
          if (next > durable.size()) break;
          if (keep != 3 || random.below(2) == 0) durable.replace(at, next - at, now, at, next - at);
          at = next;
        }
      }
    }
    now = durable;
    unsynced.clear();
  }
};

struct ForgetfulFiles::State {
  explicit State(uint64_t seed) : random(seeded_random(seed)) {}

  Result<void> may_write(const std::string& what) {
    if (cut) return fail(fmt::format("cannot {}: the power is cut", what));
    return {};
  }
  uint64_t used() const {
    std::set<const Node*> seen;
    uint64_t bytes = 0;
    for (const auto& [path, node] : names)
      if (seen.insert(node.get()).second) bytes += node->now.size();
    return bytes;
  }

  mutable std::mutex mutex;
  std::unique_ptr<Random> random;
  using Names = std::map<std::string, std::shared_ptr<Node>>;
  Names names, durable_names;
  bool cut = false;
  uint64_t life = 0;  // handles of an earlier one are dead
  uint64_t operations_left = UINT64_MAX, syncs_left = UINT64_MAX, capacity = UINT64_MAX;

  // Counts an operation; true if the power goes in its midst.
  bool power_goes() {
    if (operations_left == UINT64_MAX) return false;
    if (operations_left > 0) {
      --operations_left;
      return false;
    }
    cut = true;
    return true;
  }
};

class ForgetfulFiles::Handle final : public File {
 public:
  Handle(std::shared_ptr<State> state, std::shared_ptr<Node> node, std::string path)
      : state_(std::move(state)),
        node_(std::move(node)),
        path_(std::move(path)),
        life_(state_->life) {}

  Result<size_t> read(uint64_t offset, char* into, size_t size) override {
    std::lock_guard lock(state_->mutex);
    if (life_ != state_->life) return fail("cannot read " + path_ + ": the power was cut");
    if (offset >= node_->now.size()) return size_t{0};
    const size_t some = std::min<uint64_t>(size, node_->now.size() - offset);
    std::memcpy(into, node_->now.data() + offset, some);
    return some;
  }

  Result<void> write(uint64_t offset, std::string_view bytes) override {
    std::lock_guard lock(state_->mutex);
    if (auto may = check("write"); !may) return may;
    const uint64_t end = offset + bytes.size();
    if (end > node_->now.size() && state_->used() + end - node_->now.size() > state_->capacity)
      return fail(fmt::format("cannot write {}: No space left on device", path_));
    if (state_->power_goes()) {
      node_->write(offset, bytes.substr(0, state_->random->below(bytes.size() + 1)));
      return fail(fmt::format("cannot write {}: the power is cut", path_));
    }
    node_->write(offset, bytes);
    return {};
  }

  Result<void> sync() override {
    std::lock_guard lock(state_->mutex);
    if (auto may = check("sync"); !may) return may;
    if (state_->power_goes()) return fail(fmt::format("cannot sync {}: the power is cut", path_));
    if (state_->syncs_left != UINT64_MAX && state_->syncs_left-- == 0) {
      state_->syncs_left = UINT64_MAX;
      node_->forget(*state_->random);
      return fail(fmt::format("cannot sync {}: Input/output error", path_));
    }
    node_->sync();
    return {};
  }

  Result<uint64_t> size() override {
    std::lock_guard lock(state_->mutex);
    return uint64_t{node_->now.size()};
  }

  Result<void> truncate(uint64_t size) override {
    std::lock_guard lock(state_->mutex);
    if (auto may = check("truncate"); !may) return may;
    node_->now.resize(size);
    return {};
  }

  Result<void> preallocate(uint64_t size) override {
    const auto now = this->size();
    if (!now || *now >= size) return {};
    return write(*now, std::string(size - *now, '\0'));
  }

 private:
  Result<void> check(const char* what) {
    if (life_ != state_->life)
      return fail(fmt::format("cannot {} {}: the power was cut", what, path_));
    return state_->may_write(fmt::format("{} {}", what, path_));
  }

  const std::shared_ptr<State> state_;
  const std::shared_ptr<Node> node_;
  const std::string path_;
  const uint64_t life_;
};

ForgetfulFiles::ForgetfulFiles(uint64_t seed) : state_(std::make_shared<State>(seed)) {}
ForgetfulFiles::~ForgetfulFiles() = default;

Result<std::unique_ptr<File>> ForgetfulFiles::open(const std::string& path, OpenMode mode) {
  std::lock_guard lock(state_->mutex);
  auto at = state_->names.find(path);
  if (at == state_->names.end()) {
    if (mode == OpenMode::read)
      return fail(fmt::format("cannot open {}: No such file or directory", path));
    if (auto may = state_->may_write("open " + path); !may) return tl::unexpected(may.error());
    at = state_->names.emplace(path, std::make_shared<Node>()).first;
  } else if (mode == OpenMode::create_new) {
    return fail(fmt::format("cannot open {}: File exists", path));
  }
  return std::unique_ptr<File>(std::make_unique<Handle>(state_, at->second, path));
}

Result<void> ForgetfulFiles::rename(const std::string& from, const std::string& to) {
  std::lock_guard lock(state_->mutex);
  if (auto may = state_->may_write("rename to " + to); !may) return may;
  const auto at = state_->names.find(from);
  if (at == state_->names.end())
    return fail(fmt::format("cannot rename to {}: No such file or directory", to));
  state_->names[to] = at->second;
  state_->names.erase(from);
  return {};
}

Result<void> ForgetfulFiles::remove(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  if (auto may = state_->may_write("remove " + path); !may) return may;
  if (state_->names.erase(path) == 0)
    return fail(fmt::format("cannot remove {}: No such file or directory", path));
  return {};
}

Result<std::vector<std::string>> ForgetfulFiles::list(const std::string& folder) {
  std::lock_guard lock(state_->mutex);
  std::vector<std::string> out;
  for (const auto& [path, node] : state_->names)
    if (folder_of(path) == folder) out.push_back(path.substr(folder.size() + 1));
  return out;
}

bool ForgetfulFiles::exists(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  return state_->names.contains(path);
}

Result<void> ForgetfulFiles::make_folders(const std::string&) {
  return {};
}

Result<void> ForgetfulFiles::sync_directory(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  if (auto may = state_->may_write("sync " + path); !may) return may;
  if (state_->power_goes()) return fail(fmt::format("cannot sync {}: the power is cut", path));
  std::erase_if(state_->durable_names,
                [&](const auto& name) { return folder_of(name.first) == path; });
  for (const auto& name : state_->names)
    if (folder_of(name.first) == path) state_->durable_names.insert(name);
  return {};
}

void ForgetfulFiles::cut_power() {
  std::lock_guard lock(state_->mutex);
  state_->cut = true;
}

void ForgetfulFiles::cut_power_after(uint64_t operations) {
  std::lock_guard lock(state_->mutex);
  state_->operations_left = operations;
}

bool ForgetfulFiles::power_is_cut() const {
  std::lock_guard lock(state_->mutex);
  return state_->cut;
}

void ForgetfulFiles::restore() {
  std::lock_guard lock(state_->mutex);
  // A journal may have taken the later names though nobody asked: all of them or none, per folder
  // order kept simple by deciding once.
  auto& kept = state_->durable_names;
  if (state_->random->below(2) == 0) kept = state_->names;
  std::set<Node*> seen;
  for (auto& [path, node] : kept)
    if (seen.insert(node.get()).second) node->forget(*state_->random);
  state_->names = kept;
  state_->cut = false;
  state_->operations_left = UINT64_MAX;
  ++state_->life;
}

void ForgetfulFiles::kill() {
  std::lock_guard lock(state_->mutex);
  state_->cut = false;
  state_->operations_left = UINT64_MAX;
  ++state_->life;
}

void ForgetfulFiles::set_capacity(uint64_t bytes) {
  std::lock_guard lock(state_->mutex);
  state_->capacity = bytes;
}

void ForgetfulFiles::fail_sync_after(uint64_t syncs) {
  std::lock_guard lock(state_->mutex);
  state_->syncs_left = syncs;
}

uint64_t ForgetfulFiles::used() const {
  std::lock_guard lock(state_->mutex);
  return state_->used();
}

std::string ForgetfulFiles::contents(const std::string& path) const {
  std::lock_guard lock(state_->mutex);
  const auto at = state_->names.find(path);
  return at == state_->names.end() ? std::string() : at->second->now;
}

void ForgetfulFiles::set_contents(const std::string& path, std::string contents) {
  std::lock_guard lock(state_->mutex);
  auto node = std::make_shared<Node>();
  node->now = node->durable = std::move(contents);
  state_->names[path] = state_->durable_names[path] = node;
}

}  // namespace belfry
