#include "trailers.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock::h2 {
namespace {

TEST(Trailers, KeepThoseThatMayBePassedOn) {
    Trailers trailers{ErrorCode::bad_request};

    for (const char* name : {"grpc-status", "content-length", "transfer-encoding", "authorization",
                             "x-forwarded-for", "set-cookie"}) {
        trailers.add(name, "0");
    }

    ASSERT_TRUE(trailers.finish().has_value());
    ASSERT_EQ(trailers.fields().size(), 1U);
    EXPECT_EQ(trailers.fields()[0].name, "grpc-status");
}

TEST(Trailers, RefuseWhatNoFieldMayBe) {
    for (const auto& [name, value] :
         {std::pair{":status", "200"}, std::pair{"X", "1"}, std::pair{"x y", "1"},
          std::pair{"x", "a\nb"}, std::pair{"x", " a"}, std::pair{"x", "a\t"}}) {
        Trailers trailers{ErrorCode::bad_request};
        trailers.add(name, value);
        ASSERT_FALSE(trailers.finish().has_value()) << name;
        EXPECT_EQ(trailers.finish().error().code(), ErrorCode::bad_request);
    }
}

TEST(Trailers, TakeAsManyAsTheirLimitAndNotOneMore) {
    Trailers many{ErrorCode::upstream_bad_response};
    Trailers long_ones{ErrorCode::upstream_bad_response};
    const std::string half(Trailers::k_bytes_max / 2 - k_field_overhead - 1, 'v');

    for (std::size_t i = 0; i < Trailers::k_fields_max; ++i) many.add("x", "1");
    for (int i = 0; i < 2; ++i) long_ones.add("x", half);
    EXPECT_TRUE(many.finish().has_value());
    EXPECT_TRUE(long_ones.finish().has_value());
    many.add("x", "1");
    long_ones.add("x", "");

    EXPECT_FALSE(many.finish().has_value());
    EXPECT_FALSE(long_ones.finish().has_value());
    EXPECT_FALSE(long_ones.is_flood());
}

TEST(Trailers, TellAFloodFromAMistake) {
    Trailers trailers{ErrorCode::bad_request};
    for (std::size_t i = 0; i < 8; ++i) trailers.add("x", std::string(Trailers::k_bytes_max, 'v'));
    EXPECT_TRUE(trailers.is_flood());
}

}  // namespace
}  // namespace penstock::h2
