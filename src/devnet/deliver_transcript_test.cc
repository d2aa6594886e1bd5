// Every recorded case of Deliver, DeliverFiltered and DeliverWithPrivateData of a peer, and of the
// orderer's Deliver, asked of the devnet.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "devnet/transcript_harness.h"

namespace belfry::devnet {
namespace {

// Of the recorded network when its cases were asked: the peers', then the orderer's.
constexpr uint64_t kHeight = 12, kOrdererHeight = 17;

class DeliverTranscriptTest : public TranscriptTest {
 protected:
  // "start 2 stop 2", "start oldest, no stop", "channel nochannel"
  std::string message_in_words(const std::string& words) {
    std::string json = "{\"behavior\": \"BLOCK_UNTIL_READY\"";
    const auto word_after = [&](const std::string& key) {
      const size_t at = words.find(key + " ");
      if (at == std::string::npos) return std::string();
      const size_t begin = at + key.size() + 1;
      return words.substr(begin, words.find_first_of(" ,", begin) - begin);
    };
    for (const char* key : {"start", "stop"}) {
      const std::string value = word_after(key);
      if (value.empty()) continue;
      const bool is_number = value.find_first_not_of("0123456789") == std::string::npos;
      json += std::string(", \"") + key + "\": " + (is_number ? value : "\"" + value + "\"");
    }
    if (words.find("channel nochannel") != std::string::npos)
      json += ", \"channel\": \"nochannel\", \"start\": 1, \"stop\": 1";
    simdjson::dom::parser parser;
    return seek_message(parser.parse(json + "}"), kHeight);
  }

  // Reads and checks the frames of a case one by one.
  class Frames {
   public:
    Frames(const Json& response, uint64_t base) : base_(base) {
      for (const Json frame : response["frames"]) frames_.push_back(frame);
    }
    // A status comes of the request alone: it must be there before a block that changes the answer.
    bool status_is_next() const { return at_ < frames_.size() && has(frames_[at_], "status"); }
    bool at_end() const { return at_ == frames_.size(); }

    // Returns whether it was a status.
    bool check_next(RawStream& stream) {
      const Json frame = frames_[at_++];
      if (has(frame, "and_so_on")) {
        every_ = true;
        return false;
      }
      while (true) {
        std::string bytes;
        ::protos::DeliverResponse got;
        if (!stream.read(bytes)) {
          ADD_FAILURE() << "the stream ended instead of a frame";
          return true;
        }
        EXPECT_TRUE(got.ParseFromString(bytes));
        if (has(frame, "status")) {
          EXPECT_EQ(got.status(), int64_t(frame["status_number"]));
          return true;
        }
        const uint64_t block = got.has_filtered_block() ? got.filtered_block().number()
                               : got.has_block()
                                   ? got.block().header().number()
                                   : got.block_and_private_data().block().header().number();
        if (every_ && block < named(frame)) {
          EXPECT_EQ(block, due_++);
          continue;
        }
        every_ = false;
        EXPECT_EQ(block, named(frame));
        due_ = block + 1;
        check_form(frame, got);
        return false;
      }
    }

   private:
    uint64_t named(const Json& frame) const {
      const Json where = has(frame, "block") ? Json(frame["block"])
                         : has(frame, "filtered_block")
                             ? Json(frame["filtered_block"])
                             : Json(frame["block_and_private_data"]["block"]);
      return number(where, base_);
    }
    static void check_form(const Json& frame, const ::protos::DeliverResponse& got) {
      EXPECT_EQ(got.has_filtered_block(), has(frame, "filtered_block"));
      EXPECT_EQ(got.has_block(), has(frame, "block"));
      if (has(frame, "metadata_slots")) {
        EXPECT_EQ(got.block().metadata().metadata_size(), int64_t(frame["metadata_slots"]));
      }
      if (got.has_block_and_private_data())
        check_private(frame["block_and_private_data"]["private_data_map"],
                      got.block_and_private_data());
    }
    static void check_private(const Json& expected, const ::protos::BlockAndPrivateData& got) {
      const simdjson::dom::object map = expected;
      ASSERT_EQ(got.private_data_map().size(), map.size());
      for (const auto& [index, spaces] : map) {
        const auto& set = got.private_data_map().at(std::stoull(std::string(index)));
        const Json space = Json(spaces).at(0), collection = space["collections"].at(0);
        ASSERT_EQ(set.ns_pvt_rwset_size(), 1);
        EXPECT_EQ(set.ns_pvt_rwset(0).namespace_(), text(space, "namespace", ""));
        ASSERT_EQ(set.ns_pvt_rwset(0).collection_pvt_rwset_size(), 1);
        const auto& part = set.ns_pvt_rwset(0).collection_pvt_rwset(0);
        EXPECT_EQ(part.collection_name(), text(collection, "collection_name", ""));
        ::kvrwset::KVRWSet keys;
        ASSERT_TRUE(keys.ParseFromString(part.rwset()));
        ASSERT_EQ(keys.writes_size(), 1);
        const Json write = collection["writes"].at(0);
        EXPECT_EQ(keys.writes(0).key(), text(write, "key", ""));
        EXPECT_EQ(keys.writes(0).value(), text(write, "value", ""));
        EXPECT_EQ(keys.writes(0).is_delete(), bool(write["is_delete"]));
      }
    }

    const uint64_t base_;
    std::vector<Json> frames_;
    size_t at_ = 0;
    bool every_ = false;
    uint64_t due_ = 0;
  };

  void replay_sends(const Json& one, uint64_t base) {
    const Json response = one["response"];
    const std::string service = text(one["request"], "service", "");
    RawStream stream(connect(service), service);
    Frames frames(response, base);
    bool closed = false;
    for (const Json send : one["request"]["sends"]) {
      std::string_view words;
      if (send.get(words) != simdjson::SUCCESS) {
        stream.write(seek_message(send, base));
      } else if (words == "half-close") {
        stream.half_close();
      } else if (words == "a block is committed") {
        if (frames.status_is_next()) frames.check_next(stream);
        commit_block();
      } else {
        if (words.starts_with("after"))
          while (!frames.at_end() && !frames.check_next(stream)) {
          }
        // A server that has refused the first one may be gone.
        closed = words.starts_with("then");
        if (!closed) stream.write(message_in_words(std::string(words)));
      }
    }
    while (!frames.at_end()) frames.check_next(stream);
    expect_end(stream, response);
  }

  // Blocks are committed until the stream has one: it may have begun only after the first.
  void replay_next_commit(const Json& one) {
    const std::string service = text(one["request"], "service", "");
    RawStream stream(connect(service), service);
    const uint64_t before = height();
    stream.write(seek_message(one["request"], before));
    std::mutex mutex;
    std::condition_variable changed;
    std::string bytes;
    bool done = false, got = false;
    std::thread reader([&] {
      const bool read = stream.read(bytes);
      std::lock_guard lock(mutex);
      got = read;
      done = true;
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    while (!done) {
      lock.unlock();
      commit_block();
      lock.lock();
      changed.wait_for(lock, std::chrono::milliseconds(50), [&] { return done; });
    }
    lock.unlock();
    reader.join();
    ASSERT_TRUE(got);
    ::protos::DeliverResponse response;
    ASSERT_TRUE(response.ParseFromString(bytes));
    EXPECT_GE(response.block().header().number(), before);
  }

  void replay(const Json& one, uint64_t base, size_t peer_index = 0, bool mutual = false) {
    const Json request = one["request"], response = one["response"];
    const std::string service = text(request, "service", "");
    RawStream stream(connect(service, peer_index, mutual), service);
    stream.write(seek_message(request, base, mutual ? client_certificate_hash() : std::string()));
    const std::string then = text(request, "then", "");
    Frames frames(response, base);
    if (!then.empty() && frames.status_is_next()) frames.check_next(stream);
    if (!then.empty()) commit_block();
    if (then.starts_with("two")) commit_block();
    while (!frames.at_end()) frames.check_next(stream);
    expect_end(stream, response);
  }

  void prepare() {
    start();
    define_ngo();
    while (height() < kHeight) commit_block();
  }
};

TEST_F(DeliverTranscriptTest, EveryRecordedCase) {
  const std::string recorded = tests::read_data("transcripts/deliver.json.xz");
  simdjson::dom::parser parser;
  const Json transcript = parser.parse(recorded);
  prepare();
  int replayed = 0;
  for (const Json one : transcript["cases"]) {
    const Json request = one["request"];
    const std::string name = text(one, "name", "");
    // Elsewhere: peers that go away (they are clients' words), particular blocks, mutual TLS.
    if (has(request, "target") || has(request, "blocks") || name.starts_with("mutual TLS"))
      continue;
    SCOPED_TRACE(name);
    while (name.starts_with("orderer:") && height() < kOrdererHeight) commit_block();
    if (has(request, "sends"))
      replay_sends(one, height());
    else if (text(request, "start", "") == "next" && has(request, "then"))
      replay_next_commit(one);
    else
      replay(one, height());
    ++replayed;
  }
  EXPECT_EQ(replayed, 115);
}

TEST_F(DeliverTranscriptTest, PrivateDataGoesToMembers) {
  const std::string recorded = tests::read_data("transcripts/deliver.json.xz");
  simdjson::dom::parser parser;
  const Json transcript = parser.parse(recorded);
  start();
  define_ngo();
  const auto commit = [&](const Sets& sets, const std::vector<const Node*>& endorsers,
                          const std::string& event) {
    const auto made =
        make_transaction("mychannel", "ngo", sets, *org(0).users[1].identity, endorsers, event);
    channel().ledger().hold_private(made.id, sets.private_set());
    return submit_to(channel(), made);
  };
  const Sets donor = Sets().private_write("ngo", "donors", "d1", "secret of d1");
  namespace code = ledger::code;
  ASSERT_EQ(commit(donor, {&peer(0), &peer(1)}, "privateStored"), code::kValid);
  ASSERT_EQ(commit(donor, {&peer(0)}, "privateStored"), code::kEndorsementPolicyFailure);
  ASSERT_EQ(commit(Sets().private_write("ngo", "org1only", "o1", "of org1 alone"),
                   {&peer(0), &peer(1)}, ""),
            code::kValid);
  ASSERT_EQ(commit(Sets().private_write("ngo", "donors", "d1", ""), {&peer(0), &peer(1)}, ""),
            code::kValid);
  int replayed = 0;
  for (const Json one : transcript["cases"]) {
    if (!has(one["request"], "blocks")) continue;
    SCOPED_TRACE(text(one, "name", ""));
    const bool second = text(one["request"], "creator", "").ends_with("peer0.org2");
    replay(one, height(), second ? 1 : 0);
    ++replayed;
  }
  EXPECT_EQ(replayed, 5);
}

TEST_F(DeliverTranscriptTest, MutualTlsBindsRequestsToTheCertificate) {
  const std::string recorded = tests::read_data("transcripts/deliver.json.xz");
  simdjson::dom::parser parser;
  const Json transcript = parser.parse(recorded);
  start(true);
  int replayed = 0;
  for (const Json one : transcript["cases"]) {
    const std::string name = text(one, "name", "");
    if (!name.starts_with("mutual TLS")) continue;
    SCOPED_TRACE(name);
    replay(one, height(), 0, true);
    ++replayed;
  }
  EXPECT_GE(replayed, 2);
}

}  // namespace
}  // namespace belfry::devnet
