#include "penstock/base/frame_pool.h"

#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(FramePool, GivesABlockOfItsClassAgain) {
    if (FramePool::k_kept == 0) GTEST_SKIP() << "nothing is kept under AddressSanitizer";
    void* first = FramePool::allocate(FramePool::k_class_size);
    FramePool::release(first, FramePool::k_class_size);

    void* second = FramePool::allocate(1);

    EXPECT_EQ(second, first);
    FramePool::release(second, 1);
}

TEST(FramePool, KeepsClassesApart) {
    void* small = FramePool::allocate(FramePool::k_class_size);
    FramePool::release(small, FramePool::k_class_size);

    void* larger = FramePool::allocate(FramePool::k_class_size + 1);

    EXPECT_NE(larger, small);
    FramePool::release(larger, FramePool::k_class_size + 1);
}

TEST(FramePool, ServesEverySizeWholeAndAligned) {
    const std::size_t most = FramePool::k_class_size * FramePool::k_classes;
    for (const std::size_t size :
         {std::size_t{1}, FramePool::k_class_size, most, most + 1, 4 * most}) {
        void* block = FramePool::allocate(size);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t), 0U);
        std::memset(block, 0xAB, size);
        FramePool::release(block, size);
    }
}

TEST(FramePool, GivesNoBlockTwice) {
    constexpr std::size_t k_blocks = FramePool::k_kept + 10;
    for (int round = 0; round < 2; ++round) {
        std::set<void*> blocks;
        for (std::size_t i = 0; i < k_blocks; ++i) blocks.insert(FramePool::allocate(600));
        EXPECT_EQ(blocks.size(), k_blocks);
        for (void* block : blocks) FramePool::release(block, 600);  // one past the bound: freed
    }
}

TEST(FramePool, HasListsOfItsOwnInEachThread) {
    if (FramePool::k_kept == 0) GTEST_SKIP() << "nothing is kept under AddressSanitizer";
    void* here = FramePool::allocate(300);
    FramePool::release(here, 300);
    std::thread other{[] {
        void* block = FramePool::allocate(300);
        std::memset(block, 1, 300);
        FramePool::release(block, 300);
    }};
    other.join();

    void* again = FramePool::allocate(300);

    EXPECT_EQ(again, here);
    FramePool::release(again, 300);
}

}  // namespace
}  // namespace penstock
