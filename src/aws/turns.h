// Who changes the same thing takes turns: what was read of it is still true when the change is
// stored, and no change undoes another that nobody saw.
#pragma once

#include <memory>
#include <string>

#include "base/callback.h"

namespace belfry::aws {

class Turns {
 public:
  Turns();
  using Turn = std::shared_ptr<void>;  // lasts until the last copy is gone; may outlive the Turns
  // Thread-safe. Calls back once every turn of that key that was asked for earlier is over: at
  // once, or on the thread that ends the last of them.
  void take(const std::string& key, Callback<Turn> then);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace belfry::aws
