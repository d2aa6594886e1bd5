#include <iterator>

#include "queue/operation.h"

namespace belfry::queue {

Batch::Batch() = default;
Batch::~Batch() = default;
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;

bool Batch::empty() const {
  return operations_.empty();
}

void Batch::send(QueueId queue, Message message) {
  bytes_ += message_record_bound(message);
  operations_.push_back({SendOperation{queue, std::move(message)}});
}

void Batch::remove(QueueId queue, std::string receipt) {
  operations_.push_back({RemoveOperation{queue, std::move(receipt)}});
}

void Batch::change_visibility(QueueId queue, std::string receipt, Duration from_now) {
  operations_.push_back({VisibilityOperation{queue, std::move(receipt), from_now}});
}

void Batch::move(QueueId from, std::string receipt, QueueId to, std::string reason) {
  bytes_ += reason.size();
  operations_.push_back({MoveOperation{MoveOperation::Why::handler, from, to, std::move(receipt), 0,
                                       std::move(reason)}});
}

void Batch::redrive(QueueId from, uint64_t sequence, QueueId to) {
  operations_.push_back({MoveOperation{MoveOperation::Why::redrive, from, to, {}, sequence, {}}});
}

void Batch::put(std::string key, std::string value) {
  bytes_ += key.size() + value.size();
  operations_.push_back({PutOperation{std::move(key), std::move(value)}});
}

void Batch::erase(std::string key) {
  bytes_ += key.size();
  operations_.push_back({EraseOperation{std::move(key)}});
}

void Batch::append(Batch&& other) {
  bytes_ += other.bytes_;
  if (operations_.empty()) {
    operations_ = std::move(other.operations_);
  } else {
    operations_.insert(operations_.end(), std::make_move_iterator(other.operations_.begin()),
                       std::make_move_iterator(other.operations_.end()));
  }
  other.operations_.clear();
  other.bytes_ = 0;
}

}  // namespace belfry::queue
