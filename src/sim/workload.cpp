// Conversations come as a Poisson process whose rate may change over time (thinning: Lewis and
// Shedler 1979); turns are geometric, lengths log-normal, think times exponential, choices of
// system prompts, documents and adapters Zipf.
#include "penstock/sim/workload.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <queue>

#include "penstock/base/hash.h"
#include "penstock/base/rng.h"

namespace penstock::sim {

namespace {

constexpr double k_spread = 0.7;         // sigma of the log-normal lengths: p90 is 2.4 medians
constexpr double k_tokens_max = 16'384;  // of one question or answer
constexpr std::uint64_t k_context_max = 98'304;  // a conversation that grew so long begins anew
constexpr double k_token_seconds = 0.02;         // an answer's length in time, as guessed
constexpr double k_adapter_skew = 1;

std::uint64_t mixed(std::uint64_t value, std::uint64_t seed) {
    return hash64({reinterpret_cast<const char*>(&value), sizeof value}, seed);
}

/// Numbers from 0 on, the n-th in proportion to 1 / (n + 1)^skew.
class Zipf {
public:
    Zipf(std::uint32_t count, double skew) {
        double sum = 0;
        for (std::uint32_t i = 0; i < count; ++i) sums_.push_back(sum += std::pow(i + 1, -skew));
    }
    [[nodiscard]] std::uint32_t draw(Rng& rng) const {
        const double at = rng.unit() * sums_.back();
        const auto found = std::ranges::upper_bound(sums_, at);
        return static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(
            found - sums_.begin(), static_cast<std::ptrdiff_t>(sums_.size()) - 1));
    }

private:
    std::vector<double> sums_;
};

/// A conversation between two of its turns.
struct Conversation {
    double at = 0;  // of the next turn, in seconds
    std::uint64_t number = 0;
    std::uint32_t adapter = 0;
    std::uint32_t turns_left = 1;
    std::uint64_t tokens = 0;           // of all that was said
    std::vector<std::uint64_t> blocks;  // the chain of what is full of it
};

struct LaterTurn {
    bool operator()(const Conversation& a, const Conversation& b) const {
        return a.at != b.at ? a.at > b.at : a.number > b.number;
    }
};

class Workload final : public RequestSource {
public:
    Workload(const WorkloadKind& kind, const WorkloadOptions& options)
        : kind_{kind},
          options_{options},
          systems_{kind.system_prompts, kind.system_skew},
          documents_{std::max(kind.documents, 1U), kind.document_skew},
          adapters_{std::max(kind.adapters, 1U), k_adapter_skew},
          rng_{options.seed ^ hash64(kind.name)} {
        next_begin_ = next_beginning(0);
    }

    bool next(SimRequest& out) override {
        if (given_ == options_.requests) return false;
        ++given_;
        if (talks_.empty() || next_begin_ <= talks_.top().at) {
            talks_.push(begun());
            next_begin_ = next_beginning(next_begin_);
        }
        Conversation talk = talks_.top();
        talks_.pop();
        ask(talk, out);
        if (--talk.turns_left > 0 && talk.tokens < k_context_max) talks_.push(std::move(talk));
        return true;
    }
    [[nodiscard]] std::uint32_t block_tokens() const noexcept override {
        return k_workload_block_tokens;
    }

private:
    /// Conversations a second at this time.
    [[nodiscard]] double rate_at(double seconds) const {
        const double phase = std::fmod(seconds, kind_.period);
        const double peak = phase < kind_.peak_seconds ? kind_.peak : 1;
        const double wave = 1 - kind_.wave * std::cos(2 * std::numbers::pi * phase / kind_.period);
        return kind_.rate * options_.engines * options_.speed / kind_.turns * peak * wave;
    }

    [[nodiscard]] double next_beginning(double after) {
        const double most = kind_.rate * options_.engines * options_.speed / kind_.turns *
                            std::max(kind_.peak, 1.0) * (1 + kind_.wave);
        for (double at = after;;) {
            at += exponential(1 / most);
            if (rng_.unit() * most <= rate_at(at)) return at;
        }
    }

    Conversation begun() {
        Conversation talk{.at = next_begin_, .number = ++begun_};
        if (kind_.adapters > 0) talk.adapter = adapters_.draw(rng_) + 1;
        if (kind_.turns > 1) {
            const double more = std::log(1 - rng_.unit()) / std::log(1 - 1 / kind_.turns);
            talk.turns_left = 1 + static_cast<std::uint32_t>(std::min(more, 1000.0));
        }
        const std::uint64_t model = mixed(talk.adapter, 1);
        const bool with_system = rng_.unit() < kind_.system_share;
        if (with_system) append(talk, kind_.system_tokens, mixed(systems_.draw(rng_), model));
        for (std::uint32_t i = 0; i < kind_.documents_each; ++i) {
            append(talk, kind_.document_tokens, mixed(documents_.draw(rng_), 2));
        }
        return talk;
    }

    void ask(Conversation& talk, SimRequest& out) {
        append(talk, length(kind_.user_tokens), mixed(talk.number, options_.seed));
        out.at = Micros{std::llround(talk.at * 1e6)};
        out.prompt_tokens = static_cast<std::uint32_t>(talk.tokens);
        out.output_tokens = length(kind_.output_tokens);
        out.session = kind_.turns > 1 ? talk.number : 0;
        out.adapter = talk.adapter;
        out.blocks = talk.blocks;
        append(talk, out.output_tokens, mixed(talk.number, options_.seed));
        out.answer_blocks.assign(talk.blocks.begin() + std::ssize(out.blocks), talk.blocks.end());
        talk.at += exponential(kind_.think) + out.output_tokens * k_token_seconds;
    }

    // A block belongs to the text that fills it, so one that begins in common and ends in private
    // is private.
    static void append(Conversation& talk, std::uint32_t tokens, std::uint64_t text) {
        talk.tokens += tokens;
        while ((talk.blocks.size() + 1) * k_workload_block_tokens <= talk.tokens) {
            const std::uint64_t parent = talk.blocks.empty() ? 0 : talk.blocks.back();
            talk.blocks.push_back(mixed(parent, text));
        }
    }

    [[nodiscard]] std::uint32_t length(double mean) {
        // Box and Muller 1958; the shift makes it the mean and not the median.
        const double normal = std::sqrt(-2 * std::log(1 - rng_.unit())) *
                              std::cos(2 * std::numbers::pi * rng_.unit());
        const double tokens = mean * std::exp(k_spread * normal - k_spread * k_spread / 2);
        return static_cast<std::uint32_t>(std::clamp(tokens, 1.0, k_tokens_max));
    }
    [[nodiscard]] double exponential(double mean) { return -mean * std::log(1 - rng_.unit()); }

    const WorkloadKind& kind_;
    WorkloadOptions options_;
    Zipf systems_;
    Zipf documents_;
    Zipf adapters_;
    Rng rng_;
    std::priority_queue<Conversation, std::vector<Conversation>, LaterTurn> talks_;
    double next_begin_ = 0;
    std::uint64_t begun_ = 0;
    std::uint64_t given_ = 0;
};

}  // namespace

std::unique_ptr<RequestSource> make_workload(const WorkloadKind& kind,
                                             const WorkloadOptions& options) {
    return std::make_unique<Workload>(kind, options);
}

}  // namespace penstock::sim
