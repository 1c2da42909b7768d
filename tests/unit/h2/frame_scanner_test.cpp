#include "frame_scanner.h"

#include <vector>

#include <gtest/gtest.h>

#include "frames.h"

namespace penstock::h2 {
namespace {

std::vector<FrameHeader> scan(FrameScanner& scanner, std::string_view bytes) {
    std::vector<FrameHeader> found;
    while (scanner.next(bytes)) found.push_back(scanner.header());
    EXPECT_TRUE(bytes.empty());
    return found;
}

TEST(FrameScanner, FindsEachHeaderBehindThePreface) {
    FrameScanner scanner{test::k_preface.size()};
    const std::string bytes = test::k_preface + test::settings() + test::data(5, "hello", true) +
                              test::window_update(0x7FFFFFFF, 1);
    const std::vector<FrameHeader> found = scan(scanner, bytes);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].type, 4);
    EXPECT_EQ(found[1].length, 5U);
    EXPECT_EQ(found[1].stream, 5);
    EXPECT_EQ(found[1].flags, test::k_end_stream);
    EXPECT_EQ(found[2].stream, 0x7FFFFFFF);
}

TEST(FrameScanner, FindsTheSameHoweverTheBytesAreSplit) {
    const std::string bytes =
        test::settings() + test::data(1, "some bytes") + test::frame(0, 0, 3) + test::reset(1);
    for (std::size_t split = 0; split <= bytes.size(); ++split) {
        FrameScanner scanner{0};
        std::vector<FrameHeader> found = scan(scanner, std::string_view{bytes}.substr(0, split));
        for (const FrameHeader& header : scan(scanner, std::string_view{bytes}.substr(split)))
            found.push_back(header);
        ASSERT_EQ(found.size(), 4U) << split;
        EXPECT_EQ(found[1].length, 10U) << split;
        EXPECT_EQ(found[2].stream, 3) << split;
        EXPECT_EQ(found[3].type, 3) << split;
    }
}

TEST(FrameScanner, KnowsWhetherAHeadIsHalfThere) {
    FrameScanner scanner{0};
    const std::string bytes = test::frame(1, 0, 1, "head") + test::frame(9, 0, 1, "") +
                              test::frame(9, test::k_end_headers, 1, "end") + test::data(1, "body");
    const std::size_t begun = 9;
    const std::size_t whole = bytes.size() - 9 - 4;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        EXPECT_EQ(scanner.in_head(), at >= begun && at < whole) << at;
        static_cast<void>(scan(scanner, std::string_view{bytes}.substr(at, 1)));
    }
    EXPECT_FALSE(scanner.in_head());
    static_cast<void>(scan(scanner, test::headers(3, test::k_get, true)));
    EXPECT_FALSE(scanner.in_head());
}

TEST(FrameScanner, IgnoresTheReservedBitOfAStream) {
    FrameScanner scanner{0};
    EXPECT_EQ(scan(scanner, test::frame(0, 0, 0x80000003U)).front().stream, 3);
}

}  // namespace
}  // namespace penstock::h2
