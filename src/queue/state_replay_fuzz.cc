// Recovery against records that nobody wrote: replaying them must end in a refusal or a state,
// never in a crash.
#include <cstdint>
#include <string_view>

#include "base/forgetful_files.h"
#include "queue/state.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace belfry;
  using namespace belfry::queue;
  ForgetfulFiles files(1);
  State state(files, "data");
  QueueSettings fifo;
  fifo.fifo = true;
  state.define(1, "plain", {}, 0);
  state.define(2, "line.fifo", fifo, 0);
  std::string_view records(reinterpret_cast<const char*>(data), size);
  uint32_t offset = 0;
  while (const auto record = next_record(records)) {
    const auto length = static_cast<uint32_t>(record->whole.size());
    if (!state.replay(*record, {1, offset, length}, 1'000'000)) break;
    offset += length;
  }
  for (const auto& [id, queue] : state.queues())
    (void)queue->take(10, 2'000'000, 3'000'000, 100, 0);
  return 0;
}
