#include "match/matcher.h"

#include "match/index.h"

namespace belfry::match {

Matcher::Matcher() : index_(std::make_unique<Index>()) {}
Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

void Matcher::add(PatternId id, const Pattern& pattern) {
  index_->add(id, pattern);
}
void Matcher::remove(PatternId id) {
  index_->remove(id);
}
size_t Matcher::size() const {
  return index_->pattern_count;
}
size_t Matcher::memory() const {
  return index_->bytes();
}
bool Matcher::needs(std::string_view path) const {
  return index_->paths.find(path) != kNone;
}

}  // namespace belfry::match
