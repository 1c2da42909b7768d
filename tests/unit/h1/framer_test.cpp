#include <string>

#include <gtest/gtest.h>

#include "penstock/h1/framer.h"
#include "tests/support/framed_body.h"

namespace penstock::h1 {
namespace {

using support::FramedBody;

FramedBody chunked(std::string_view text, std::size_t part = 1 << 20) {
    return support::feed_chunked(text, part);
}

class RefusedBody : public testing::TestWithParam<std::string> {};

TEST_P(RefusedBody, IsRefusedHoweverSplit) {
    for (std::size_t part = 1; part <= GetParam().size();
         part += GetParam().size() > 1000 ? 211 : 1) {
        ASSERT_TRUE(chunked(GetParam(), part).refused) << "parts of " << part;
    }
}

INSTANTIATE_TEST_SUITE_P(Table, RefusedBody,
                         testing::Values(
                             "\r\n", ";a\r\n", "g\r\n", "-1\r\n", "+1\r\na\r\n", "0x1\r\na\r\n",
                             " 1\r\na\r\n", "1 \r\na\r\n", "1 2\r\n", "1_0\r\n", "1\na\r\n",
                             "1\r\r\na\r\n", "1\rx", "1\r\nab\r\n", "1\r\na\n", "1\r\na\rx",
                             "1\r\naX\r\n", "00000000000000001\r\n", "ffffffffffffffff\r\n",
                             "8000000000000000\r\n", "7fffffffffffffff\r\n", "1;a\nb\r\n",
                             "1;a\rb\r\n", std::string("1;a\0\r\n", 6), "1;\x7f\r\n", "1;\x01\r\n",
                             "1;" + std::string(256, 'a') + "\r\n", "1\t\r\n",
                             std::string(257, ' ') + "1\r\n", "0\r\nX\r\n\r\n",
                             "0\r\nX : a\r\n\r\n", "0\r\nX: a\r\n b\r\n\r\n", "0\r\n: a\r\n\r\n",
                             "0\r\nX: a\nY: b\r\n\r\n", "0\r\nX: a\x01\r\n\r\n", "0\r\n\n", "0\n\n",
                             "0\r\nX: " + std::string(9000, 'a') + "\r\n\r\n",
                             [] {
                                 std::string all = "0\r\n";
                                 for (int i = 0; i < 17; ++i) all += "X: a\r\n";
                                 return all + "\r\n";
                             }(),
                             [] {
                                 std::string all;
                                 for (int i = 0; i < 200; ++i)
                                     all += "1;" + std::string(100, 'e') + "\r\na\r\n";
                                 return all;
                             }()),
                         [](const auto& one) { return "Case" + std::to_string(one.index); });

TEST(Framer, FollowsAContentLengthAndNoFurther) {
    BodyFramer framer{http::Framing::length, 5};

    const FramedBody outcome = support::feed_all(framer, "hellonext", 100);

    EXPECT_TRUE(outcome.done);
    EXPECT_EQ(outcome.payload, "hello");
    EXPECT_EQ(outcome.wire, "hello");
    EXPECT_EQ(outcome.consumed, 5U);
}

TEST(Framer, IsDoneAtOnceWithoutABody) {
    EXPECT_TRUE(BodyFramer(http::Framing::none, 0).done());
    EXPECT_TRUE(BodyFramer(http::Framing::length, 0).done());
}

TEST(Framer, ReadsToTheConnectionsEnd) {
    BodyFramer framer{http::Framing::until_close, 0};
    EXPECT_EQ(support::feed_all(framer, "abc", 1).payload, "abc");
    EXPECT_FALSE(framer.done());
    EXPECT_TRUE(framer.end_of_input());
}

TEST(Framer, TakesAnEarlyEndForTruncation) {
    BodyFramer framer{http::Framing::length, 5};
    (void)support::feed_all(framer, "abc", 3);
    EXPECT_FALSE(framer.end_of_input());
}

TEST(Framer, LeavesExtensionsAndTheLastChunkOutOfTheWire) {
    for (std::size_t part = 1; part < 40; ++part) {
        const FramedBody outcome = chunked("3;a=b\r\nabc\r\n2 ;x\r\nde\r\n0;z\r\n\r\nrest", part);
        ASSERT_TRUE(outcome.done) << part;
        ASSERT_EQ(outcome.payload, "abcde") << part;
        ASSERT_EQ(outcome.wire, "3\r\nabc\r\n2\r\nde\r\n") << part;
    }
}

TEST(Framer, PassesPlainChunksAsOnePiece) {
    BodyFramer framer{http::Framing::chunked, 0};
    Framed framed;

    ASSERT_TRUE(framer.feed("3\r\nabc\r\n2\r\nde\r\n", framed).has_value());

    ASSERT_EQ(framed.wire_count, 1U);
    EXPECT_EQ(framed.wire()[0], "3\r\nabc\r\n2\r\nde\r\n");
    EXPECT_EQ(framed.payload_count, 2U);
}

TEST(Framer, StopsWhenItsPiecesAreFullAndGoesOn) {
    std::string text;
    std::string content;
    for (int i = 0; i < 500; ++i) {
        text += "1;e\r\nx\r\n";
        content += "x";
    }

    const FramedBody outcome = chunked(text + "0\r\n\r\n");

    EXPECT_TRUE(outcome.done);
    EXPECT_EQ(outcome.payload, content);
}

TEST(Framer, KnowsWhereAnOwnChunkMayStand) {
    BodyFramer framer{http::Framing::chunked, 0};
    Framed framed;
    EXPECT_TRUE(framer.at_boundary());
    ASSERT_TRUE(framer.feed("5\r\nab", framed).has_value());
    EXPECT_FALSE(framer.at_boundary());
    ASSERT_TRUE(framer.feed("cde", framed).has_value());
    EXPECT_FALSE(framer.at_boundary());
    ASSERT_TRUE(framer.feed("\r\n1", framed).has_value());
    EXPECT_TRUE(framer.at_boundary());
}

TEST(Framer, KeepsHarmlessTrailersOnly) {
    BodyFramer framer{http::Framing::chunked, 0};
    (void)support::feed_all(framer,
                            "0\r\nX-Sum: 1\r\nHost: evil\r\nContent-Length: 3\r\nAuthorization: "
                            "x\r\nSet-Cookie: a\r\n\r\n",
                            7);

    ASSERT_TRUE(framer.done());
    ASSERT_EQ(framer.trailers().size(), 1U);
    EXPECT_EQ(framer.trailers()[0].name, "X-Sum");
}

TEST(Framer, CountsIdleBytesBeforeAnExtension) {
    const auto lines = [](int count) {
        std::string all;
        for (int i = 0; i < count; ++i) all += "1" + std::string(127, ' ') + ";\r\na\r\n";
        return all + "0\r\n\r\n";
    };

    EXPECT_TRUE(chunked(lines(128)).done);  // 128 bytes each
    EXPECT_TRUE(chunked(lines(129)).refused);
}

TEST(Framer, TakesASizeLineAtItsBoundAndNotOnePast) {
    const auto one = [](std::size_t line) {
        return "1;" + std::string(line - 3, 'e') + "\r\na\r\n0\r\n\r\n";
    };

    EXPECT_TRUE(chunked(one(k_chunk_line_max)).done);  // the CR counts
    EXPECT_TRUE(chunked(one(k_chunk_line_max + 1)).refused);
}

TEST(Framer, TakesTrailersAtTheirBoundsAndNotOnePast) {
    const auto sized = [](std::size_t bytes) {
        return "0\r\nX: " + std::string(bytes - 7, 'a') + "\r\n\r\n";
    };
    const auto counted = [](std::size_t fields) {
        std::string all = "0\r\n";
        for (std::size_t i = 0; i < fields; ++i) all += "X: a\r\n";
        return all + "\r\n";
    };

    EXPECT_TRUE(chunked(sized(k_trailers_max)).done);
    EXPECT_TRUE(chunked(sized(k_trailers_max + 1)).refused);
    EXPECT_TRUE(chunked(counted(k_trailer_fields_max)).done);
    EXPECT_TRUE(chunked(counted(k_trailer_fields_max + 1)).refused);
}

TEST(Framer, AllowsNoOwnChunkAfterAnErrorInsideAChunk) {
    BodyFramer framer{http::Framing::chunked, 0};
    Framed framed;
    ASSERT_TRUE(framer.feed("5\r\nab", framed).has_value());

    EXPECT_FALSE(framer.feed("cdeX", framed).has_value());

    EXPECT_FALSE(framer.at_boundary());
    EXPECT_EQ(framed.wire_count, 0U);
    EXPECT_EQ(framed.payload_count, 0U);
}

TEST(Framer, AllowsAnOwnChunkAfterAnErrorBetweenChunks) {
    BodyFramer framer{http::Framing::chunked, 0};
    Framed framed;
    ASSERT_TRUE(framer.feed("2\r\nab\r\n", framed).has_value());

    EXPECT_FALSE(framer.feed("2\r\ncdX", framed).has_value());  // of which nothing is handed out

    EXPECT_TRUE(framer.at_boundary());
    EXPECT_FALSE(framer.feed("2\r\n", framed).has_value());
    EXPECT_TRUE(framer.at_boundary());
}

TEST(Framer, TakesAnEndInsideAChunkedBodyForTruncation) {
    for (const char* text : {"", "1", "1\r\n", "1\r\na", "1\r\na\r\n", "0\r\n", "0\r\nX: a\r\n"}) {
        BodyFramer framer{http::Framing::chunked, 0};
        (void)support::feed_all(framer, text, 1);
        EXPECT_FALSE(framer.end_of_input()) << text;
    }
}

}  // namespace
}  // namespace penstock::h1
