// The running proxy: workers, control thread, monitor, reload, admin, drain. Constructed in one
// place, by `penstock run` and `penstock demo`.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "build_generation.h"
#include "connections.h"
#include "file_watch.h"
#include "kv_following.h"
#include "penstock/admin/admin.h"
#include "penstock/app/load_config.h"
#include "penstock/net/listener.h"
#include "penstock/net/tls.h"
#include "worker_thread.h"

namespace penstock::app {

class ProxyServer {
public:
    struct Source {
        LoadedConfig loaded;                   // without errors
        std::function<LoadedConfig()> reload;  // empty: nothing to reload from
    };

    ProxyServer(net::Loop& control, Source source);
    ~ProxyServer();
    ProxyServer(const ProxyServer&) = delete;
    ProxyServer& operator=(const ProxyServer&) = delete;

    /// Binds everything, begins to serve, and tells the addresses in the log. Errors: io_failed,
    /// with the address.
    [[nodiscard]] Result<void> start();

    /// "http://127.0.0.1:8080" or "unix:/path" of each data listener, and of the admin listener (""
    /// when off).
    [[nodiscard]] std::vector<std::string> addresses() const;
    [[nodiscard]] std::string admin_address() const;
    /// What /readyz says.
    [[nodiscard]] admin::Readiness readiness() const;
    [[nodiscard]] admin::Readiness readiness_by(const fleet::LoadTable& table) const;

    /// Reads the config again. With `forced`, also when its content has not changed (SIGHUP: log
    /// rotation).
    void reload(bool forced);
    /// Not ready → drain.delay → stop accepting → streams end → the control loop stops. A second
    /// call ends at once.
    void shut_down();

private:
    static constexpr Millis k_slots_look{500};
    using Listeners = std::map<std::string, net::BoundListener>;  // by configured address

    void wait_for_workers();

    // handover.cpp
    void publish_generation();
    void prepare_slots(const std::shared_ptr<const proxy::Generation>& unused);
    [[nodiscard]] bool may_take_over() const;
    void consider_handover();
    void handover_overdue();
    void take_over();
    void leave(fleet::Slot slot, std::uint64_t without);

    // publish.cpp
    void publish_table(const std::shared_ptr<const fleet::LoadTable>& table);
    void confirm_table(const std::shared_ptr<const fleet::LoadTable>& table);
    void look_at_left_slots();
    void release_left_slots(std::uint64_t oldest_generation);
    void monitor_event(const monitor::Event& event);
    void backend_failed(fleet::Slot slot, ErrorCode code);
    void kv_events_changed(fleet::Slot slot, kv_events::State state);
    void kv_events_told(fleet::Slot slot, std::string_view what);
    [[nodiscard]] std::string url_of(fleet::Slot slot) const;
    void report_signs_of_life();
    /// Tokens of KV cache by the engine's own word; 0: it has not told.
    [[nodiscard]] double told_tokens(fleet::Slot slot) const noexcept;
    /// Its caches are empty, or it is another's slot now.
    void forget_slot(fleet::Slot slot) noexcept;
    void size_index(fleet::Slot slot, double cache_tokens);
    void learn_token_length(fleet::Slot slot);
    [[nodiscard]] double bytes_per_token(fleet::Slot slot) const noexcept;
    void resize_index(const proxy::Generation& before);

    // discovery.cpp
    void watch_discovery();
    [[nodiscard]] monitor::DiscoveryHooks discovery_hooks(const std::string& pool);
    void forget_other_names(const Config& wanted);
    void discovery_answered(const std::string& pool);
    void discovery_failed(const std::string& pool, std::string_view why);
    void append_discoveries(std::vector<telemetry::Sample>& out) const;

    // traffic.cpp
    void look_at_traffic();
    [[nodiscard]] admin::FailuresView failures_of(const telemetry::BackendName& backend,
                                                  const telemetry::Traffic& traffic) const;

    // reload.cpp
    void refuse(const LoadedConfig& loaded);
    void apply(LoadedConfig loaded, const Listeners& opened);

    // listeners.cpp
    [[nodiscard]] Result<Listeners> open_new(const Config& wanted) const;
    void adjust_listeners(const Listeners& opened);
    [[nodiscard]] std::string url_of(const net::BoundListener& bound) const;
    void tell(const Listeners& opened);
    void tell_addresses();

    // listener_tls.cpp
    void load_tls();
    void renew_offers();
    [[nodiscard]] Offer offer_of(const ListenerConfig& listener) const;
    [[nodiscard]] std::shared_ptr<const net::ServerTls> tls_of(const std::string& address) const;
    void append_certificates(std::vector<telemetry::Sample>& out) const;

    // backend_tls.cpp
    void load_backend_tls();
    void watch_backend_tls();

    // drain.cpp
    void begin_drain();
    void check_drained();
    void drained();

    // views.cpp
    [[nodiscard]] std::vector<admin::BackendView> backend_views() const;
    [[nodiscard]] admin::ProxyView proxy_view() const;
    void append_samples(std::vector<telemetry::Sample>& out) const;
    [[nodiscard]] Result<void> start_admin();
    [[nodiscard]] bool explain(proxy::Question question, proxy::Explainer::Tell tell);

    net::Loop& control_;
    Source source_;
    telemetry::Log log_;
    fleet::CounterSlab counters_;
    routing::PrefixIndex index_;
    routing::Sessions sessions_;
    fleet::AdapterHistory adapters_;
    fleet::PromptSums prompt_sums_;
    std::map<fleet::Slot, fleet::TokenLength> token_lengths_;
    proxy::BufferBudget budget_;
    proxy::InspectThread inspect_;
    telemetry::Registry registry_;
    fleet::SlotTable slots_;
    std::shared_ptr<const proxy::Generation> generation_;  // that serves; never null
    std::vector<monitor::Target> targets_;                 // of it
    std::shared_ptr<const proxy::Generation> next_;        // waits for its backends; or null
    std::vector<monitor::Target> next_targets_;
    std::vector<kv_events::Source> next_sources_;
    std::shared_ptr<const fleet::LoadTable> table_;
    // The one that every worker decides by: readiness is judged by it, so that whoever reads
    // "ready" is served.
    std::shared_ptr<const fleet::LoadTable> confirmed_table_;
    KvFollowing kv_events_;
    std::vector<std::unique_ptr<WorkerThread>> workers_;
    Listeners listeners_;  // that are open: those of the configuration in force, always
    std::shared_ptr<net::TlsTicketKeys> ticket_keys_ = net::make_tls_ticket_keys();
    std::map<std::string, std::shared_ptr<const net::ServerTls>> tls_;  // the same; plain: none
    std::unique_ptr<monitor::Monitor> monitor_;
    std::map<std::string, std::unique_ptr<monitor::Discovery>> discoveries_;  // by what it is
    struct Lookups {
        std::uint64_t answered = 0;
        std::uint64_t failed = 0;
        std::string error;  // of the last; empty: it was answered
    };
    std::map<std::string, Lookups> lookups_;  // by pool
    Known known_;
    std::map<std::string, net::ClientTlsOptions> tls_made_of_;  // of `known_.tls`
    std::unique_ptr<FileWatch> watch_;

    std::unique_ptr<admin::AdminHandler> admin_handler_;
    std::unique_ptr<Connections> admin_connections_;
    std::unique_ptr<net::Acceptor> admin_acceptor_;
    std::string admin_address_;
    std::size_t questions_ = 0;  // on their way to a worker and back

    std::uint64_t generation_number_ = 0;          // the last that was given
    std::map<fleet::Slot, std::uint64_t> served_;  // as last looked at
    // Backends that left, with the first generation that does not know them.
    std::map<fleet::Slot, std::uint64_t> leaving_;
    telemetry::RecentTraffic recent_traffic_;
    std::set<std::pair<std::string, std::string>> failing_;  // pools and URLs, in the last minute
    bool last_reload_good_ = true;
    std::optional<admin::ReloadView> last_reload_;
    std::uint64_t reloads_good_ = 0;
    std::uint64_t reloads_bad_ = 0;
    std::uint64_t reloads_unopened_ = 0;  // refused for a listener that could not be opened
    std::int64_t last_reload_unix_ = 0;
    std::string refused_hash_;  // content of the last config that was refused

    bool draining_ = false;
    bool closed_ = false;  // listeners are closed
    TimePoint drain_deadline_{};
    std::size_t answers_due_ = 0;
    std::size_t busy_left_ = 0;
    net::Timer drain_timer_;
    net::Timer handover_timer_;
    net::Timer slots_timer_;
    net::Timer life_timer_;
    net::Timer traffic_timer_;
    Hook<ProxyServer, &ProxyServer::begin_drain> drain_hook_{*this};
    Hook<ProxyServer, &ProxyServer::check_drained> check_hook_{*this};
    Hook<ProxyServer, &ProxyServer::handover_overdue> handover_hook_{*this};
    Hook<ProxyServer, &ProxyServer::look_at_left_slots> slots_hook_{*this};
    Hook<ProxyServer, &ProxyServer::report_signs_of_life> life_hook_{*this};
    Hook<ProxyServer, &ProxyServer::look_at_traffic> traffic_hook_{*this};
};

}  // namespace penstock::app
