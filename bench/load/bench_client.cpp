// A load generator for duels between proxies. Prints one JSON object.
//
//     bench_client HOST:PORT streams [--connections N] [--tokens N] [--body BYTES] …
//     bench_client HOST:PORT requests [--connections N] [--rate N] [--body BYTES] …
//
// `streams`: each connection always has a streamed answer under way; `token_delay_us` is the time
// from the engine's stamp in a chunk (see bench_engine) to its arrival here.
// `requests`: small answers, in a closed loop or at a rate; `latency_us` counts from when a request
// was due.
//
// `--requests N` ends the load with the N-th of them. `--opening N` lets no more than N streams
// wait for their first token. `--announce N` prints lines before the object: "answered COUNT" after
// each N answers, or "streaming COUNT" as soon as all streams have a token.
//
// `--h2 N` speaks HTTP/2 by prior knowledge, with N exchanges at a time on each connection; `--tls
// 1` puts TLS below either, and believes any certificate.
#include <cstdio>
#include <cstdlib>

#include "load.h"

namespace penstock::bench {
namespace {

constexpr const char* k_usage =
    "usage: bench_client HOST:PORT streams|requests [--connections N] [--tokens N] [--rate N]\n"
    "                    [--body BYTES] [--prefixes N] [--warmup SECONDS] [--seconds SECONDS]\n"
    "                    [--requests N] [--opening N] [--announce N] [--h2 N] [--tls 0|1]\n";

bool set(LoadSettings& settings, std::string_view name, double value) {
    if (value < 0) return false;
    const auto count = static_cast<std::uint64_t>(value);
    if (name == "--connections" && count > 0) {
        settings.connections = count;
    } else if (name == "--h2") {
        settings.h2 = count;
    } else if (name == "--tls") {
        settings.tls = count > 0;
    } else if (name == "--tokens" && count > 0) {
        settings.tokens = count;
    } else if (name == "--rate") {
        settings.rate = value;
    } else if (name == "--body") {
        settings.body_bytes = count;
    } else if (name == "--prefixes" && count > 0) {
        settings.prefixes = count;
    } else if (name == "--requests") {
        settings.requests = count;
    } else if (name == "--opening") {
        settings.opening = count;
    } else if (name == "--announce") {
        settings.announce = count;
    } else if (name == "--warmup") {
        settings.warmup_seconds = value;
    } else if (name == "--seconds" && value > 0) {
        settings.seconds = value;
    } else {
        return false;
    }
    return true;
}

bool parse(int argc, char** argv, LoadSettings& settings) {
    const std::optional<HostPort> target = argc > 2 ? parse_address(argv[1]) : std::nullopt;
    if (!target || argc % 2 == 0) return false;
    settings.target = *target;
    const std::string_view mode = argv[2];
    settings.streams = mode == "streams";
    if (!settings.streams && mode != "requests") return false;
    for (int i = 3; i + 1 < argc; i += 2) {
        char* end = nullptr;
        const double value = std::strtod(argv[i + 1], &end);
        if (*end != '\0' || !set(settings, argv[i], value)) return false;
    }
    return true;
}

}  // namespace
}  // namespace penstock::bench

int main(int argc, char** argv) {
    penstock::bench::LoadSettings settings;
    if (!penstock::bench::parse(argc, argv, settings)) {
        std::fputs(penstock::bench::k_usage, stderr);
        return 2;
    }
    penstock::bench::Load load{settings};
    penstock::bench::Report report = load.run();
    const char* what = settings.streams ? "token_delay_us" : "latency_us";
    std::puts(to_json(report, what, settings.seconds).c_str());
    return report.failures() == 0 ? 0 : 1;
}
