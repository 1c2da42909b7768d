#include "penstock/base/number_text.h"

#include <limits>

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(AppendNumber, WritesBehindWhatIsThere) {
    std::string text = "n=";

    append_number(text, 0);
    append_number(text, 205);

    EXPECT_EQ(text, "n=0205");
}

TEST(AppendNumber, HasRoomForTheLargest) {
    std::string text;

    append_number(text, std::numeric_limits<std::uint64_t>::max());

    EXPECT_EQ(text, "18446744073709551615");
}

}  // namespace
}  // namespace penstock
