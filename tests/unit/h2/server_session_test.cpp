#include "server_session.h"

#include <memory>
#include <set>

#include <gtest/gtest.h>

#include "frames.h"

namespace penstock::h2 {
namespace {

using telemetry::Http2Refusal;
using test::k_preface;

struct PlainStream final : SessionStream {
    using SessionStream::SessionStream;
};

/// A session with the client's bytes in the test's hand.
struct Spoken final : StreamMaker {
    explicit Spoken(const ServerLimits& with = {}) : limits{with} {}

    SessionStream& open(std::int32_t id) override {
        streams.push_back(std::make_unique<PlainStream>(id, heads));
        return *streams.back();
    }
    void was_reset(telemetry::Http2StreamError reason) noexcept override {
        ++errors[static_cast<std::size_t>(reason)];
    }
    bool hear(std::string_view bytes) {
        const bool more = session.receive(bytes, now);
        session.take_news(news);
        return more;
    }
    /// Everything it has to send.
    std::string says() {
        std::string all;
        for (std::string_view bytes = session.next_output(); !bytes.empty();
             bytes = session.next_output()) {
            all.append(bytes);
        }
        said.append(all);
        return all;
    }
    /// The code of the GOAWAY among all that it has sent, or -1.
    int goes_away() {
        static_cast<void>(says());
        FrameScanner scanner{0};
        std::string_view rest = said;
        int code = -1;
        while (scanner.next(rest)) {
            if (scanner.header().type == NGHTTP2_GOAWAY) code = static_cast<unsigned char>(rest[7]);
        }
        return code;
    }

    ServerLimits limits;
    http::HeadLimits heads;
    std::vector<std::unique_ptr<PlainStream>> streams;
    ServerSetup setup;
    ServerSession session{setup, limits, *this};
    std::vector<SessionStream*> news;
    std::array<int, telemetry::k_http2_stream_errors> errors{};
    std::string said;
    TimePoint now{Millis{1'000}};
};

const std::string k_hello = k_preface + test::settings() + test::frame(4, 1, 0);

TEST(ServerSession, TellsOfARequestAndItsBody) {
    Spoken spoken;
    EXPECT_TRUE(spoken.hear(k_hello + test::headers(1, test::k_post, false) +
                            test::data(1, "some ") + test::data(1, "bytes", true)));
    ASSERT_EQ(spoken.streams.size(), 1U);
    const SessionStream& stream = *spoken.streams[0];
    EXPECT_TRUE(stream.head_complete);
    EXPECT_TRUE(stream.input_ended);
    EXPECT_EQ(stream.input, "some bytes");
    EXPECT_EQ(stream.head.target, "/x");
    EXPECT_FALSE(stream.refusal);
    EXPECT_EQ(spoken.news.size(), 1U);
}

TEST(ServerSession, TellsTheSameHoweverTheBytesAreSplit) {
    const std::string bytes = k_hello + test::headers(1, test::k_get, true) +
                              test::headers(3, test::k_post, false) + test::data(3, "abc", true);
    for (std::size_t split = 0; split <= bytes.size(); ++split) {
        Spoken spoken;
        ASSERT_TRUE(spoken.hear(std::string_view{bytes}.substr(0, split))) << split;
        ASSERT_TRUE(spoken.hear(std::string_view{bytes}.substr(split))) << split;
        ASSERT_EQ(spoken.streams.size(), 2U) << split;
        EXPECT_TRUE(spoken.streams[0]->input_ended) << split;
        EXPECT_EQ(spoken.streams[1]->input, "abc") << split;
    }
}

TEST(ServerSession, RefusesAHeadThatBreaksARuleOfHttp) {
    Spoken spoken;
    test::List list = test::k_get;
    list[2].second = "/a#b";
    EXPECT_TRUE(spoken.hear(k_hello + test::headers(1, list, true)));
    ASSERT_TRUE(spoken.streams[0]->refusal);
    EXPECT_EQ(spoken.streams[0]->refusal->code(), ErrorCode::bad_request);
}

TEST(ServerSession, ResetsAStreamWithAnInvalidFieldInsteadOfDroppingIt) {
    Spoken spoken;
    test::List list = test::k_get;
    list.emplace_back("x", "a\r\nx-evil: 1");
    EXPECT_TRUE(spoken.hear(k_hello + test::headers(1, list, true)));
    const std::string said = spoken.says();
    EXPECT_NE(said.find(test::frame(3, 0, 1, test::number(NGHTTP2_PROTOCOL_ERROR, 4))),
              std::string::npos);
    EXPECT_FALSE(spoken.streams[0]->head_complete);
}

// One that is not read keeps only its own window closed.
TEST(ServerSession, GivesTheStreamsWindowBackOnlyAsItsBodyIsRead) {
    Spoken spoken;
    static_cast<void>(spoken.hear(k_hello + test::headers(1, test::k_post, false)));
    static_cast<void>(spoken.says());
    const std::string piece(16'000, 'x');
    std::string bytes;
    for (int i = 0; i < 12; ++i) bytes += test::data(1, piece);
    EXPECT_TRUE(spoken.hear(bytes));
    std::string said = spoken.says();
    EXPECT_EQ(said.find(test::frame(8, 0, 1).substr(3, 6)), std::string::npos);
    spoken.session.consume(*spoken.streams[0], 12 * piece.size());
    said = spoken.says();
    EXPECT_NE(said.find(test::frame(8, 0, 1).substr(3, 6)), std::string::npos);
}

struct Attack {
    const char* what;
    std::string once;  // each `%` stream number is put in by `step`
    std::string (*step)(std::uint32_t number);
    Http2Refusal reason;
    int code;
    ServerLimits limits{};
};

class Floods : public testing::TestWithParam<Attack> {};

TEST_P(Floods, EndTheConnectionWithAReason) {
    const Attack& attack = GetParam();
    Spoken spoken{attack.limits};
    ASSERT_TRUE(spoken.hear(k_preface + test::settings() + attack.once));
    std::uint32_t count = 0;
    while (count < 20'000 && spoken.hear(attack.step(count))) {
        static_cast<void>(spoken.says());
        ++count;
    }
    EXPECT_LE(count, 1'100U);
    EXPECT_EQ(spoken.session.refusal(), attack.reason);
    EXPECT_EQ(spoken.goes_away(), attack.code);
}

std::uint32_t odd(std::uint32_t number) {
    return 2 * number + 1;
}

INSTANTIATE_TEST_SUITE_P(
    ServerSession, Floods,
    testing::Values(
        Attack{"rapid reset", "",
               [](std::uint32_t n) {
                   return test::headers(odd(n), test::k_get, true) + test::reset(odd(n));
               },
               Http2Refusal::rapid_reset, NGHTTP2_ENHANCE_YOUR_CALM},
        Attack{"resets of a stream that has ended",
               test::headers(1, test::k_get, true) + test::reset(1),
               [](std::uint32_t) { return test::reset(1); }, Http2Refusal::useless_frames,
               NGHTTP2_ENHANCE_YOUR_CALM},
        Attack{"MadeYouReset by windows", "",
               [](std::uint32_t n) {
                   return test::headers(odd(n), test::k_get, true) +
                          test::window_update(odd(n), 0x7FFFFFFF);
               },
               Http2Refusal::stream_errors, NGHTTP2_ENHANCE_YOUR_CALM},
        Attack{"MadeYouReset by lengths", "",
               [](std::uint32_t n) {
                   test::List list = test::k_post;
                   list.emplace_back("content-length", "1");
                   return test::headers(odd(n), list, false) + test::data(odd(n), "ab", true);
               },
               Http2Refusal::stream_errors, NGHTTP2_ENHANCE_YOUR_CALM},
        Attack{"MadeYouReset by fields", "",
               [](std::uint32_t n) {
                   test::List list = test::k_get;
                   list.emplace_back("x", "a\nb");
                   return test::headers(odd(n), list, true);
               },
               Http2Refusal::stream_errors, NGHTTP2_ENHANCE_YOUR_CALM},
        Attack{"streams over the limit",
               test::headers(1, test::k_post, false),
               [](std::uint32_t n) { return test::headers(odd(n) + 2, test::k_get, true); },
               Http2Refusal::stream_errors,
               NGHTTP2_ENHANCE_YOUR_CALM,
               {.max_streams = 1}},
        Attack{"SETTINGS", "", [](std::uint32_t) { return test::settings(); },
               Http2Refusal::control_flood, NGHTTP2_ENHANCE_YOUR_CALM},
        Attack{"PING", "", [](std::uint32_t) { return test::frame(6, 0, 0, "12345678"); },
               Http2Refusal::control_flood, NGHTTP2_ENHANCE_YOUR_CALM},
        Attack{"empty DATA", test::headers(1, test::k_post, false),
               [](std::uint32_t) { return test::data(1, ""); }, Http2Refusal::empty_frames,
               NGHTTP2_ENHANCE_YOUR_CALM},
        Attack{"PRIORITY", test::headers(1, test::k_post, false),
               [](std::uint32_t) { return test::frame(2, 0, 1, std::string("\0\0\0\0\1", 5)); },
               Http2Refusal::control_flood, NGHTTP2_ENHANCE_YOUR_CALM},
        Attack{"PRIORITY among DATA", test::headers(1, test::k_post, false),
               [](std::uint32_t) {
                   return test::frame(2, 0, 1, std::string("\x80\0\0\0\1", 5)) + test::data(1, "a");
               },
               Http2Refusal::control_flood, NGHTTP2_ENHANCE_YOUR_CALM},
        Attack{"WINDOW_UPDATE", "", [](std::uint32_t) { return test::window_update(0, 1); },
               Http2Refusal::useless_frames, NGHTTP2_ENHANCE_YOUR_CALM},
        Attack{"unknown frames", "", [](std::uint32_t) { return test::frame(0xBB, 0, 0, "x"); },
               Http2Refusal::useless_frames, NGHTTP2_ENHANCE_YOUR_CALM},
        Attack{"answers to no PING", "",
               [](std::uint32_t) { return test::frame(6, 1, 0, "12345678"); },
               Http2Refusal::useless_frames, NGHTTP2_ENHANCE_YOUR_CALM},
        Attack{"heads on a stream that was reset",
               test::headers(1, {{":method", "GET"}, {":scheme", "http"}, {":path", "x"}}, false),
               [](std::uint32_t) {
                   return test::headers(1, {{"x", "y"}}, true);
               },
               Http2Refusal::useless_frames, NGHTTP2_ENHANCE_YOUR_CALM},
        Attack{"CONTINUATION", test::frame(1, 0, 1, test::block(test::k_get)),
               [](std::uint32_t) {
                   return test::frame(9, 0, 1, test::block({{"x", "y"}}));
               },
               Http2Refusal::continuation_flood, NGHTTP2_ENHANCE_YOUR_CALM}),
    [](const auto& attack) {
        std::string label;
        for (const char c : std::string_view{attack.param.what}) {
            if (std::isalnum(static_cast<unsigned char>(c)) != 0) label += c;
        }
        return label;
    });

// One field in the table of 4,000 bytes, named 16,000 times in a frame of 16 KiB (RFC 7541 7.3).
TEST(ServerSession, EndsAnHpackBombBeforeItIsUnpacked) {
    Spoken spoken;
    std::string put = std::string("\x40\x01x\x7f", 4);
    put += static_cast<char>(0x80 | ((4'000 - 127) & 0x7F));
    put += static_cast<char>((4'000 - 127) >> 7);
    put += std::string(4'000, 'v');
    ASSERT_TRUE(spoken.hear(k_hello + test::frame(1, test::k_end_headers | test::k_end_stream, 1,
                                                  test::block(test::k_get) + put)));
    EXPECT_FALSE(spoken.hear(test::frame(1, test::k_end_headers | test::k_end_stream, 3,
                                         test::block(test::k_get) + std::string(16'000, '\xBE'))));
    EXPECT_EQ(spoken.session.refusal(), Http2Refusal::header_list_too_large);
    EXPECT_LE(spoken.streams.back()->head.fields.bytes(), spoken.heads.head);
}

// Whether the request had ended or not, in one read or in several.
TEST(ServerSession, TreatsFramesOnAnEndedStreamAsAnError) {
    for (const bool ended : {true, false}) {
        for (const bool at_once : {true, false}) {
            Spoken spoken;
            const std::string begun =
                k_hello + test::headers(1, test::k_get, ended) + test::reset(1);
            const std::string late = test::data(1, "late");
            EXPECT_FALSE(at_once ? spoken.hear(begun + late)
                                 : spoken.hear(begun) && spoken.hear(late));
            EXPECT_EQ(spoken.goes_away(), NGHTTP2_STREAM_CLOSED) << ended << at_once;
        }
    }
}

// Some clients send RST_STREAM(NO_ERROR) behind every answer, whether their upload had ended or
// not.
TEST(ServerSession, CountsNoResetOfAStreamThatWasAnswered) {
    for (const bool ended : {true, false}) {
        Spoken spoken;
        ASSERT_TRUE(spoken.hear(k_hello));
        for (std::uint32_t n = 0; n < 2'000; ++n) {
            ASSERT_TRUE(spoken.hear(test::headers(odd(n), test::k_post, ended)));
            ASSERT_TRUE(spoken.session.respond(*spoken.streams.back(), {.status = 200}, false));
            static_cast<void>(spoken.says());
            ASSERT_TRUE(spoken.hear(test::reset(odd(n), NGHTTP2_NO_ERROR))) << n;
            static_cast<void>(spoken.says());
            ASSERT_TRUE(spoken.streams.back()->closed);
            spoken.streams.clear();
        }
        EXPECT_EQ(spoken.goes_away(), -1);
    }
}

struct Fault {
    const char* what;
    std::string frames;
    telemetry::Http2StreamError reason;
    bool told;  // there is a stream to tell it of
};

TEST(ServerSession, TellsOfEachStreamThatItResetsAndWhy) {
    using telemetry::Http2StreamError;
    test::List forbidden = test::k_get;
    forbidden.emplace_back("connection", "close");
    forbidden.emplace_back("x", "a\nb");
    test::List longer = test::k_post;
    longer.emplace_back("content-length", "1");
    const std::string open = test::headers(1, test::k_post, false);
    const Fault faults[] = {
        {"a field", test::headers(1, forbidden, true), Http2StreamError::malformed_head, true},
        {"no path", test::headers(1, {{":method", "GET"}}, true), Http2StreamError::malformed_head,
         true},
        {"its length", test::headers(1, longer, false) + test::data(1, "ab", true),
         Http2StreamError::malformed_content, true},
        {"trailers", open + test::headers(1, {{":path", "/"}}, true),
         Http2StreamError::malformed_content, true},
        {"a window", open + test::window_update(1, 0x7FFFFFFF), Http2StreamError::window_overflow,
         true},
        {"one too many", open + test::headers(3, test::k_get, true),
         Http2StreamError::too_many_streams, false},
    };
    for (const Fault& fault : faults) {
        Spoken spoken{{.max_streams = 1}};
        ASSERT_TRUE(spoken.hear(k_preface + test::settings() + fault.frames)) << fault.what;
        static_cast<void>(spoken.says());
        std::array<int, telemetry::k_http2_stream_errors> expected{};
        expected[static_cast<std::size_t>(fault.reason)] = 1;
        EXPECT_EQ(spoken.errors, expected) << fault.what;
        EXPECT_EQ(spoken.streams[0]->closed && spoken.streams[0]->broken, fault.told) << fault.what;
        EXPECT_EQ(spoken.goes_away(), -1) << fault.what;
    }
}

// RFC 9113 6.9.2 would have the connection ended (src/TRAPS.md, 29).
TEST(ServerSession, EndsTheStreamsWhoseWindowsASettingOverflows) {
    Spoken spoken;
    std::string bytes = k_hello;
    for (std::uint32_t n = 0; n < 3; ++n)
        bytes += test::headers(odd(n), test::k_post, false) +
                 test::window_update(odd(n), 0x7FFFFFFF - 65'535);
    ASSERT_TRUE(
        spoken.hear(bytes + test::frame(4, 0, 0, test::number(4, 2) + test::number(70'000, 4))));
    static_cast<void>(spoken.says());
    for (const auto& stream : spoken.streams) EXPECT_TRUE(stream->closed && stream->broken);
    EXPECT_EQ(spoken.goes_away(), -1);
}

TEST(ServerSession, KnowsWhenItsSettingsAreAcknowledged) {
    Spoken spoken;
    ASSERT_TRUE(spoken.hear(k_preface + test::settings()));
    EXPECT_TRUE(spoken.session.settled() && !spoken.session.acknowledged());
    static_cast<void>(spoken.says());
    ASSERT_TRUE(spoken.hear(test::frame(4, 1, 0)));
    EXPECT_TRUE(spoken.session.acknowledged());
}

TEST(ServerSession, ForgivesFramesThatWereUnderWayWhenItResetTheStream) {
    Spoken spoken;
    ASSERT_TRUE(spoken.hear(k_hello + test::headers(1, test::k_post, false)));
    spoken.session.reset(*spoken.streams[0], NGHTTP2_CANCEL);
    static_cast<void>(spoken.says());
    ASSERT_TRUE(spoken.streams[0]->closed);
    EXPECT_TRUE(spoken.hear(test::data(1, "under way") + test::data(1, "", true)));
    EXPECT_EQ(spoken.goes_away(), -1);
}

TEST(ServerSession, CallsASmallerNewStreamAProtocolError) {
    Spoken spoken;
    ASSERT_TRUE(spoken.hear(k_hello + test::headers(5, test::k_get, true)));
    EXPECT_FALSE(spoken.hear(test::headers(3, test::k_get, true)));
    EXPECT_EQ(spoken.goes_away(), NGHTTP2_PROTOCOL_ERROR);
    EXPECT_EQ(spoken.session.refusal(), Http2Refusal::protocol_error);
}

// nghttp2's own limits, of 100 answers that wait and of 1,000 resets, stand behind ours.
TEST(ServerSession, JudgesBeforeNghttp2Does) {
    ServerLimits limits;
    limits.control_burst = 3'000;
    limits.resets_burst = 5'000;
    Spoken spoken{limits};
    std::string pings = k_hello;
    for (int i = 0; i < 2'999; ++i) pings += test::frame(6, 0, 0, "12345678");
    std::string resets;
    for (std::uint32_t n = 0; n < 5'000; ++n)
        resets += test::headers(odd(n), test::k_get, true) + test::reset(odd(n));
    EXPECT_TRUE(spoken.hear(pings));
    EXPECT_TRUE(spoken.hear(resets));
    EXPECT_EQ(spoken.goes_away(), -1);
    EXPECT_FALSE(spoken.hear(test::frame(6, 0, 0, "12345678")));
    EXPECT_EQ(spoken.session.refusal(), Http2Refusal::control_flood);
}

/// A head that says: before all others.
std::string exclusive_head(std::uint32_t stream) {
    constexpr std::uint8_t k_with_priority = 0x20;
    return test::frame(1, test::k_end_headers | test::k_end_stream | k_with_priority, stream,
                       std::string("\x80\0\0\0\xff", 5) + test::block(test::k_get));
}
std::string urgent_head(std::uint32_t stream) {
    test::List list = test::k_get;
    list.emplace_back("priority", "u=0");
    return test::headers(stream, list, true);
}

TEST(ServerSession, GivesStreamsTurnsWhateverTheirClientSaysOfThem) {
    for (const auto& head_of : {exclusive_head, urgent_head}) {
        Spoken spoken;
        ASSERT_TRUE(spoken.hear(k_hello + test::headers(1, test::k_get, true) +
                                test::headers(5, test::k_get, true) + head_of(7)));
        const std::string body(60'000, 'x');
        const std::string_view piece = body;
        for (const auto& stream : spoken.streams) {
            stream->out.append({&piece, 1});
            ASSERT_TRUE(spoken.session.respond(*stream, {.framing = http::Framing::chunked}, true));
        }

        const std::string said = spoken.says();

        std::vector<std::int32_t> turns;
        FrameScanner scanner{0};
        std::string_view rest = said;
        while (scanner.next(rest)) {
            if (scanner.header().type == NGHTTP2_DATA) turns.push_back(scanner.header().stream);
        }
        ASSERT_GE(turns.size(), 4U);
        EXPECT_EQ(std::set<std::int32_t>(turns.begin(), turns.begin() + 3).size(), 3U);
    }
}

TEST(ServerSession, DrainsInTwoSteps) {
    Spoken spoken;
    ASSERT_TRUE(spoken.hear(k_hello + test::headers(1, test::k_get, true)));
    static_cast<void>(spoken.says());
    spoken.session.drain();
    const std::string notice = spoken.says();
    EXPECT_NE(notice.find(test::number(0x7FFFFFFF, 4)), std::string::npos);  // any stream still
    EXPECT_NE(notice.find(test::frame(6, 0, 0, std::string(8, '\0'))), std::string::npos);
    // Its answer: the client has seen the notice.
    ASSERT_TRUE(spoken.hear(test::frame(6, 1, 0, std::string(8, '\0'))));
    const std::string last = spoken.says();
    EXPECT_NE(last.find(test::frame(7, 0, 0, test::number(1, 4) + test::number(0, 4))),
              std::string::npos);
    EXPECT_FALSE(spoken.session.over());  // stream 1 is not answered yet
}

TEST(ServerSession, TellsAClientWithoutAPrefaceToGo) {
    Spoken spoken;
    EXPECT_FALSE(spoken.hear("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"));
    EXPECT_EQ(spoken.goes_away(), NGHTTP2_PROTOCOL_ERROR);
}

}  // namespace
}  // namespace penstock::h2
