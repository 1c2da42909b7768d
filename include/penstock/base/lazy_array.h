// A large array of zeros of which only what is written to takes memory.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

namespace penstock {

/// For fixed tables that most processes hardly fill. `T`: all zero bytes are a valid value. Not
/// `new`, which would write zeros into all of it and so make it resident.
template <class T>
class LazyArray {
public:
    /// Throws std::bad_alloc.
    explicit LazyArray(std::size_t count)
        : entries_{static_cast<T*>(std::calloc(count, sizeof(T)))} {
        static_assert(std::is_trivially_destructible_v<T>);
        if (!entries_) throw std::bad_alloc{};
    }

    [[nodiscard]] T& operator[](std::size_t at) const noexcept { return entries_[at]; }

private:
    struct Free {
        void operator()(T* entries) const noexcept { std::free(entries); }
    };
    std::unique_ptr<T[], Free> entries_;
};

}  // namespace penstock
