// Bodies: chunked framing followed, events counted.
#include <benchmark/benchmark.h>

#include "penstock/h1/framer.h"
#include "penstock/http/sse.h"

namespace penstock {
namespace {

constexpr std::string_view k_event =
    "data: "
    "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
    "\"choices\":[{\"index\":0,\"delta\":{\"content\":\" token\"},\"finish_reason\":null}]}\n\n";

/// One event as an engine sends it: a chunk of its own.
std::string event_chunk() {
    constexpr std::string_view k_digits = "0123456789abcdef";
    std::string size;
    for (std::size_t rest = k_event.size(); rest > 0; rest /= 16)
        size.insert(size.begin(), k_digits[rest % 16]);
    return size + "\r\n" + std::string{k_event} + "\r\n";
}

void frame_event_chunk(benchmark::State& state) {
    const std::string chunk = event_chunk();
    h1::BodyFramer framer{http::Framing::chunked, 0};
    h1::Framed framed;
    for ([[maybe_unused]] auto round : state) {
        benchmark::DoNotOptimize(framer.feed(chunk, framed));
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(chunk.size()));
}
BENCHMARK(frame_event_chunk);

void frame_counted_body(benchmark::State& state) {
    const std::string bytes(64 * 1024, 'x');
    h1::BodyFramer framer{http::Framing::length, ~std::uint64_t{0}};
    h1::Framed framed;
    for ([[maybe_unused]] auto round : state) {
        benchmark::DoNotOptimize(framer.feed(bytes, framed));
    }
}
BENCHMARK(frame_counted_body);

void scan_event(benchmark::State& state) {
    http::SseScanner scanner;
    for ([[maybe_unused]] auto round : state) {
        scanner.feed(k_event);
        benchmark::DoNotOptimize(scanner.events());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(k_event.size()));
}
BENCHMARK(scan_event);

}  // namespace
}  // namespace penstock
