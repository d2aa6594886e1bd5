// The log reader and the records against any bytes: a segment file that someone made up.
#include <cstdint>
#include <string_view>

#include "base/forgetful_files.h"
#include "queue/log_reader.h"
#include "queue/record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace belfry;
  using namespace belfry::queue;
  const std::string_view input(reinterpret_cast<const char*>(data), size);

  // As they are: a header, then perhaps groups.
  SegmentHeader header;
  uint32_t version = 0;
  if (size >= kSector &&
      decode_segment_header(input.substr(0, kSector), header, version) == HeaderState::valid) {
    ForgetfulFiles files(1);
    files.set_contents("segment", std::string(input));
    auto segment = std::make_shared<Segment>();
    segment->header = header;
    segment->path = "segment";
    segment->file = files.open("segment", OpenMode::read).value();
    LogReader reader(segment, kSector);
    for (;;) {
      auto group = reader.next();
      if (!group || !*group) break;
      auto records = (*group)->records;
      while (next_record(records)) {
      }
    }
  }

  // As what stands behind a checksum that happens to be right.
  std::string_view records = input;
  while (const auto record = next_record(records)) {
    (void)decode_message(record->whole);
    (void)decode_message_head(record->whole);
  }
  return 0;
}
