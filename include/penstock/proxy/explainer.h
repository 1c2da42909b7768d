// Where a request would go and why, without sending it: what the admin listener's /explain tells.
#pragma once

#include <functional>
#include <list>
#include <string>

#include "penstock/http/head.h"
#include "penstock/proxy/worker.h"

namespace penstock::proxy {

/// A request as a client might send it.
struct Question {
    http::RequestHead head;
    std::string body;
};

/// Answers questions by the steps that requests take, with this worker's habits and the loads and
/// the prefix index of the moment. Nothing is charged, sent, counted or logged, and no key is asked
/// for. Owned by the worker's thread; used there only.
class Explainer {
public:
    /// Takes the document, which src/proxy/explanation_json.h describes; empty: there is none, for
    /// want of memory or by a bug.
    using Tell = std::function<void(std::string)>;

    explicit Explainer(Worker& worker);
    ~Explainer();  // drops what is under way
    Explainer(const Explainer&) = delete;
    Explainer& operator=(const Explainer&) = delete;

    /// Calls `tell` later, in a turn of its own. How many are under way is the caller's to bound.
    void explain(Question question, Tell tell);

private:
    class Inquiry;
    void answered(Inquiry& inquiry);

    Worker& worker_;
    std::list<Inquiry> inquiries_;
};

}  // namespace penstock::proxy
