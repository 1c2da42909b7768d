// One exchange after the other over HTTP/1.1.
#include <sys/epoll.h>

#include "load.h"

namespace penstock::bench {

namespace {

class H1Connection final : public Connection {
public:
    explicit H1Connection(Load& load) : load_{load} {}

    void open() override;
    void ready(std::uint32_t events) override;
    void begin(Exchange& exchange) override;

private:
    void reopen();
    void writable();
    void readable();
    void closed();
    void take(std::string_view bytes, std::uint64_t now);
    bool take_head(std::string_view& bytes);
    void answered(std::uint64_t now);

    Load& load_;
    Channel channel_;
    bool connecting_ = false;
    bool used_ = false;      // has carried an answer before
    bool any_byte_ = false;  // of the answer under way
    bool in_body_ = false;
    std::string out_;
    std::string head_;
    BodyReader reader_;
    Exchange exchange_{*this};
};

void H1Connection::open() {
    connecting_ = true;
    used_ = any_byte_ = in_body_ = false;
    out_.clear();
    head_.clear();
    load_.connect(*this, channel_);
}

void H1Connection::reopen() {
    load_.withdraw(exchange_);
    open();
}

void H1Connection::ready(std::uint32_t events) {
    if (connecting_) {
        const Channel::Progress progress = channel_.advance();
        if (progress == Channel::Progress::failed) return closed();
        load_.watch(*this, channel_, false);
        if (progress == Channel::Progress::waits) return;
        connecting_ = false;
        load_.give_work(exchange_);
        return;
    }
    if ((events & EPOLLOUT) != 0) writable();
    if ((events & ~static_cast<unsigned>(EPOLLOUT)) != 0) readable();
}

void H1Connection::begin(Exchange& /*exchange*/) {
    any_byte_ = false;
    head_.clear();
    const std::string_view request = load_.prompts().next();
    const ssize_t sent = channel_.send(request);
    const std::size_t taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    if (taken == request.size()) return;
    // An error shows in the next read.
    out_.assign(request.substr(taken));
    load_.watch(*this, channel_, true);
}

void H1Connection::writable() {
    const ssize_t sent = out_.empty() ? 0 : channel_.send(out_);
    if (sent > 0) out_.erase(0, static_cast<std::size_t>(sent));
    if (out_.empty()) load_.watch(*this, channel_, false);
}

void H1Connection::readable() {
    do {
        const ssize_t count = channel_.receive(load_.buffer());
        if (count == Channel::k_would_block) return;
        if (count <= 0) return closed();
        const auto length = static_cast<std::size_t>(count);
        take({load_.buffer().data(), length}, load_.received(length));
    } while (channel_.keeps_bytes() && !connecting_);
}

void H1Connection::closed() {
    if (connecting_) {
        load_.failed_to_connect();
    } else if (exchange_.busy) {
        load_.lost(exchange_, used_ && !any_byte_);
    }
    reopen();
}

void H1Connection::take(std::string_view bytes, std::uint64_t now) {
    any_byte_ = true;
    if (!in_body_ && !take_head(bytes)) return;
    const bool streams = load_.settings().streams;
    reader_.feed(bytes, streams ? &exchange_.payload : nullptr);
    if (streams) load_.take_tokens(exchange_, now);
    if (reader_.done()) answered(now);
}

// True: the head is complete, and gone from `bytes`.
bool H1Connection::take_head(std::string_view& bytes) {
    const std::size_t before = head_.size();
    head_.append(bytes);
    const std::size_t end = head_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    bytes.remove_prefix(end + 4 - before);
    head_.resize(end + 2);
    reader_.start(head_);
    in_body_ = true;
    return true;
}

void H1Connection::answered(std::uint64_t now) {
    exchange_.good_status = std::string_view{head_}.substr(9, 3) == "200";
    load_.answered(exchange_, now);
    used_ = true;
    in_body_ = false;
    if (field_value(head_, "connection") == "close") {
        reopen();
    } else {
        load_.give_work(exchange_);
    }
}

}  // namespace

std::unique_ptr<Connection> make_h1_connection(Load& load) {
    return std::make_unique<H1Connection>(load);
}

}  // namespace penstock::bench
