#include "base/nearest.h"

#include <gtest/gtest.h>

namespace belfry {
namespace {

TEST(Nearest, FindsWhatWasMeant) {
  const std::vector<std::string> choices = {"queue", "topic", "function", "Visibility"};
  EXPECT_EQ(nearest("queu", choices), "queue");
  EXPECT_EQ(nearest("qeuue", choices), "queue");  // neighbours swapped
  EXPECT_EQ(nearest("topci", choices), "topic");
  EXPECT_EQ(nearest("fonktion", choices), "function");
  EXPECT_EQ(nearest("visibility", choices), "Visibility");
  EXPECT_EQ(nearest("x", choices), "");
  EXPECT_EQ(nearest("secret", choices), "");
  EXPECT_EQ(nearest(std::string(101, 'q'), choices), "");
  EXPECT_EQ(nearest("queue", std::vector<std::string>()), "");
}

TEST(Nearest, TheFirstOfEqualsWins) {
  EXPECT_EQ(nearest("bat", std::vector<std::string>{"cat", "bad"}), "cat");
}

TEST(Nearest, SuggestsTheRestWhereNothingIsNear) {
  EXPECT_EQ(suggestion("queu", {"queue", "topic"}), "; did you mean 'queue'?");
  EXPECT_EQ(suggestion("secret", {"queue", "topic"}), "; there are: queue, topic");
  EXPECT_EQ(suggestion("secret", {"queue"}), "; there is only: queue");
  EXPECT_EQ(suggestion("secret", {}), "; there are none");
}

}  // namespace
}  // namespace belfry
