// Many exchanges at a time over HTTP/2: nghttp2 as a client, with windows so large that hardly a
// WINDOW_UPDATE is sent. All that comes of one turn of the load leaves in one write.
#include <algorithm>
#include <deque>
#include <new>
#include <utility>

#include <nghttp2/nghttp2.h>
#include <sys/epoll.h>

#include "load.h"

namespace penstock::bench {

namespace {

constexpr std::int32_t k_window = (1 << 30) - 1;

struct EndSession {
    void operator()(nghttp2_session* session) const noexcept { nghttp2_session_del(session); }
};

/// A place of a connection, and the stream that is on it.
struct Place : Exchange {
    using Exchange::Exchange;
    std::string body;  // of the request
    std::size_t sent = 0;
    bool any_byte = false;  // of the answer
    bool whole = false;
};

class H2Connection final : public Connection {
public:
    explicit H2Connection(Load& load);

    void open() override;
    void ready(std::uint32_t events) override;
    void begin(Exchange& exchange) override;
    void flush() override;

    // What nghttp2 tells.
    void frame(const nghttp2_frame& frame);
    void header(std::int32_t id, std::string_view name, std::string_view value);
    void data(std::int32_t id, std::string_view bytes);
    void stream_closed(std::int32_t id, std::uint32_t code);

private:
    void opened();
    void readable();
    void closed();
    [[nodiscard]] Place* place(std::int32_t id) const noexcept;
    void want_flush();

    Load& load_;
    Channel channel_;
    std::unique_ptr<nghttp2_session, EndSession> session_;
    std::deque<Place> places_;
    std::string authority_;
    std::string length_;
    std::string out_;  // what leaves next, and what the kernel did not take
    std::uint64_t now_ = 0;
    bool connecting_ = false;
    bool dirty_ = false;
    bool blocked_ = false;
};

H2Connection& of(void* user) noexcept {
    return *static_cast<H2Connection*>(user);
}

std::string_view text(const std::uint8_t* bytes, std::size_t length) noexcept {
    return {reinterpret_cast<const char*>(bytes), length};
}

nghttp2_session_callbacks* make_callbacks() {
    nghttp2_session_callbacks* calls = nullptr;
    if (nghttp2_session_callbacks_new(&calls) != 0) throw std::bad_alloc{};
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        calls, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
            of(user).frame(*frame);
            return 0;
        });
    nghttp2_session_callbacks_set_on_header_callback(
        calls, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                  std::size_t name_length, const std::uint8_t* value, std::size_t value_length,
                  std::uint8_t, void* user) {
            of(user).header(frame->hd.stream_id, text(name, name_length),
                            text(value, value_length));
            return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        calls, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                  std::size_t length, void* user) {
            of(user).data(id, text(bytes, length));
            return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        calls, [](nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
            of(user).stream_closed(id, code);
            return 0;
        });
    return calls;
}

ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t most,
                  std::uint32_t* flags, nghttp2_data_source* source, void*) {
    Place& place = *static_cast<Place*>(source->ptr);
    const std::size_t count = std::min(most, place.body.size() - place.sent);
    std::copy_n(place.body.data() + place.sent, count, into);
    place.sent += count;
    if (place.sent == place.body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
}

// What is named here lives as long as the load: nothing is copied but into the frame.
nghttp2_nv field(std::string_view name, std::string_view value) noexcept {
    const auto bytes = [](std::string_view of) {
        return reinterpret_cast<std::uint8_t*>(const_cast<char*>(of.data()));
    };
    return {bytes(name), bytes(value), name.size(), value.size(),
            NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

H2Connection::H2Connection(Load& load) : load_{load} {
    const HostPort& target = load.settings().target;
    authority_ = target.host + ":" + std::to_string(target.port);
    for (std::size_t i = 0; i < load.settings().h2; ++i) places_.emplace_back(*this);
}

void H2Connection::open() {
    static nghttp2_session_callbacks* const calls = make_callbacks();
    nghttp2_session* made = nullptr;
    if (nghttp2_session_client_new(&made, calls, this) != 0) throw std::bad_alloc{};
    session_.reset(made);
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, k_window},
    };
    nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    nghttp2_session_set_local_window_size(made, NGHTTP2_FLAG_NONE, 0, k_window);
    out_.clear();
    blocked_ = false;
    connecting_ = true;
    load_.connect(*this, channel_);
}

void H2Connection::opened() {
    connecting_ = false;
    want_flush();
    for (Place& place : places_) load_.give_work(place);
}

void H2Connection::ready(std::uint32_t events) {
    if (connecting_) {
        const Channel::Progress progress = channel_.advance();
        if (progress == Channel::Progress::failed) return closed();
        load_.watch(*this, channel_, false);
        if (progress == Channel::Progress::waits) return;
        opened();
    }
    if ((events & EPOLLOUT) != 0) want_flush();
    if ((events & ~static_cast<unsigned>(EPOLLOUT)) != 0) readable();
}

void H2Connection::readable() {
    do {
        const ssize_t count = channel_.receive(load_.buffer());
        if (count == Channel::k_would_block) return;
        if (count <= 0) return closed();
        const auto length = static_cast<std::size_t>(count);
        now_ = load_.received(length);
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(load_.buffer().data());
        if (nghttp2_session_mem_recv(session_.get(), bytes, length) < 0) return closed();
    } while (channel_.keeps_bytes());
    if (nghttp2_session_want_write(session_.get()) != 0) want_flush();
}

void H2Connection::closed() {
    if (connecting_) load_.failed_to_connect();
    for (Place& place : places_) {
        if (place.busy) load_.lost(place, !place.any_byte);
        load_.withdraw(place);
    }
    open();
}

void H2Connection::want_flush() {
    if (!std::exchange(dirty_, true)) load_.want_flush(*this);
}

// An error shows in the next read.
void H2Connection::flush() {
    dirty_ = false;
    if (connecting_) return;
    const std::uint8_t* bytes = nullptr;
    constexpr std::size_t k_batch = 128 * 1024;
    while (out_.size() < k_batch) {
        const ssize_t count = nghttp2_session_mem_send(session_.get(), &bytes);
        if (count <= 0) break;
        out_.append(text(bytes, static_cast<std::size_t>(count)));
    }
    const ssize_t sent = out_.empty() ? 0 : channel_.send(out_);
    if (sent > 0) out_.erase(0, static_cast<std::size_t>(sent));
    const bool blocked = !out_.empty() || nghttp2_session_want_write(session_.get()) != 0;
    if (blocked != std::exchange(blocked_, blocked)) load_.watch(*this, channel_, blocked);
}

void H2Connection::begin(Exchange& exchange) {
    auto& place = static_cast<Place&>(exchange);
    place.any_byte = place.whole = place.good_status = false;
    Prompts& prompts = load_.prompts();
    place.body.assign(prompts.next().substr(prompts.head_size()));
    place.sent = 0;
    length_ = std::to_string(place.body.size());  // the same for all
    const nghttp2_nv fields[] = {
        field(":method", "POST"),
        field(":scheme", load_.settings().tls ? "https" : "http"),
        field(":authority", authority_),
        field(":path", k_path),
        field("user-agent", "penstock-bench"),
        field("accept", "application/json"),
        field("authorization", "Bearer sk-bench"),
        field("content-type", "application/json"),
        field("content-length", length_),
    };
    nghttp2_data_provider body{};
    body.source.ptr = &place;
    body.read_callback = read_body;
    // None is made after GOAWAY: the place then waits for the end of the connection.
    nghttp2_submit_request(session_.get(), nullptr, fields, std::size(fields), &body, &place);
    want_flush();
}

Place* H2Connection::place(std::int32_t id) const noexcept {
    return static_cast<Place*>(nghttp2_session_get_stream_user_data(session_.get(), id));
}

void H2Connection::frame(const nghttp2_frame& frame) {
    if ((frame.hd.type != NGHTTP2_DATA && frame.hd.type != NGHTTP2_HEADERS) ||
        (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) {
        return;
    }
    if (Place* found = place(frame.hd.stream_id)) found->whole = true;
}

void H2Connection::header(std::int32_t id, std::string_view name, std::string_view value) {
    if (name != ":status") return;
    Place* found = place(id);
    if (found == nullptr) return;
    found->any_byte = true;
    found->good_status = value == "200";
}

void H2Connection::data(std::int32_t id, std::string_view bytes) {
    if (!load_.settings().streams) return;
    Place* found = place(id);
    if (found == nullptr) return;
    found->payload.append(bytes);
    load_.take_tokens(*found, now_);
}

void H2Connection::stream_closed(std::int32_t id, std::uint32_t code) {
    Place* found = place(id);
    if (found == nullptr || !found->busy) return;
    if (found->whole) {
        load_.answered(*found, now_);
    } else {
        load_.lost(*found, code == NGHTTP2_REFUSED_STREAM);
    }
    load_.give_work(*found);
}

}  // namespace

std::unique_ptr<Connection> make_h2_connection(Load& load) {
    return std::make_unique<H2Connection>(load);
}

}  // namespace penstock::bench
