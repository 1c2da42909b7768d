// The log: producers push whole lines, one thread writes them. Why it sleeps the way it does:
// decision 0004.
#include "penstock/telemetry/log.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>
#include <utility>

#include <unistd.h>

#include "bounded_queue.h"
#include "line.h"
#include "sink.h"

namespace penstock::telemetry {

namespace {

constexpr std::size_t k_queue = 8192;             // lines
constexpr Millis k_nap{10};                       // between two batches while there is traffic
constexpr Millis k_stuck_nap{100};                // while a sink takes nothing
constexpr Millis k_last_words{1'000};             // for what is queued at the end
constexpr std::size_t k_batch_bytes = 64 * 1024;  // written at once

struct Entry {
    std::string line;  // with its newline
    bool of_access;
};

std::int64_t unix_ms_now() noexcept {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<Millis>(since).count();
}

std::string_view name(LogLevel level) noexcept {
    constexpr std::array<std::string_view, 4> k_names{"error", "warning", "info", "debug"};
    return k_names[static_cast<std::size_t>(level)];
}

std::string lifecycle_line(LogFormat format, LogLevel level, std::string_view message,
                           std::initializer_list<LogField> fields) {
    Line line{format};
    line.time(unix_ms_now());
    line.text("level", name(level));
    line.text("message", message);
    for (const LogField& field : fields) {
        if (const auto* number = std::get_if<std::uint64_t>(&field.value)) {
            line.number(field.key, *number);
        } else {
            line.text(field.key, std::get<std::string>(field.value));
        }
    }
    std::string text = std::move(line).take();
    text += '\n';
    return text;
}

}  // namespace

struct Log::Impl {
    explicit Impl(const LogOptions& options)
        : level{options.level},
          format{options.format},
          access{options.access},
          explains{explains_by(options)} {
        apply(options);
        // Signals are the control thread's; and a closed pipe is an error of write here, whatever
        // the process does about SIGPIPE.
        sigset_t all;
        sigset_t before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        writer = std::thread{&Impl::run, this};
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    static bool explains_by(const LogOptions& options) noexcept {
        return options.access && options.explain;
    }

    ~Impl() {
        stopping.store(true);
        queue.wake();
        writer.join();
        delete_pending(nullptr);
    }

    void push(Entry&& entry) noexcept {
        if (!queue.push(std::move(entry))) dropped.fetch_add(1, std::memory_order_relaxed);
    }

    /// Leaves options for the writer, in place of those it has not seen yet.
    void delete_pending(LogOptions* next) noexcept {
        const std::unique_ptr<LogOptions> unseen{wanted.exchange(next)};
    }

    // --- The writer's thread.

    void run() {
        bool worked = true;
        while (!stopping.load()) {
            adopt();
            const bool found = write_batch();
            if (!access_sink.empty() || !lifecycle_sink.empty()) {
                std::this_thread::sleep_for(found ? k_nap : k_stuck_nap);
            } else if (found || worked) {
                // Under traffic lines are gathered between naps, and no producer needs to wake
                // anybody; only after a nap without lines comes a sleep that costs a wake-up.
                std::this_thread::sleep_for(k_nap);
            } else {
                queue.sleep([this] { return stopping.load() || wanted.load() != nullptr; });
            }
            worked = found;
        }
        say_last_words();
    }

    void adopt() {
        if (wanted.load() == nullptr) return;
        const std::unique_ptr<LogOptions> options{wanted.exchange(nullptr)};
        if (options) apply(*options);
    }

    void apply(const LogOptions& options) {
        if (!lifecycle_sink.good()) lifecycle_sink = Sink::on_standard(STDERR_FILENO);
        lose(access_sink.flush());
        lose(access_sink.drop());
        access_sink = Sink{};
        if (!options.access) return;
        if (!options.access_file.empty()) {
            access_sink = Sink::on_file(options.access_file);
            if (!access_sink.good()) tell_unopened(options);
        }
        if (!access_sink.good()) access_sink = Sink::on_standard(STDOUT_FILENO);
    }

    void tell_unopened(const LogOptions& options) {
        const std::string why = std::strerror(errno);
        lose(lifecycle_sink.append(
            lifecycle_line(options.format, LogLevel::error,
                           "access log cannot be opened; its lines go to standard output",
                           {{"file", options.access_file}, {"why", why}})));
        lose(lifecycle_sink.flush());
    }

    /// True when there was something.
    bool write_batch() {
        bool found = false;
        std::size_t bytes = 0;
        while (auto entry = queue.pop()) {
            found = true;
            adopt();  // a line that came after new options goes where they say
            bytes += take(*entry);
            if (bytes >= k_batch_bytes) {
                flush();
                bytes = 0;
            }
        }
        flush();
        return found;
    }

    std::size_t take(const Entry& entry) {
        if (!entry.of_access) {
            lose(lifecycle_sink.append(entry.line));
        } else if (access_sink.good()) {
            lose(access_sink.append(entry.line));
        } else {
            lose(access.load(std::memory_order_relaxed) ? 1 : 0);
        }
        return entry.line.size();
    }

    void flush() {
        lose(lifecycle_sink.flush());
        lose(access_sink.flush());
    }

    void say_last_words() {
        const auto until = Clock::now() + k_last_words;
        adopt();
        write_batch();
        while ((!access_sink.empty() || !lifecycle_sink.empty()) && Clock::now() < until) {
            constexpr int k_wait_ms = 20;
            (access_sink.empty() ? lifecycle_sink : access_sink).wait(k_wait_ms);
            flush();
        }
    }

    void lose(std::uint64_t lines) noexcept {
        if (lines > 0) dropped.fetch_add(lines, std::memory_order_relaxed);
    }

    BoundedQueue<Entry, k_queue> queue;
    std::atomic<LogLevel> level;
    std::atomic<LogFormat> format;
    std::atomic<bool> access;
    std::atomic<bool> explains;
    std::atomic<std::uint64_t> dropped{0};
    std::atomic<bool> stopping{false};
    std::atomic<LogOptions*> wanted{nullptr};  // owned by who exchanges it out
    Sink access_sink;                          // the writer's
    Sink lifecycle_sink;
    std::thread writer;
};

Log::Log(const LogOptions& options) : impl_{std::make_unique<Impl>(options)} {}
Log::~Log() = default;

void Log::write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
    if (level > impl_->level.load(std::memory_order_relaxed)) return;
    const LogFormat format = impl_->format.load(std::memory_order_relaxed);
    impl_->push({lifecycle_line(format, level, message, fields), false});
}

void Log::access(const RequestRecord& record) {
    if (!impl_->access.load(std::memory_order_relaxed)) return;
    const LogFormat format = impl_->format.load(std::memory_order_relaxed);
    std::string line = format_access(record, format, unix_ms_now());
    line += '\n';
    impl_->push({std::move(line), true});
}

bool Log::explains() const noexcept {
    return impl_->explains.load(std::memory_order_relaxed);
}

void Log::configure(const LogOptions& options) {
    impl_->level.store(options.level, std::memory_order_relaxed);
    impl_->format.store(options.format, std::memory_order_relaxed);
    impl_->access.store(options.access, std::memory_order_relaxed);
    impl_->explains.store(Impl::explains_by(options), std::memory_order_relaxed);
    impl_->delete_pending(std::make_unique<LogOptions>(options).release());
    impl_->queue.wake();
}

std::uint64_t Log::dropped() const noexcept {
    return impl_->dropped.load(std::memory_order_relaxed);
}

}  // namespace penstock::telemetry
