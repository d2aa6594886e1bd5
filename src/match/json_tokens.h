// A pattern's JSON, token by token with offsets, so that a refusal can point at its place.
// (Documents are read by document.cc, which is fast and gives no reasons.) Errors in the words SNS
// uses for FilterPolicy attributes that are no JSON, or in plain ones.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace belfry::match {

// Appends what one escape of a JSON string stands for (RFC 8259, section 7); text[at] is the
// character after the backslash, and `at` moves past the escape. A surrogate without its other half
// becomes U+FFFD. False: no escape.
bool append_unescaped(std::string& out, std::string_view text, size_t& at);

enum class Token {
  begin_object,
  end_object,
  begin_array,
  end_array,
  name,  // of an object's field; the colon is consumed
  string,
  number,
  true_value,
  false_value,
  null_value,
  end,    // of the text
  error,  // see error()
};

class JsonTokens {
 public:
  // The text must outlive the reader. Nesting beyond `depth` is an error.
  JsonTokens(std::string_view text, bool sns_words, size_t depth = 100)
      : text_(text), sns_words_(sns_words), depth_(depth) {}

  Token next();
  Token token() const { return token_; }
  const std::string& value() const { return value_; }  // of a name, a string or a number
  size_t begin() const { return begin_; }              // the current token's first byte
  size_t offset() const {
    return offset_;
  }                                   // how far SNS's reader has come when it judges the token
  size_t end() const { return at_; }  // after the current token
  const std::string& error() const { return error_; }

  // "\n at [Source: …; line: 1, column: 7]", as SNS ends its refusals of what is no JSON.
  std::string location(size_t offset) const;
  // The same of what is JSON but no policy: SNS reads that from a copy without white space, and
  // shows its beginning.
  std::string compact_location(size_t offset) const;

 private:
  Token fail(std::string sns, std::string plain, size_t at);
  Token unexpected(const char* sns_wanted, const char* plain_wanted);
  Token read_value();
  Token read_name();
  Token read_number();
  bool read_string();
  void skip_space();
  Token give(Token token, size_t begin);

  std::string_view text_;
  bool sns_words_;
  size_t depth_;
  size_t at_ = 0, begin_ = 0, offset_ = 0;
  Token token_ = Token::end;
  std::string value_, error_;
  struct Level {
    bool object;
    size_t members, opened_at;
  };
  std::vector<Level> levels_;
  bool started_ = false;
};

}  // namespace belfry::match
