#include "client_session.h"

#include <memory>

#include <gtest/gtest.h>

#include "frame_scanner.h"
#include "frames.h"

namespace penstock::h2 {
namespace {

using test::List;

struct PlainStream final : ClientSessionStream {};

/// A session with the engine's bytes in the test's hand.
struct Asked {
    PlainStream& ask(std::string_view body = "", http::Method method = http::Method::post) {
        streams.push_back(std::make_unique<PlainStream>());
        PlainStream& stream = *streams.back();
        stream.out.lend(body);
        stream.out.end({});
        http::RequestHead head{.method = method, .target = "/x", .authority = "a.test"};
        EXPECT_TRUE(session.submit(stream, head, !body.empty()).has_value());
        return stream;
    }
    bool hear(std::string_view bytes) {
        const bool more = session.receive(bytes, TimePoint{Millis{1}});
        session.take_news(news);
        return more;
    }
    /// The frames it has to send, by type, without the preface.
    std::string says() {
        std::string all;
        for (std::string_view bytes = session.next_output(); !bytes.empty();
             bytes = session.next_output()) {
            all.append(bytes);
        }
        session.take_news(news);
        FrameScanner scanner{all.starts_with("PRI") ? test::k_preface.size() : 0};
        std::string types;
        std::string_view rest = all;
        while (scanner.next(rest)) {
            const FrameHeader& header = scanner.header();
            types += static_cast<char>('0' + header.type);
            if (header.type == NGHTTP2_RST_STREAM) reset_code = static_cast<unsigned char>(rest[3]);
            if (header.type == NGHTTP2_WINDOW_UPDATE && header.stream == 0)
                window += number_of(rest.substr(0, 4));
        }
        return types;
    }

    static std::int64_t number_of(std::string_view bytes) {
        std::int64_t number = 0;
        for (const char each : bytes) number = number * 256 + static_cast<unsigned char>(each);
        return number;
    }

    static constexpr std::uint32_t k_streams = 200;

    ClientSetup setup;
    ClientSession session{setup, "http", k_streams};
    std::vector<std::unique_ptr<PlainStream>> streams;
    std::vector<ClientSessionStream*> news;
    int reset_code = -1;
    std::int64_t window = 65'535;  // of the connection: what the engine may send
};

const std::string k_hello = test::settings() + test::frame(4, 1, 0);
const List k_ok{{":status", "200"}};

TEST(ClientSession, GreetsAndAsks) {
    Asked asked;
    asked.ask("a body");
    EXPECT_EQ(asked.says(),
              "48"
              "10");  // SETTINGS, WINDOW_UPDATE; HEADERS, DATA
}

TEST(ClientSession, SendsAHeadUpToItsLimitAndNotOneByteMore) {
    Asked asked;
    http::RequestHead head{.target = "/x", .authority = "a.test"};
    PlainStream fits;
    PlainStream exceeds;
    std::size_t own = 32;  // and 12 for each field, beside its name and value
    for (const auto& [name, value] : List{{":method", "GET"},
                                          {":scheme", "http"},
                                          {":authority", "a.test"},
                                          {":path", "/x"},
                                          {"x-large", ""}}) {
        own += name.size() + value.size() + 12;
    }
    std::string value(ClientSession::k_head_sent_max - own, 'x');
    head.fields.append("x-large", value);
    EXPECT_TRUE(asked.session.submit(fits, head, false).has_value());
    EXPECT_EQ(asked.says().find('1'), 2U);

    head.fields.clear();
    head.fields.append("x-large", value + "x");
    const Result<void> submitted = asked.session.submit(exceeds, head, false);

    ASSERT_FALSE(submitted.has_value());
    EXPECT_EQ(submitted.error().code(), ErrorCode::head_too_large);
    EXPECT_TRUE(asked.session.open());
}

TEST(ClientSession, TellsOfAResponseHoweverItsBytesAreSplit) {
    const std::string bytes = k_hello + test::headers(1, {{":status", "103"}}, false) +
                              test::headers(1, k_ok, false) + test::data(1, "some ") +
                              test::data(1, "bytes") +
                              test::headers(1, {{"grpc-status", "0"}}, true);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        Asked asked;
        const PlainStream& stream = asked.ask();
        asked.says();

        EXPECT_TRUE(asked.hear(bytes.substr(0, cut)));
        EXPECT_TRUE(asked.hear(bytes.substr(cut)));

        EXPECT_TRUE(stream.head_complete && stream.input_ended && stream.closed) << cut;
        EXPECT_EQ(stream.head.status, 200) << cut;
        EXPECT_EQ(stream.input, "some bytes") << cut;
        EXPECT_EQ(stream.tail.fields().find("grpc-status"), "0") << cut;
        EXPECT_FALSE(stream.refusal) << cut;
    }
}

TEST(ClientSession, OpensNoMoreThanHalfADozenInterimHeads) {
    Asked asked;
    const PlainStream& stream = asked.ask();
    asked.says();
    std::string heads;
    for (int i = 0; i < ClientSession::k_interim_heads_max; ++i)
        heads += test::headers(1, {{":status", "103"}}, false);
    static_cast<void>(asked.hear(k_hello + heads));
    EXPECT_FALSE(stream.refusal);
    static_cast<void>(asked.hear(test::headers(1, {{":status", "103"}}, false)));
    EXPECT_TRUE(stream.refusal);
}

TEST(ClientSession, RefusesAMalformedResponseAndGoesOn) {
    Asked asked;
    const PlainStream& bad = asked.ask();
    const PlainStream& good = asked.ask();
    asked.says();

    EXPECT_TRUE(asked.hear(k_hello + test::headers(1, {{":status", "2x0"}}, false) +
                           test::headers(3, k_ok, true)));
    asked.says();

    EXPECT_TRUE(bad.closed && (bad.refusal || !bad.input_ended));
    EXPECT_EQ(asked.reset_code, NGHTTP2_PROTOCOL_ERROR);
    EXPECT_TRUE(good.head_complete && good.input_ended && !good.refusal);
}

TEST(ClientSession, RefusesABodyOfAnotherLengthThanAnnounced) {
    for (const std::string_view body : {"much too long", "x"}) {
        Asked asked;
        const PlainStream& stream = asked.ask();
        asked.says();
        static_cast<void>(asked.hear(
            k_hello + test::headers(1, {{":status", "200"}, {"content-length", "5"}}, false) +
            test::data(1, body, true)));
        asked.says();
        EXPECT_TRUE(stream.refusal) << body;
        EXPECT_FALSE(stream.input_ended) << body;
    }
}

TEST(ClientSession, GivesTheWindowBackAsTheBodyIsRead) {
    Asked asked;
    PlainStream& stream = asked.ask();
    asked.says();
    const std::string piece(16 * 1024, 'x');
    std::string bytes = k_hello + test::headers(1, k_ok, false);
    for (int i = 0; i < 5; ++i) bytes += test::data(1, piece);
    static_cast<void>(asked.hear(bytes));
    EXPECT_EQ(asked.says(), "4");  // the acknowledgement alone

    asked.session.consume(stream, stream.input.size());

    EXPECT_EQ(asked.says(), "8");
    EXPECT_EQ(stream.unread, 0U);
}

TEST(ClientSession, StreamsThatNobodyReadHoldBackNoOther) {
    Asked asked;
    for (std::uint32_t i = 0; i < Asked::k_streams; ++i) asked.ask();
    asked.says();
    static_cast<void>(asked.hear(k_hello));
    const std::string piece(16 * 1024, 'x');
    for (std::uint32_t i = 0; i + 1 < Asked::k_streams; ++i) {
        static_cast<void>(asked.hear(test::headers(2 * i + 1, k_ok, false)));
        for (int pieces = 0; pieces < 8; ++pieces) {
            asked.window -= static_cast<std::int64_t>(piece.size());
            ASSERT_GE(asked.window, 0) << "stream " << i;
            ASSERT_TRUE(asked.hear(test::data(2 * i + 1, piece)));
            asked.says();
        }
    }

    EXPECT_GE(asked.window, ClientSession::k_stream_window);
}

TEST(ClientSession, CancelsAtOnceAndHearsNoMoreOfIt) {
    Asked asked;
    PlainStream& stream = asked.ask();
    asked.says();
    static_cast<void>(asked.hear(k_hello + test::headers(1, k_ok, false)));

    asked.session.cancel(stream);
    const std::string said = asked.says();
    asked.streams.clear();

    EXPECT_NE(said.find('3'), std::string::npos);
    EXPECT_EQ(asked.reset_code, NGHTTP2_CANCEL);
    EXPECT_TRUE(asked.hear(test::data(1, "late", true)));
    EXPECT_TRUE(asked.news.empty());
}

// Two streams with full windows, and not a third.
TEST(ClientSession, LetsAsMuchComeLateAsTheWindowsOfCancelledStreamsHold) {
    Asked asked;
    PlainStream& first = asked.ask();
    PlainStream& second = asked.ask();
    asked.says();
    ASSERT_TRUE(
        asked.hear(k_hello + test::headers(1, k_ok, false) + test::headers(3, k_ok, false)));
    asked.session.cancel(first);
    asked.session.cancel(second);
    asked.says();

    const std::string late = test::data(1, std::string(1'024, 'x'));
    for (std::uint32_t bytes = 0; bytes < 2 * ClientSession::k_stream_window; bytes += 1'024)
        ASSERT_TRUE(asked.hear(late)) << bytes;
    int count = 0;
    while (count < 5'000 && asked.hear(late)) {
        asked.says();
        ++count;
    }

    EXPECT_EQ(count, 1'000);
    EXPECT_EQ(asked.session.refusal(), telemetry::Http2Refusal::useless_frames);
}

TEST(ClientSession, SendsNothingOfAStreamThatWasCancelledBefore) {
    Asked asked;
    PlainStream& stream = asked.ask("a body");
    asked.session.cancel(stream);
    asked.streams.clear();
    EXPECT_EQ(asked.says().find('0'), std::string::npos);
    EXPECT_TRUE(asked.session.open());
}

TEST(ClientSession, KnowsWhatAnEngineHasNotWorkedOn) {
    Asked asked;
    const PlainStream& taken = asked.ask();
    const PlainStream& beyond = asked.ask();
    const PlainStream& refused = asked.ask();
    asked.says();

    static_cast<void>(asked.hear(k_hello + test::reset(5, NGHTTP2_REFUSED_STREAM) +
                                 test::frame(7, 0, 0, test::number(1, 4) + test::number(0, 4))));

    EXPECT_TRUE(beyond.closed && beyond.unheard);
    EXPECT_TRUE(refused.closed && refused.unheard);
    EXPECT_FALSE(taken.closed || taken.unheard);
    EXPECT_FALSE(asked.session.open());
    static_cast<void>(asked.hear(test::headers(1, k_ok, true)));
    EXPECT_TRUE(taken.input_ended);
}

TEST(ClientSession, KnowsWhatNeverLeft) {
    Asked asked;
    static_cast<void>(asked.says());
    const PlainStream& stream = asked.ask();
    static_cast<void>(
        asked.hear(k_hello + test::frame(7, 0, 0, test::number(0, 4) + test::number(0, 4))));
    static_cast<void>(asked.says());
    EXPECT_TRUE(stream.unheard || !stream.sent);
}

TEST(ClientSession, HeedsTheEnginesLimitOfStreams) {
    Asked asked;
    static_cast<void>(asked.says());
    static_cast<void>(asked.hear(test::frame(4, 0, 0, test::number(3, 2) + test::number(7, 4))));
    EXPECT_EQ(asked.session.streams_max(), 7U);
}

TEST(ClientSession, TakesNoPushedStream) {
    Asked asked;
    asked.ask();
    asked.says();
    const std::string pushed = test::number(2, 4) + test::block(test::k_get);
    const bool more = asked.hear(k_hello + test::frame(5, 4, 1, pushed));
    const std::string said = asked.says();
    EXPECT_TRUE(!more || said.find('7') != std::string::npos);
    EXPECT_TRUE(asked.session.over());
}

struct Flood {
    const char* what;
    std::string frame;
    telemetry::Http2Refusal reason;
};
std::ostream& operator<<(std::ostream& out, const Flood& flood) {
    return out << flood.what;
}

class ClientSessionFlood : public testing::TestWithParam<Flood> {};

// Stream 1 has ended, stream 3 is being answered.
TEST_P(ClientSessionFlood, EndsWithTheConnection) {
    Asked asked;
    asked.ask();
    asked.ask();
    asked.says();
    ASSERT_TRUE(asked.hear(k_hello + test::headers(1, k_ok, true) + test::headers(3, k_ok, false)));

    int count = 0;
    while (count < 5'000 && asked.hear(GetParam().frame)) {
        asked.says();
        ++count;
    }

    EXPECT_EQ(asked.session.refusal(), GetParam().reason) << count;
    asked.says();
    EXPECT_TRUE(asked.session.over());
}

using telemetry::Http2Refusal;
INSTANTIATE_TEST_SUITE_P(
    Engines, ClientSessionFlood,
    testing::Values(Flood{"SETTINGS", test::settings(), Http2Refusal::control_flood},
                    Flood{"PING", test::frame(6, 0, 0, "8 bytes!"), Http2Refusal::control_flood},
                    Flood{"empty DATA", test::data(3, ""), Http2Refusal::empty_frames},
                    Flood{"WINDOW_UPDATE", test::window_update(3, 1), Http2Refusal::useless_frames},
                    Flood{"an unknown type", test::frame(0xBB, 0, 0), Http2Refusal::useless_frames},
                    Flood{"resets of an ended stream", test::reset(1),
                          Http2Refusal::useless_frames},
                    Flood{"heads of an ended stream", test::headers(1, k_ok, true),
                          Http2Refusal::useless_frames},
                    Flood{"empty DATA of an ended stream", test::data(1, "", true),
                          Http2Refusal::useless_frames}));

TEST(ClientSession, LetsAnEngineResetAllItIsAsked) {
    Asked asked;
    ASSERT_TRUE(asked.hear(k_hello));
    for (std::uint32_t id = 1; id < 4'000; id += 2) {
        asked.ask();
        asked.says();
        ASSERT_TRUE(asked.hear(test::reset(id, NGHTTP2_NO_ERROR))) << id;
    }
}

TEST(ClientSession, EndsWithAnEngineThatSpeaksSomethingElse) {
    Asked asked;
    asked.ask();
    asked.says();
    static_cast<void>(asked.hear("HTTP/1.1 400 Bad Request\r\n\r\n"));
    asked.says();
    EXPECT_TRUE(asked.session.over());
}

}  // namespace
}  // namespace penstock::h2
