#include "stream_spares.h"

#include <gtest/gtest.h>

namespace penstock::h2 {
namespace {

/// A stream with nothing behind it.
struct Lone final : SessionStream {
    explicit Lone(StreamSpares& spares) : SessionStream{1, limits} { spares.lend(*this); }
    static inline const http::HeadLimits limits;
};

void use(Lone& stream, std::size_t input, std::size_t output) {
    stream.head.target = "/v1/chat/completions?of=the+first";
    stream.head.method = http::Method::post;
    stream.head.fields.append("x-first", "1");
    stream.input.assign(input, 'i');
    const std::string text(output, 'o');
    const std::string_view view = text;
    stream.out.append({&view, 1});
}

TEST(StreamSpares, LendWhatTheStreamBeforeHasLeft) {
    StreamSpares spares;
    Lone first{spares};
    use(first, 2'000, 500);
    const char* input = first.input.data();
    const char* output = first.out.room().data();
    spares.keep(first);

    Lone second{spares};
    spares.lend_output(second);

    second.input.assign(10, 'n');
    EXPECT_EQ(second.input.data(), input);
    EXPECT_EQ(second.out.room().data(), output);
}

TEST(StreamSpares, LendNothingThatTheStreamBeforeHasSaid) {
    StreamSpares spares;
    Lone first{spares};
    use(first, 2'000, 500);
    spares.keep(first);

    Lone second{spares};
    spares.lend_output(second);

    EXPECT_TRUE(second.head.target.empty());
    EXPECT_EQ(second.head.method, http::Method::get);
    EXPECT_TRUE(second.head.fields.empty());
    EXPECT_FALSE(second.head.fields.find("x-first"));
    EXPECT_TRUE(second.input.empty());
    EXPECT_EQ(second.out.waiting(), 0U);
}

TEST(StreamSpares, KeepNothingOverTheirBound) {
    for (const std::size_t over : {std::size_t{0}, std::size_t{1}}) {
        StreamSpares spares;
        Lone first{spares};
        use(first, 1, 1);
        std::string input;
        input.reserve(StreamSpares::k_input_max + over);
        const bool kept = input.capacity() <= StreamSpares::k_input_max;
        spares.keep_input(input);
        EXPECT_EQ(input.capacity(), std::string{}.capacity());

        const Lone second{spares};

        EXPECT_EQ(second.input.capacity() > std::string{}.capacity(), kept);
    }
}

TEST(StreamSpares, TakeAHeadWithItsMemoryWhetherTheyKeepItOrNot) {
    for (const std::size_t bytes : {std::size_t{100}, StreamSpares::k_fields_max + 1}) {
        StreamSpares spares;
        Lone first{spares};
        first.head.target = "/" + std::string(bytes, 'p');
        first.head.fields.append("x", std::string(bytes, 'x'));

        spares.keep_head(first.head);
        spares.keep_head(first.head);

        EXPECT_EQ(first.head.target.capacity(), std::string{}.capacity());
        const Lone second{spares};
        const Lone third{spares};
        EXPECT_EQ(second.head.target.capacity() >= bytes, bytes == 100);
        EXPECT_LT(third.head.target.capacity(), bytes);
    }
}

TEST(StreamSpares, KeepNoMoreThanSoMany) {
    StreamSpares spares;
    for (std::size_t i = 0; i < StreamSpares::k_kept + 1; ++i) {
        std::string input(100, 'i');
        spares.keep_input(input);
    }

    std::size_t lent = 0;
    for (std::size_t i = 0; i < StreamSpares::k_kept + 1; ++i) {
        const Lone stream{spares};
        if (stream.input.capacity() >= 100) ++lent;
    }

    EXPECT_EQ(lent, StreamSpares::k_kept);
}

}  // namespace
}  // namespace penstock::h2
