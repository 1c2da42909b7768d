#include "penstock/base/frame_pool.h"

#include <array>
#include <new>

namespace penstock {

namespace {

struct Block {
    Block* next;
};

struct FreeLists {
    std::array<Block*, FramePool::k_classes> heads{};
    std::array<std::size_t, FramePool::k_classes> sizes{};

    ~FreeLists() {
        for (Block* block : heads) {
            while (block != nullptr) {
                Block* next = block->next;
                ::operator delete(block);
                block = next;
            }
        }
        // A frame freed after this thread's end of life goes straight to the heap.
        sizes.fill(FramePool::k_kept);
        heads.fill(nullptr);
    }
};

thread_local FreeLists lists;

constexpr std::size_t class_of(std::size_t size) noexcept {
    return (size - 1) / FramePool::k_class_size;
}

}  // namespace

void* FramePool::allocate(std::size_t size) {
    const std::size_t index = class_of(size);
    if (index >= k_classes) return ::operator new(size);
    if (Block* block = lists.heads[index]) {
        lists.heads[index] = block->next;
        --lists.sizes[index];
        return block;
    }
    return ::operator new((index + 1) * k_class_size);
}

void FramePool::release(void* frame, std::size_t size) noexcept {
    const std::size_t index = class_of(size);
    if (index >= k_classes || lists.sizes[index] >= k_kept) {
        ::operator delete(frame);
        return;
    }
    auto* block = static_cast<Block*>(frame);
    block->next = lists.heads[index];
    lists.heads[index] = block;
    ++lists.sizes[index];
}

}  // namespace penstock
