#include "aws/turns.h"

#include <deque>
#include <mutex>
#include <unordered_map>

namespace belfry::aws {

struct Turns::State : std::enable_shared_from_this<State> {
  std::mutex mutex;
  // Those who wait, by the key whose turn somebody has.
  std::unordered_map<std::string, std::deque<Callback<Turn>>> taken;

  Turn turn(const std::string& key) {
    // What it owns is of no interest: the end of it is.
    return Turn(static_cast<void*>(this),
                [self = shared_from_this(), key](void*) { self->over(key); });
  }

  void over(const std::string& key) {
    Callback<Turn> next;
    {
      std::lock_guard lock(mutex);
      const auto found = taken.find(key);
      if (found->second.empty()) {
        taken.erase(found);
        return;
      }
      next = std::move(found->second.front());
      found->second.pop_front();
    }
    next(turn(key));
  }
};

Turns::Turns() : state_(std::make_shared<State>()) {}

void Turns::take(const std::string& key, Callback<Turn> then) {
  {
    std::lock_guard lock(state_->mutex);
    const auto [at, fresh] = state_->taken.try_emplace(key);
    if (!fresh) return at->second.push_back(std::move(then));
  }
  then(state_->turn(key));
}

}  // namespace belfry::aws
