// A bounded queue from many threads to one, without locks: a ring whose cells carry tickets.
// Decision 0004; the algorithm is Dmitry Vyukov's bounded queue, with a single consumer.
//
// The position of a cell's next use is its ticket: `position` means free for the producer that
// draws this position, `position + 1` means filled. A producer draws a position by one
// compare-and-swap, fills the cell and publishes it by its ticket. Neither side ever waits for the
// other; a producer that is halted between draw and publication delays what was pushed after it,
// nothing else.
//
// Sleep. The consumer may announce that it sleeps (`sleeping_`) and look once more before it does;
// a producer publishes and then looks for the announcement. All four accesses are sequentially
// consistent, so at least one of the two sees the other: no line waits for the next one. A producer
// makes a system call only when there is a sleeper.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace penstock::telemetry {

template <class T, std::size_t capacity>
class BoundedQueue {
    static_assert(std::has_single_bit(capacity), "positions are reduced by a mask");
    static_assert(std::is_nothrow_move_constructible_v<T>, "a drawn cell must be filled");

public:
    BoundedQueue() : tickets_{std::make_unique<std::atomic<std::uint64_t>[]>(capacity)} {
        // The room is left untouched: its pages cost no memory before they are used.
        room_ = std::make_unique_for_overwrite<Room[]>(capacity);
        for (std::size_t at = 0; at < capacity; ++at) {
            tickets_[at].store(at, std::memory_order_relaxed);
        }
    }
    ~BoundedQueue() {
        while (pop()) {
        }
    }
    BoundedQueue(const BoundedQueue&) = delete;
    BoundedQueue& operator=(const BoundedQueue&) = delete;

    /// False, and `value` is as it was, when the queue is full. Any thread. Wakes the consumer when
    /// it sleeps.
    bool push(T&& value) noexcept {
        std::uint64_t position = tail_.load(std::memory_order_relaxed);
        while (true) {
            const std::uint64_t ticket =
                tickets_[position & k_mask].load(std::memory_order_acquire);
            if (ticket == position) {
                if (tail_.compare_exchange_weak(position, position + 1,
                                                std::memory_order_relaxed)) {
                    break;
                }
            } else if (ticket < position) {
                return false;  // still filled from the round before
            } else {
                position = tail_.load(std::memory_order_relaxed);
            }
        }
        ::new (static_cast<void*>(room_[position & k_mask].bytes)) T{std::move(value)};
        tickets_[position & k_mask].store(position + 1, std::memory_order_seq_cst);
        wake();
        return true;
    }

    /// The oldest value, or nothing. The consumer.
    std::optional<T> pop() noexcept {
        std::atomic<std::uint64_t>& ticket = tickets_[head_ & k_mask];
        if (ticket.load(std::memory_order_seq_cst) != head_ + 1) return std::nullopt;
        T* const held = std::launder(reinterpret_cast<T*>(room_[head_ & k_mask].bytes));
        std::optional<T> value{std::move(*held)};
        held->~T();
        ticket.store(head_ + capacity, std::memory_order_release);
        ++head_;
        return value;
    }

    /// Sleeps until something is pushed or `wake` is called; returns at once when there is
    /// something to pop or `other_work()`, which is asked after the announcement. What it asks for
    /// is set before `wake` is called, both sequentially consistent. The consumer.
    template <class OtherWork>
    void sleep(OtherWork other_work) noexcept {
        sleeping_.store(1, std::memory_order_seq_cst);
        const bool filled = tickets_[head_ & k_mask].load(std::memory_order_seq_cst) == head_ + 1;
        if (!filled && !other_work()) sleeping_.wait(1, std::memory_order_seq_cst);
        sleeping_.store(0, std::memory_order_seq_cst);
    }

    /// Ends `sleep`. Any thread.
    void wake() noexcept {
        if (sleeping_.load(std::memory_order_seq_cst) == 0) return;
        if (sleeping_.exchange(0, std::memory_order_seq_cst) != 0) sleeping_.notify_one();
    }

private:
    static constexpr std::uint64_t k_mask = capacity - 1;
    struct Room {
        alignas(T) std::byte bytes[sizeof(T)];
    };

    std::unique_ptr<std::atomic<std::uint64_t>[]> tickets_;
    std::unique_ptr<Room[]> room_;
    alignas(64) std::atomic<std::uint64_t> tail_{0};  // next position to draw
    alignas(64) std::uint64_t head_ = 0;              // next position to pop; the consumer's
    alignas(64) std::atomic<std::uint32_t> sleeping_{0};
};

}  // namespace penstock::telemetry
