// The life of a request that goes through the model: read, take in, wait for tokens, answer.
#include <algorithm>
#include <charconv>
#include <coroutine>
#include <utility>

#include "embeddings.h"
#include "json_text.h"
#include "mock_engine_impl.h"
#include "penstock/base/hash.h"
#include "penstock/http/await.h"
#include "text.h"

namespace penstock::mock_engine {

namespace {

using State = LoggedRequest::State;

// An X-Request-Id in use. Empty ids are not held.
class HeldId {
public:
    HeldId(std::set<std::string>& ids, std::string id) : ids_{ids}, id_{std::move(id)} {
        if (!id_.empty()) ids_.insert(id_);
    }
    ~HeldId() { ids_.erase(id_); }
    HeldId(const HeldId&) = delete;
    HeldId& operator=(const HeldId&) = delete;

private:
    std::set<std::string>& ids_;
    std::string id_;
};

constexpr std::string_view id_prefix(Api api) noexcept {
    switch (api) {
        case Api::chat:
            return "chatcmpl-";
        case Api::completions:
            return "cmpl-";
        case Api::messages:
            return "msg_";
        case Api::responses:
            return "resp_";
        case Api::embeddings:
        case Api::tokenize:
            break;
    }
    return "embd-";
}

// One answer on its way: gives out what the job has produced.
class Delivery {
public:
    Delivery(http::ServerStream& stream, EngineRunner::Job& job, RequestLog::Entry& entry)
        : stream_{stream}, job_{job}, entry_{entry} {}

    /// Tokens up to the answer's end, each as an event where `streamed`. False: broken off.
    Task<bool> tokens(AnswerFormat& format, const Text& source, const Faults& faults,
                      bool streamed);
    /// Events, each in a chunk of its own.
    Task<void> send(const Events& events);

    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    [[nodiscard]] Usage usage() const noexcept {
        return {.prompt_tokens = entry_.request.prompt_tokens,
                .cached_tokens = job_.cached_tokens(),
                .output_tokens = sent_};
    }

private:
    Task<bool> next_token(const Faults& faults);
    bool break_off();

    http::ServerStream& stream_;
    EngineRunner::Job& job_;
    RequestLog::Entry& entry_;
    std::string text_;
    std::uint32_t sent_ = 0;
};

Task<void> Delivery::send(const Events& events) {
    for (const std::string& event : events) {
        const std::string_view piece = event;
        if (stream_.write({}, http::Pieces{&piece, 1}) == http::Flow::blocked) {
            co_await http::writable(stream_);
        }
    }
}

bool Delivery::break_off() {
    stream_.break_off({});
    entry_.end(State::broken, entry_.request.status);
    return false;
}

// False: broken off.
Task<bool> Delivery::next_token(const Faults& faults) {
    if (faults.reset_after > 0 && sent_ >= faults.reset_after) co_return break_off();
    if (faults.stall_after > 0 && sent_ >= faults.stall_after) co_await std::suspend_always{};
    while (job_.produced() == sent_ && !job_.lost()) co_await changed(job_);
    if (job_.lost()) co_return break_off();
    co_return true;
}

Task<bool> Delivery::tokens(AnswerFormat& format, const Text& source, const Faults& faults,
                            bool streamed) {
    Events events;
    while (!job_.finished() || sent_ < job_.produced()) {
        if (!co_await next_token(faults)) co_return false;
        const Text::Token token = source.token(sent_);
        const bool last = job_.finished() && sent_ + 1 == job_.produced();
        entry_.count(job_.cached_tokens(), sent_ + 1);
        text_ += token.plain;
        if (streamed) {
            events.clear();
            if (sent_ == 0) format.open(events, usage());
            format.token(events.emplace_back(), token.escaped, last);
        }
        ++sent_;
        if (streamed) co_await send(events);
    }
    co_return true;
}

}  // namespace

std::optional<Refusal> MockEngine::Impl::find_rank(const http::Fields& fields, Work& work) const {
    const std::optional<std::string_view> asked = fields.find("X-Data-Parallel-Rank");
    if (!asked) {
        const auto load = [](const EngineRunner& runner) {
            return runner.stats().running + runner.stats().waiting;
        };
        const auto least = std::ranges::min_element(runners, {}, load);
        work.rank = static_cast<std::size_t>(least - runners.begin());
        return {};
    }
    const char* const end = asked->data() + asked->size();
    const auto [rest, error] = std::from_chars(asked->data(), end, work.rank);
    if (error == std::errc{} && rest == end && work.rank < runners.size()) return {};
    return Refusal{.message = "There is no data parallel rank " + std::string{*asked} + "."};
}

std::optional<Refusal> MockEngine::Impl::find_model(const std::string& name, Work& work) const {
    work.facts.model = name.empty() ? options.models[0] : name;
    if (std::ranges::find(options.models, work.facts.model) != options.models.end()) return {};
    // SGLang names an adapter behind its base model.
    const std::size_t colon = name.rfind(':');
    const bool behind_base = options.dialect == fleet::Engine::sglang && colon != std::string::npos;
    work.adapter = behind_base ? name.substr(colon + 1) : name;
    if (std::ranges::find(options.adapters, work.adapter) != options.adapters.end()) return {};
    return Refusal{
        .status = 404, .message = "The model `" + name + "` does not exist.", .param = "model"};
}

std::optional<Refusal> MockEngine::Impl::prepare(Api api, const Ask& ask,
                                                 std::string_view request_id, Work& work) {
    if (std::optional<Refusal> unknown = find_model(ask.model, work)) return unknown;
    const bool by_id = options.dialect == fleet::Engine::vllm && !request_id.empty();
    if (by_id && running_ids.contains(std::string{request_id})) {
        return Refusal{.message =
                           "A request with the id " + std::string{request_id} + " is running."};
    }
    work.prompt_tokens = count_tokens(ask.prompt);
    const std::uint64_t room = max_model_len();
    const std::uint64_t wanted = ask.max_tokens.value_or(1);
    if (work.prompt_tokens + wanted > room) {
        return Refusal{.message = "The prompt has " + std::to_string(work.prompt_tokens) +
                                  " tokens and the answer at least " + std::to_string(wanted) +
                                  "; the model's context holds " + std::to_string(room) + "."};
    }
    work.output_tokens = ask.max_tokens.value_or(static_cast<std::uint32_t>(
        std::min<std::uint64_t>(options.default_output_tokens, room - work.prompt_tokens)));
    if (api == Api::embeddings) work.output_tokens = 1;
    const std::uint64_t adapter_seed = work.adapter.empty() ? 0 : hash64(work.adapter);
    const std::uint64_t seed =
        ask.cache_salt.empty() ? adapter_seed : hash64(ask.cache_salt, adapter_seed);
    work.blocks = block_chain(ask.prompt, options.profile.block_tokens, seed);
    ++answers;
    work.facts.id = id_prefix(api);
    work.facts.id += by_id ? std::string{request_id} : options.id + "-" + std::to_string(answers);
    work.facts.created = static_cast<std::int64_t>(unix_seconds());
    work.facts.dialect = options.dialect;
    work.facts.include_usage = ask.include_usage;
    work.facts.cache_report = options.cache_report;
    work.facts.at_limit = ask.max_tokens.has_value();
    return {};
}

Task<void> MockEngine::Impl::generate(http::ServerStream& stream, Api api) {
    RequestLog::Entry entry{log, stream.head()};
    const std::optional<std::string> body = co_await read_body(stream);
    if (!body) {
        entry.end(State::broken, 400);
        co_return;
    }
    const Faults now = faults;  // what holds at the beginning holds to the end
    if (now.hang) co_await std::suspend_always{};

    const Result<Ask> ask = read_ask(api, *body);
    Work work;
    std::optional<Refusal> refusal;
    if (now.status != 0) {
        refusal = Refusal{.status = static_cast<int>(now.status), .message = "A fault on demand."};
    } else if (!ask) {
        refusal = Refusal{.message = std::string{ask.error().detail()}};
    } else {
        refusal = find_rank(stream.head().fields, work);
        if (!refusal) refusal = prepare(api, *ask, entry.request.request_id, work);
    }
    if (refusal) {
        refuse(stream, *refusal, api);
        entry.end(State::finished, refusal->status);
        co_return;
    }

    const HeldId held_id{running_ids, entry.request.request_id};
    Adapters::Use adapter{adapters, work.adapter};
    co_await adapter.ready();
    EngineRunner::Job job{runners[work.rank], work.blocks, work.prompt_tokens, work.output_tokens};
    entry.request.id = work.facts.id;
    entry.request.model = work.facts.model;
    entry.request.prompt_tokens = work.prompt_tokens;
    const bool streamed = ask->stream && api != Api::embeddings;
    if (streamed) {
        http::ResponseHead head = head_of(200, "text/event-stream; charset=utf-8");
        head.framing = http::Framing::chunked;
        stream.respond(head);
        stream.flush();  // as engines do: the head comes long before the first token
        entry.request.status = 200;
    }
    entry.update();

    Delivery delivery{stream, job, entry};
    const std::unique_ptr<AnswerFormat> format =
        make_answer_format(api == Api::embeddings ? Api::completions : api, work.facts);
    const Text source{options.seed, ask->prompt};
    if (!co_await delivery.tokens(*format, source, now, streamed)) co_return;
    if (work.facts.at_limit) ++at_limit;
    if (streamed) {
        Events events;
        format->close(events, delivery.text(), delivery.usage());
        co_await delivery.send(events);
        stream.finish({});
    } else if (api == Api::embeddings) {
        answer_json(stream, 200, embeddings_answer(*ask, work.facts, delivery.usage()));
    } else {
        answer_json(stream, 200, format->whole(delivery.text(), delivery.usage()));
    }
    entry.end(State::finished, 200);
}

}  // namespace penstock::mock_engine
