// Frames of a client into the server's end of an HTTP/2 connection: streams within their limits,
// and every request that is told is one that HTTP/1.1 could have brought.
//
// The input: the bytes after the preface and the client's SETTINGS.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/base/assert.h"
#include "penstock/h1/parser.h"
#include "penstock/h1/writer.h"
#include "server_session.h"

namespace {

using namespace std::string_view_literals;
namespace h2 = penstock::h2;
namespace http = penstock::http;

struct Stream final : h2::SessionStream {
    using SessionStream::SessionStream;
};

struct Run final : h2::StreamMaker {
    h2::SessionStream& open(std::int32_t id) override {
        streams.push_back(std::make_unique<Stream>(id, heads));
        return *streams.back();
    }
    void was_reset(penstock::telemetry::Http2StreamError /*reason*/) noexcept override {}

    h2::ServerSetup setup;
    h2::ServerLimits limits{.max_streams = 8};
    http::HeadLimits heads{.head = 1024, .request_line = 128, .fields = 16};
    std::vector<std::unique_ptr<Stream>> streams;
    h2::ServerSession session{setup, limits, *this};
};

void check(const Stream& stream) {
    PENSTOCK_ASSERT(stream.input.size() <= h2::ServerLimits{}.stream_window.count);
    if (!stream.head_complete || stream.refusal) return;
    std::string written;
    penstock::h1::write_request(stream.head, written);
    http::RequestHead again;
    PENSTOCK_ASSERT(
        penstock::h1::parse_request(written, {.head = 1 << 20, .request_line = 4096}, again));
    PENSTOCK_ASSERT(again.method == stream.head.method && again.target == stream.head.target);
    PENSTOCK_ASSERT(again.framing == stream.head.framing && again.length == stream.head.length);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input{data, data + size};
    Run run;
    std::string bytes{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"sv};
    bytes += input;
    const bool more = run.session.receive(bytes, penstock::TimePoint{penstock::Millis{1}});
    std::vector<h2::SessionStream*> news;
    run.session.take_news(news);
    for (h2::SessionStream* each : news) {
        if (!more || each->closed || !each->head_complete) continue;
        http::ResponseHead head{.status = 200, .framing = http::Framing::chunked};
        if (!run.session.respond(*each, head, true)) continue;
        const std::string_view piece = "data: x\n\n";
        each->out.append({&piece, 1});
        each->out.end({});
        run.session.resume(*each);
        run.session.consume(*each, each->unread);
    }
    while (!run.session.next_output().empty()) {
    }
    for (const auto& each : run.streams) check(*each);
    return 0;
}
