// Heads: found, parsed, written.
#include <benchmark/benchmark.h>

#include "penstock/h1/parser.h"
#include "penstock/h1/writer.h"

namespace penstock {
namespace {

constexpr std::string_view k_request =
    "POST /v1/chat/completions HTTP/1.1\r\n"
    "Host: gateway.example:8080\r\n"
    "User-Agent: OpenAI/Python 1.51.0\r\n"
    "Accept: application/json\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
    "Authorization: Bearer sk-0123456789abcdef0123456789abcdef\r\n"
    "Content-Type: application/json\r\n"
    "X-Stainless-Lang: python\r\n"
    "X-Stainless-Runtime: CPython\r\n"
    "Content-Length: 2048\r\n"
    "\r\n";

constexpr std::string_view k_response =
    "HTTP/1.1 200 OK\r\n"
    "date: Mon, 01 Jan 2024 00:00:00 GMT\r\n"
    "server: uvicorn\r\n"
    "content-type: text/event-stream; charset=utf-8\r\n"
    "transfer-encoding: chunked\r\n"
    "\r\n";

void find_head_end(benchmark::State& state) {
    for ([[maybe_unused]] auto round : state) {
        std::size_t searched = 0;
        benchmark::DoNotOptimize(h1::find_head_end(k_request, searched));
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(k_request.size()));
}
BENCHMARK(find_head_end);

void parse_request(benchmark::State& state) {
    http::RequestHead head;  // the server's is used again, too
    for ([[maybe_unused]] auto round : state) {
        benchmark::DoNotOptimize(h1::parse_request(k_request, {}, head));
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(k_request.size()));
}
BENCHMARK(parse_request);

void parse_response(benchmark::State& state) {
    http::ResponseHead head;
    for ([[maybe_unused]] auto round : state) {
        benchmark::DoNotOptimize(
            h1::parse_response(k_response, http::Method::post, h1::k_response_limits, head));
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(k_response.size()));
}
BENCHMARK(parse_response);

void write_request(benchmark::State& state) {
    http::RequestHead head;
    static_cast<void>(h1::parse_request(k_request, {}, head));
    std::string out;
    for ([[maybe_unused]] auto round : state) {
        out.clear();
        h1::write_request(head, out);
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(write_request);

}  // namespace
}  // namespace penstock
