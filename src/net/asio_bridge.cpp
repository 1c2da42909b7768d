#include "asio_bridge.h"

namespace penstock::net {

AsioBridge::AsioBridge(Loop::Impl& loop) : loop_{loop} {
    poller_.assign(loop.poller.fd());
    watch();
    loop.doorbell.ring();  // for what was queued before Asio watched
}

AsioBridge::~AsioBridge() {
    poller_.release();  // the descriptor is the poller's own
}

void AsioBridge::watch() {
    poller_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [this](const boost::system::error_code& error) {
                           if (error) return;
                           // Armed again whatever escapes from the turn.
                           const std::unique_ptr<AsioBridge, void (*)(AsioBridge*)> again{
                               this, [](AsioBridge* bridge) { bridge->watch(); }};
                           loop_.turn(0);
                       });
}

}  // namespace penstock::net
