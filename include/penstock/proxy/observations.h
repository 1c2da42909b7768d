// What streams show of their backends' speed, on its way from a worker to the control thread: a
// few times a second, all at once.
#pragma once

#include <functional>
#include <vector>

#include "penstock/fleet/rates.h"
#include "penstock/net/loop.h"

namespace penstock::proxy {

/// Thread: the worker's.
class Observations {
public:
    using Report = std::function<void(std::vector<fleet::Observation>)>;
    /// `report`: takes them to control; may be empty.
    Observations(net::Loop& loop, Report report);

    void add(const fleet::Observation& seen);

private:
    void send();

    Report report_;
    std::vector<fleet::Observation> seen_;
    net::Timer timer_;
    Hook<Observations, &Observations::send> hook_{*this};
};

}  // namespace penstock::proxy
