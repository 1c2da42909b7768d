// One HTTP/2 connection to an engine with its streams. Owned by the pool; the streams belong to the
// handlers' frames and are told when it ends.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client_session.h"
#include "client_stream.h"
#include "penstock/base/intrusive_list.h"
#include "penstock/h2/client.h"
#include "penstock/net/loop.h"
#include "pump.h"

namespace penstock::h2 {

struct ClientShared::Impl {
    ClientSetup setup;
    std::string batch;        // of the write being made
    http::ResponseHead head;  // memory that one exchange leaves for the next
};

class ClientConnection::Impl final : PumpOwner {
public:
    Impl(ClientConnection& self, net::Loop& loop, net::Transport transport,
         const ClientOptions& options, ClientConnectionOwner& owner, ClientShared::Impl& shared);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void start() { pump_.start({}); }
    [[nodiscard]] bool has_room() const noexcept;
    [[nodiscard]] std::uint32_t takes() const noexcept;
    void presume_greeted() noexcept { greeted_ = true; }
    [[nodiscard]] bool closing() const noexcept;
    [[nodiscard]] bool certificate_refused() noexcept;
    [[nodiscard]] std::size_t streams() const noexcept { return list_.size(); }
    [[nodiscard]] std::unique_ptr<http::ClientStream> open();
    void close();

    // For its streams.
    [[nodiscard]] net::Loop& loop() noexcept { return loop_; }
    [[nodiscard]] ClientSession& session() noexcept { return session_; }
    [[nodiscard]] ClientShared::Impl& shared() noexcept { return shared_; }
    void want_flush() noexcept { pump_.want_flush(); }
    void remove(ClientStream& stream) noexcept;

private:
    [[nodiscard]] bool receive(std::string_view bytes) override;
    [[nodiscard]] std::string_view next_output() override { return session_.next_output(); }
    [[nodiscard]] bool overfull() const override { return session_.overfull(); }
    [[nodiscard]] bool over() const override { return session_.over(); }
    void settle() override;
    void ended() override;
    void lost(bool stalled) override;

    void wake_all() noexcept;
    [[nodiscard]] ErrorCode why_lost() noexcept;
    void fail_streams(ErrorCode why = ErrorCode::upstream_closed) noexcept;
    void heed_refusals() noexcept;
    void end_if_empty();
    void ask_for_life();
    [[nodiscard]] bool silent() const noexcept;

    ClientConnection& self_;
    net::Loop& loop_;
    ClientConnectionOwner& owner_;
    ClientShared::Impl& shared_;
    Millis ping_after_;
    Millis ping_timeout_;
    std::uint32_t streams_max_;
    std::uint32_t accepted_max_;  // what it has shown to take, where it refuses more
    ClientSession session_;
    Pump pump_;
    IntrusiveList<ClientStream> list_;
    std::vector<ClientSessionStream*> waking_;
    TimePoint heard_{};               // when a byte came last, or the first of the streams
    std::optional<TimePoint> asked_;  // for a sign of life, in vain so far
    bool greeted_ = false;            // its owner has been told, or waits no longer
    bool served_ = false;
    bool stale_ = false;    // nothing has come since it was idle, and it had served before
    bool retired_ = false;  // no new streams
};

}  // namespace penstock::h2
