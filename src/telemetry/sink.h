// Where lines go: a file descriptor that is never waited for. What it does not take at once is kept
// up to a bound; beyond it lines are lost and counted. Thread: the log's writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::telemetry {

class Sink {
public:
    /// Bytes kept for a sink that does not take them.
    static constexpr std::size_t k_pending_max = 256 * 1024;

    /// Nowhere: every line is lost.
    Sink() noexcept = default;
    /// Owns `fd`. -1: nowhere.
    explicit Sink(int fd) noexcept;
    ~Sink();
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    Sink(Sink&& other) noexcept;
    Sink& operator=(Sink&& other) noexcept;

    /// A sink on what `fd` (standard output or error) leads to. A pipe is opened anew where the
    /// system allows it, so that its other users do not find it non-blocking.
    [[nodiscard]] static Sink on_standard(int fd);
    /// Opens for append, makes the file when missing. A sink for which `good` is false: see errno.
    [[nodiscard]] static Sink on_file(const std::string& path);

    [[nodiscard]] bool good() const noexcept { return fd_ >= 0; }

    /// Takes a line, which ends with its newline. Returns how many lines were lost: 0 or 1.
    std::uint64_t append(std::string_view line);
    /// Writes what the descriptor takes now. Returns how many lines were lost: all that were kept
    /// when it has failed.
    std::uint64_t flush();
    /// Waits at most this long until the descriptor takes something.
    void wait(int milliseconds) const;
    [[nodiscard]] bool empty() const noexcept { return pending_.empty(); }
    /// Gives up what is kept; returns how many lines that were.
    std::uint64_t drop();

private:
    [[nodiscard]] long write_some(std::string_view bytes) const noexcept;

    int fd_ = -1;
    bool socket_ = false;
    bool careful_ = false;  // a blocking pipe or terminal: see write_some
    std::string pending_;
};

}  // namespace penstock::telemetry
