#include "functions/function_log.h"

#include <algorithm>

#include "base/log.h"

namespace belfry::functions {

Result<std::unique_ptr<FunctionLog>> FunctionLog::open(FileSystem& files, Clock& clock,
                                                       std::string folder, Options options) {
  if (auto made = files.make_folders(folder); !made) return tl::unexpected(made.error());
  std::unique_ptr<FunctionLog> log(new FunctionLog(files, clock, std::move(folder), options));
  if (auto opened = log->open_files(); !opened) return tl::unexpected(opened.error());
  return log;
}

Result<void> FunctionLog::open_files() {
  if (files_.exists(path("log.1"))) {
    auto older = files_.open(path("log.1"), OpenMode::read);
    if (!older) return tl::unexpected(older.error());
    older_ = std::move(*older);
    const auto size = older_->size();
    if (!size) return tl::unexpected(size.error());
    begin_ = older_begin_ + *size;
  }
  auto file = files_.open(path("log"), OpenMode::create_or_open);
  if (!file) return tl::unexpected(file.error());
  file_ = std::move(*file);
  const auto size = file_->size();
  if (!size) return tl::unexpected(size.error());
  size_ = *size;
  return {};
}

void FunctionLog::rotate() {
  auto renamed = files_.rename(path("log"), path("log.1"));
  auto fresh = renamed ? files_.open(path("log"), OpenMode::create_or_open)
                       : Result<std::unique_ptr<File>>(tl::unexpected(renamed.error()));
  if (!fresh) {
    log::warn("a function's log cannot begin a new file, so it grows",
              {{"folder", folder_}, {"reason", fresh.error().message}});
    return;
  }
  older_ = std::exchange(file_, std::move(*fresh));
  older_begin_ = begin_;
  begin_ += size_;
  size_ = 0;
}

void FunctionLog::append(std::string_view line) {
  std::vector<Callback<>> waiting;
  {
    std::lock_guard lock(mutex_);
    // Milliseconds are enough: "2026-11-24T02:20:11.123Z".
    std::string text = to_rfc3339(clock_.now()).substr(0, 23) + "Z ";
    text += line.substr(0, options_.line_bytes);
    text += '\n';
    if (size_ > 0 && size_ + text.size() > options_.file_bytes) rotate();
    if (auto written = file_->write(size_, text); !written)
      return;  // a full disk stops no function
    size_ += text.size();
    waiting.swap(waiting_);
  }
  for (auto& then : waiting) then();
}

std::string FunctionLog::read_locked(uint64_t from, size_t size) const {
  std::string text;
  const auto take = [&](File* file, uint64_t begin, uint64_t end) {
    if (!file || from >= end || text.size() >= size) return;
    std::string part(std::min<uint64_t>(size - text.size(), end - from), '\0');
    const auto count = file->read(from - begin, part.data(), part.size());
    if (!count) return;
    part.resize(*count);
    from += *count;
    text += part;
  };
  from = std::max(from, older_ ? older_begin_ : begin_);
  take(older_.get(), older_begin_, begin_);
  take(file_.get(), begin_, begin_ + size_);
  return text;
}

FunctionLog::Piece FunctionLog::read(uint64_t from) const {
  std::lock_guard lock(mutex_);
  from = std::max(from, older_ ? older_begin_ : begin_);
  Piece piece{read_locked(from, kPiece + options_.line_bytes), 0};
  // A long piece ends with its last whole line.
  if (piece.text.size() > kPiece) piece.text.resize(piece.text.rfind('\n', kPiece) + 1);
  piece.next = from + piece.text.size();
  return piece;
}

uint64_t FunctionLog::end() const {
  std::lock_guard lock(mutex_);
  return begin_ + size_;
}

uint64_t FunctionLog::last_lines(size_t lines) const {
  std::lock_guard lock(mutex_);
  const uint64_t end = begin_ + size_;
  const uint64_t oldest = older_ ? older_begin_ : begin_;
  const uint64_t from = end - std::min<uint64_t>(end - oldest, kPiece);
  const std::string text = read_locked(from, kPiece);
  size_t at = text.size();
  for (size_t i = 0; i <= lines; ++i) {
    if (at == 0) return from;
    const size_t before = text.rfind('\n', at - 1);
    if (before == text.npos) return from;
    at = before;
  }
  return from + at + 1;
}

void FunctionLog::when_after(uint64_t from, Callback<> then) {
  {
    std::lock_guard lock(mutex_);
    if (begin_ + size_ <= from) {
      waiting_.push_back(std::move(then));
      if (waiting_.size() <= kMostWaiting) return;
      then = std::move(waiting_.front());
      waiting_.erase(waiting_.begin());
    }
  }
  then();
}

}  // namespace belfry::functions
