// Memory for coroutine frames: free lists by size, one set per thread, so that a request's frames
// cost no allocation.
#pragma once

#include <cstddef>

namespace penstock {

class FramePool {
public:
    /// A block of at least `size` bytes, aligned for any type. Throws std::bad_alloc. Thread: any
    /// (own lists each).
    static void* allocate(std::size_t size);

    /// Gives back a block of `allocate(size)`, on the thread that took it. Each list keeps at most
    /// `k_kept` blocks.
    static void release(void* frame, std::size_t size) noexcept;

    static constexpr std::size_t k_class_size = 64;  // bytes between size classes
    static constexpr std::size_t k_classes = 64;     // frames over 4 KiB come from the heap
    // Blocks a list keeps: enough for what requests take and give within a turn. Of a thousand
    // streams opened at once the heap gets back what only their opening needed.
#ifdef __SANITIZE_ADDRESS__
    static constexpr std::size_t k_kept = 0;  // AddressSanitizer shall see the end of each frame
#else
    static constexpr std::size_t k_kept = 64;
#endif
};

}  // namespace penstock
