// Whatever a peer sends, only the transaction that it belongs to fails. The input is a row of
// pieces, each with its length in one byte before it: by turns a message for the session, and,
// where the session asks something, the payload of the answer.
#include <condition_variable>
#include <mutex>
#include <string>

#include "probe.h"
#include "session.h"
#include "workers.h"

namespace belfry::chaincode {
namespace {

using protos::ChaincodeMessage;

class Pieces {
 public:
  Pieces(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool empty() const { return size_ == 0; }
  std::string next() {
    if (size_ == 0) return {};
    const std::size_t length = std::min<std::size_t>(data_[0], size_ - 1);
    std::string out(reinterpret_cast<const char*>(data_ + 1), length);
    data_ += length + 1;
    size_ -= length + 1;
    return out;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

bool is_request(ChaincodeMessage::Type type) {
  return type != ChaincodeMessage::COMPLETED && type != ChaincodeMessage::KEEPALIVE &&
         type != ChaincodeMessage::REGISTER;
}

void run(const std::uint8_t* data, std::size_t size) {
  static const Chaincode chaincode = probe();
  static Workers workers(1, 10);
  Pieces pieces(data, size);
  std::mutex mutex;
  std::condition_variable done;
  bool completed = false;
  std::shared_ptr<Session> session;
  session = Session::create(
      chaincode,
      [&](const ChaincodeMessage& message) {
        if (is_request(message.type())) {
          ChaincodeMessage answer;
          answer.set_txid(message.txid());
          answer.set_channel_id(message.channel_id());
          std::string payload = pieces.next();
          answer.set_type(payload.empty() || payload.front() != 'E' ? ChaincodeMessage::RESPONSE
                                                                    : ChaincodeMessage::ERROR);
          answer.set_payload(std::move(payload));
          session->handle(std::move(answer));
        } else if (message.type() == ChaincodeMessage::COMPLETED) {
          const std::lock_guard lock(mutex);
          completed = true;
          done.notify_one();
        }
        return true;
      },
      workers, std::chrono::minutes(5));
  while (!pieces.empty()) {
    ChaincodeMessage message;
    if (!message.ParseFromString(pieces.next())) continue;
    const bool starts =
        message.type() == ChaincodeMessage::TRANSACTION || message.type() == ChaincodeMessage::INIT;
    // What these two do on purpose is no finding.
    if (message.payload().find("crash") != std::string::npos ||
        message.payload().find("sleep") != std::string::npos)
      continue;
    completed = false;
    session->handle(std::move(message));
    std::unique_lock lock(mutex);
    if (starts) done.wait(lock, [&completed] { return completed; });
  }
  session->ended();
}

}  // namespace
}  // namespace belfry::chaincode

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  belfry::chaincode::run(data, size);
  return 0;
}
