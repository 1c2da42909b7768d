// Bytes of an engine into our end of an HTTP/2 connection with three requests on it: the same news
// however the bytes are split, bodies within their windows, and every response that is told is one
// that HTTP/1.1 could have brought.
//
// First byte of the input: where it is split. The rest: the bytes after the engine's SETTINGS.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "client_session.h"
#include "penstock/base/assert.h"

namespace {

using namespace std::string_view_literals;
using penstock::h2::ClientSession;
using penstock::h2::ClientSessionStream;
namespace http = penstock::http;

struct Stream final : ClientSessionStream {};

struct Run {
    explicit Run(penstock::h2::ClientSetup& setup) : session{setup, "http", 3} {
        for (Stream& each : streams) {
            each.out.end({});
            const http::RequestHead head{
                .method = http::Method::get, .target = "/x", .authority = "a.test"};
            PENSTOCK_ASSERT(session.submit(each, head, false).has_value());
        }
        send();
        hear("\0\0\0\4\0\0\0\0\0"sv);
    }
    void hear(std::string_view bytes) {
        if (more) more = session.receive(bytes, penstock::TimePoint{penstock::Millis{1}});
        session.take_news(news);
    }
    void send() {
        while (!session.next_output().empty()) {
        }
    }

    ClientSession session;
    std::array<Stream, 3> streams;
    std::vector<ClientSessionStream*> news;
    bool more = true;
};

void check(const Stream& stream) {
    PENSTOCK_ASSERT(stream.input.size() <= ClientSession::k_stream_window);
    PENSTOCK_ASSERT(!stream.input_ended || stream.head_complete);
    if (!stream.head_complete) return;
    PENSTOCK_ASSERT(stream.head.status >= 200 && stream.head.status <= 599);
    for (std::size_t i = 0; i < stream.head.fields.size(); ++i) {
        PENSTOCK_ASSERT(http::valid_name(stream.head.fields[i].name));
        PENSTOCK_ASSERT(http::valid_value(stream.head.fields[i].value));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    static penstock::h2::ClientSetup setup;
    const std::string input{data, data + size};
    const std::string_view bytes = std::string_view{input}.substr(1);
    const std::size_t cut = bytes.size() * data[0] / 255;
    Run whole{setup};
    Run parts{setup};

    whole.hear(bytes);
    parts.hear(bytes.substr(0, cut));
    parts.hear(bytes.substr(cut));

    for (std::size_t i = 0; i < whole.streams.size(); ++i) {
        check(whole.streams[i]);
        check(parts.streams[i]);
        // After an error of the connection it does not matter what else was heard.
        if (!whole.more || !parts.more) continue;
        PENSTOCK_ASSERT(whole.streams[i].input == parts.streams[i].input);
        PENSTOCK_ASSERT(whole.streams[i].head_complete == parts.streams[i].head_complete);
        PENSTOCK_ASSERT(whole.streams[i].input_ended == parts.streams[i].input_ended);
    }
    whole.send();
    parts.send();
    for (Stream& each : whole.streams) whole.session.cancel(each);
    whole.send();
    return 0;
}
