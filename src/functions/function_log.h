// What a Lambda function prints, kept in files of bounded size: FOLDER/log, and FOLDER/log.1 with
// what came before. Each line begins with its time.
//
// Positions count bytes since the older file's beginning as it was when the log was opened, so a
// reader who asks "what came after?" gets each byte once while the process lives. Thread-safe. Not
// synced: a log is no ledger.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/callback.h"
#include "base/clock.h"
#include "base/files.h"

namespace belfry::functions {

class FunctionLog {
 public:
  struct Options {
    uint64_t file_bytes = 8 << 20;  // of each of the two files
    size_t line_bytes = 256 << 10;  // longer lines are cut
  };
  static Result<std::unique_ptr<FunctionLog>> open(FileSystem& files, Clock& clock,
                                                   std::string folder, Options options);

  void append(std::string_view line);  // without its end

  struct Piece {
    std::string text;   // whole lines
    uint64_t next = 0;  // ask for what is after this one
  };
  // From the position (or the oldest there is, if that is later), at most kPiece bytes.
  Piece read(uint64_t from) const;
  uint64_t end() const;
  // The position of the beginning of the last `lines` lines.
  uint64_t last_lines(size_t lines) const;
  // Called once, when there is something after `from`, or at once if there is.
  void when_after(uint64_t from, Callback<> then);

  static constexpr size_t kPiece = 512 << 10;
  static constexpr size_t kMostWaiting = 256;  // the one that waits longest is called beyond that

 private:
  FunctionLog(FileSystem& files, Clock& clock, std::string folder, Options options)
      : files_(files), clock_(clock), folder_(std::move(folder)), options_(options) {}
  Result<void> open_files();
  void rotate();
  std::string read_locked(uint64_t from, size_t size) const;
  std::string path(std::string_view name) const { return folder_ + "/" + std::string(name); }

  FileSystem& files_;
  Clock& clock_;
  const std::string folder_;
  const Options options_;
  mutable std::mutex mutex_;
  std::unique_ptr<File> file_, older_;  // older_ may be null
  uint64_t begin_ = 0;                  // position of file_'s first byte
  uint64_t older_begin_ = 0;
  uint64_t size_ = 0;  // of file_
  std::vector<Callback<>> waiting_;
};

}  // namespace belfry::functions
