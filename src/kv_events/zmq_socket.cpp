#include "zmq_socket.h"

#include <cstring>
#include <utility>

#include <zmq.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "penstock/base/assert.h"
#include "penstock/kv_events/event.h"
#include "penstock/net/loop.h"

namespace penstock::kv_events {

namespace {

// What is taken in one turn of the loop, so that a flood leaves room for others: messages, and the
// bytes behind which a turn ends.
constexpr int k_messages_per_turn = 256;
constexpr std::size_t k_bytes_per_turn = std::size_t{1} << 20U;
constexpr std::size_t k_frames_max = 16;
// A peer that has vanished without a word is noticed by these.
constexpr int k_heartbeat_ms = 5'000;
constexpr int k_heartbeat_timeout_ms = 15'000;
constexpr int k_reconnect_ms = 100;
constexpr int k_reconnect_max_ms = 5'000;
constexpr int k_send_watermark = 100'000;  // messages; as vLLM's own
// Messages that wait for us: with more the engine keeps them, which bounds ours by what a message
// may have. A replay's sender drops what finds no room, so there is room for all that engines keep.
constexpr int k_receive_watermark = 64;
constexpr int k_replay_watermark = 10'000;

int type_of(ZmqSocket::Kind kind) noexcept {
    switch (kind) {
        case ZmqSocket::Kind::subscribe:
            return ZMQ_SUB;
        case ZmqSocket::Kind::publish:
            return ZMQ_PUB;
        case ZmqSocket::Kind::dealer:
            return ZMQ_DEALER;
        case ZmqSocket::Kind::router:
            return ZMQ_ROUTER;
        case ZmqSocket::Kind::pair:
            break;
    }
    return ZMQ_PAIR;
}

void set(void* socket, int option, int value) noexcept {
    zmq_setsockopt(socket, option, &value, sizeof value);
}

void prepare(void* socket, ZmqSocket::Kind kind) noexcept {
    set(socket, ZMQ_LINGER, 0);
    set(socket, ZMQ_IPV6, 1);
    const bool replay = kind == ZmqSocket::Kind::dealer;
    set(socket, ZMQ_RCVHWM, replay ? k_replay_watermark : k_receive_watermark);
    set(socket, ZMQ_SNDHWM, k_send_watermark);
    set(socket, ZMQ_HEARTBEAT_IVL, k_heartbeat_ms);
    set(socket, ZMQ_HEARTBEAT_TIMEOUT, k_heartbeat_timeout_ms);
    set(socket, ZMQ_RECONNECT_IVL, k_reconnect_ms);
    set(socket, ZMQ_RECONNECT_IVL_MAX, k_reconnect_max_ms);
    const auto most = static_cast<std::int64_t>(k_payload_max);
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &most, sizeof most);
    if (kind == ZmqSocket::Kind::subscribe) zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
}

int descriptor_of(void* socket) noexcept {
    int descriptor = -1;
    std::size_t size = sizeof descriptor;
    zmq_getsockopt(socket, ZMQ_FD, &descriptor, &size);
    return descriptor;
}

bool readable(void* socket) noexcept {
    int events = 0;
    std::size_t size = sizeof events;
    return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLIN) != 0;
}

Error failed(const std::string& endpoint) {
    return {ErrorCode::io_failed, endpoint + ": " + zmq_strerror(zmq_errno())};
}

}  // namespace

ZmqContext::ZmqContext() : context_{zmq_ctx_new()} {
    PENSTOCK_ASSERT(context_ != nullptr);
}

ZmqContext::~ZmqContext() {
    zmq_ctx_term(context_);
}

ZmqSocket::ZmqSocket(net::Loop& loop, const ZmqContext& context, Kind kind, OnMessage on_message)
    : on_message_{std::move(on_message)},
      socket_{zmq_socket(context.get(), type_of(kind))},
      descriptor_{loop.context()} {
    PENSTOCK_ASSERT(socket_ != nullptr);
    prepare(socket_, kind);
    if (!on_message_) return;
    descriptor_.assign(descriptor_of(socket_));
    wait();
}

ZmqSocket::~ZmqSocket() {
    *alive_ = false;
    if (descriptor_.is_open()) descriptor_.release();  // it is the library's
    zmq_close(socket_);
}

Result<void> ZmqSocket::connect(const std::string& endpoint) {
    if (zmq_connect(socket_, endpoint.c_str()) != 0) return failed(endpoint);
    // The library tells of what comes on a connection only once it was looked for in vain.
    if (waiting_) descriptor_.cancel();
    return {};
}

Result<std::string> ZmqSocket::bind(const std::string& endpoint) {
    if (zmq_bind(socket_, endpoint.c_str()) != 0) return failed(endpoint);
    std::string bound(256, '\0');
    std::size_t size = bound.size();
    if (zmq_getsockopt(socket_, ZMQ_LAST_ENDPOINT, bound.data(), &size) != 0) {
        return failed(endpoint);
    }
    bound.resize(std::strlen(bound.c_str()));
    return bound;
}

Result<void> ZmqSocket::report_to(const std::string& endpoint) {
    constexpr int k_events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED;
    if (zmq_socket_monitor(socket_, endpoint.c_str(), k_events) != 0) return failed(endpoint);
    return {};
}

bool ZmqSocket::send(const Frames& frames) {
    bool sent = true;
    for (std::size_t at = 0; at < frames.size() && sent; ++at) {
        const int more = at + 1 < frames.size() ? ZMQ_SNDMORE : 0;
        sent = zmq_send(socket_, frames[at].data(), frames[at].size(), ZMQ_DONTWAIT | more) >= 0;
    }
    // Sending may have taken the sign that something has come: whoever waits must look.
    if (waiting_ && readable(socket_)) descriptor_.cancel();
    return sent;
}

// The library's descriptor tells of changes only: it is asked until there is nothing left, and
// waiting looks first at what is there already.
void ZmqSocket::wait() {
    waiting_ = true;
    const auto wake = [this, alive = alive_](const boost::system::error_code& /*cancelled too*/) {
        if (*alive) woken();
    };
    if (readable(socket_)) {
        boost::asio::post(descriptor_.get_executor(), [wake] { wake({}); });
    } else {
        descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read, wake);
    }
}

void ZmqSocket::woken() {
    waiting_ = false;
    const std::shared_ptr<bool> alive = alive_;
    Frames frames;
    std::size_t bytes = 0;
    for (int count = 0; count < k_messages_per_turn && bytes < k_bytes_per_turn && receive(frames);
         ++count) {
        for (const std::string& each : frames) bytes += each.size();
        on_message_(std::exchange(frames, {}));
        if (!*alive) return;
    }
    wait();
}

bool ZmqSocket::receive(Frames& frames) {
    if (!readable(socket_)) return false;
    bool more = true;
    while (more) {
        zmq_msg_t part;
        zmq_msg_init(&part);
        const bool received = zmq_msg_recv(&part, socket_, ZMQ_DONTWAIT) >= 0;
        more = received && zmq_msg_more(&part) != 0;
        if (received && frames.size() < k_frames_max) {
            frames.emplace_back(static_cast<const char*>(zmq_msg_data(&part)), zmq_msg_size(&part));
        }
        zmq_msg_close(&part);
        if (!received) return false;
    }
    return true;
}

ConnectionNews connection_news(const ZmqSocket::Frames& frames) noexcept {
    std::uint16_t event = 0;
    if (frames.empty() || frames.front().size() < sizeof event) return ConnectionNews::none;
    std::memcpy(&event, frames.front().data(), sizeof event);
    if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) return ConnectionNews::up;
    return event == ZMQ_EVENT_DISCONNECTED ? ConnectionNews::down : ConnectionNews::none;
}

}  // namespace penstock::kv_events
