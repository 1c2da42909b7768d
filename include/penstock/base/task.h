// A lazy coroutine for the data path: started by its awaiter, finished into it, destroyed with its
// owner.
//
// Destroying a task that is waiting IS its cancellation: the frames unwind from the inside out and
// each awaiter unregisters itself in its destructor. Nothing is thrown, nothing is called later.
// That makes "the client has gone" one line in the connection (drop the handler's task) and needs
// no cancellation token anywhere.
//
// Thread: a task lives on one thread from start to end. Frames come from `FramePool`, so a request
// allocates none. Why not `asio::awaitable`: a resume costs 40-75 ns per layer there, and
// cancellation throws (decision 0002).
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "penstock/base/frame_pool.h"

namespace penstock {

template <class T = void>
class Task;

namespace task_internal {

struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> handle) noexcept {
        auto& promise = handle.promise();
        if (promise.continuation) return promise.continuation;
        if (promise.on_done) promise.on_done(promise.on_done_context);
        return std::noop_coroutine();
    }
    void await_resume() noexcept {}
};

struct PromiseBase {
    std::coroutine_handle<> continuation;
    void (*on_done)(void*) = nullptr;
    void* on_done_context = nullptr;
    std::exception_ptr exception;

    std::suspend_always initial_suspend() noexcept { return {}; }
    FinalAwaiter final_suspend() noexcept { return {}; }
    void unhandled_exception() noexcept { exception = std::current_exception(); }

    static void* operator new(std::size_t size) { return FramePool::allocate(size); }
    static void operator delete(void* frame, std::size_t size) noexcept {
        FramePool::release(frame, size);
    }
};

template <class T>
struct Promise : PromiseBase {
    std::optional<T> value;
    Task<T> get_return_object() noexcept;
    template <class U>
    void return_value(U&& result) {
        value.emplace(std::forward<U>(result));
    }
    T take() {
        if (exception) std::rethrow_exception(exception);
        return std::move(*value);
    }
};

template <>
struct Promise<void> : PromiseBase {
    Task<void> get_return_object() noexcept;
    void return_void() noexcept {}
    void take() {
        if (exception) std::rethrow_exception(exception);
    }
};

}  // namespace task_internal

template <class T>
class [[nodiscard]] Task {
public:
    using promise_type = task_internal::Promise<T>;

    Task() noexcept = default;
    explicit Task(std::coroutine_handle<promise_type> handle) noexcept : handle_{handle} {}
    Task(Task&& other) noexcept : handle_{std::exchange(other.handle_, nullptr)} {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            destroy();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    ~Task() { destroy(); }

    /// Runs the task as a root until its first wait. `on_done(context)` is called once at its end,
    /// from inside the task's last step: it must not destroy the task then (post that instead).
    /// Call `take()` for the result.
    void start(void (*on_done)(void*), void* context) {
        handle_.promise().on_done = on_done;
        handle_.promise().on_done_context = context;
        handle_.resume();
    }

    [[nodiscard]] bool valid() const noexcept { return static_cast<bool>(handle_); }
    [[nodiscard]] bool done() const noexcept { return handle_ && handle_.done(); }

    /// The result of a finished task; rethrows what escaped from it.
    T take() { return handle_.promise().take(); }

    /// Ends the task where it waits (see the top of this file).
    void destroy() noexcept {
        if (handle_) std::exchange(handle_, nullptr).destroy();
    }

    struct Awaiter {
        std::coroutine_handle<promise_type> handle;
        explicit Awaiter(std::coroutine_handle<promise_type> awaited) noexcept : handle{awaited} {}
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> continuation) noexcept {
            handle.promise().continuation = continuation;
            return handle;
        }
        T await_resume() { return handle.promise().take(); }
    };
    Awaiter operator co_await() && noexcept { return Awaiter{handle_}; }
    Awaiter operator co_await() & noexcept { return Awaiter{handle_}; }

private:
    std::coroutine_handle<promise_type> handle_;
};

namespace task_internal {
template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
    return Task<T>{std::coroutine_handle<Promise>::from_promise(*this)};
}
inline Task<void> Promise<void>::get_return_object() noexcept {
    return Task<void>{std::coroutine_handle<Promise>::from_promise(*this)};
}
}  // namespace task_internal

}  // namespace penstock
