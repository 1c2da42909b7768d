// Runs a fuzz target over its corpus, a test an input, in builds without a fuzzer. TARGET: its
// name; CORPUS: its folder.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::string> inputs() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{CORPUS})
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

class Corpus : public testing::TestWithParam<std::string> {};

TEST_P(Corpus, IsBorne) {
    std::ifstream file{std::filesystem::path{CORPUS} / GetParam(), std::ios::binary};
    const std::vector<char> bytes{std::istreambuf_iterator<char>{file}, {}};
    ASSERT_FALSE(file.bad());
    const std::vector<std::uint8_t> input{bytes.begin(), bytes.end()};

    // A broken invariant aborts.
    EXPECT_EQ(LLVMFuzzerTestOneInput(input.data(), input.size()), 0);
}

INSTANTIATE_TEST_SUITE_P(Replay, Corpus, testing::ValuesIn(inputs()), [](const auto& one) {
    std::string name = TARGET "_" + one.param;
    for (char& c : name) {
        const bool fit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!fit) c = '_';
    }
    return name;
});

}  // namespace
