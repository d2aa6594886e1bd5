#include "match/pattern.h"

#include <gtest/gtest.h>
TEST(Pattern, Parses) {
  EXPECT_TRUE(belfry::match::Pattern::parse("{}", belfry::match::Dialect::sns));
}
