// Micro benchmarks of the code that runs per request, per chunk or per decision:
//   build/bench/micro/micro --benchmark_filter=Decide
#include <benchmark/benchmark.h>

BENCHMARK_MAIN();
