#include "devnet/system_answer.h"

#include <utility>

namespace belfry::devnet {

::protos::Response refuse(std::string message, int status) {
  ::protos::Response out;
  out.set_status(status);
  out.set_message(std::move(message));
  return out;
}

::protos::Response answer(std::string payload) {
  ::protos::Response out;
  out.set_status(200);
  out.set_payload(std::move(payload));
  return out;
}

::protos::Response answer(Result<std::string> result) {
  return result ? answer(std::move(*result)) : refuse(result.error().message);
}

}  // namespace belfry::devnet
