// Which session a request belongs to, and what becomes of it.
#include "session.h"

#include <gtest/gtest.h>

#include "attempt.h"
#include "decide.h"
#include "fake_server_stream.h"
#include "penstock/base/hash.h"
#include "proxy_bench.h"

namespace penstock::proxy {
namespace {

using support::FakeServerStream;

TEST(SessionSource, IsReadFromText) {
    const auto header = parse_session_source("header:X-Session-Id");
    const auto cookie = parse_session_source("cookie:sid");
    const auto user = parse_session_source("metadata.user_id");

    ASSERT_TRUE(header.has_value() && cookie.has_value() && user.has_value());
    EXPECT_EQ(header->kind, SessionSource::Kind::header);
    EXPECT_EQ(header->name, "X-Session-Id");
    EXPECT_EQ(cookie->kind, SessionSource::Kind::cookie);
    EXPECT_EQ(cookie->name, "sid");
    EXPECT_EQ(user->kind, SessionSource::Kind::body);
    EXPECT_EQ(user->key, engine::SessionKey::metadata_user_id);
}

TEST(SessionSource, OfAnotherKindIsRefused) {
    for (const char* text : {"", "usr", "header:", "cookie:", "header:a b", "previous_response_id"})
        EXPECT_FALSE(parse_session_source(text).has_value()) << text;
}

class SessionTest : public testing::Test {
protected:
    SessionTest() {
        for (int i = 0; i < 3; ++i) bench.add_engine();
        bench.worker->shared.sessions = &sessions;
    }
    void TearDown() override {
        if (made_) made_->ended(telemetry::Outcome::ok);
    }
    void look_at(std::initializer_list<const char*> sources) {
        for (const char* text : sources) bench.pool.sessions.push_back(*parse_session_source(text));
    }
    Exchange& exchange(std::initializer_list<std::pair<const char*, const char*>> fields = {},
                       const char* target = "/") {
        bench.publish();
        http::RequestHead head = support::request(http::Method::get, target);
        for (const auto& [name, value] : fields) head.fields.append(name, value);
        made_.reset();
        client_.emplace(std::move(head));
        made_.emplace(*bench.worker, *client_);
        made_->route = &made_->generation->routes.front();
        made_->pool = &made_->generation->pools.front();
        return *made_;
    }
    /// The name of the session of a request with these fields.
    std::uint64_t named(std::initializer_list<std::pair<const char*, const char*>> fields,
                        const char* target = "/") {
        Exchange& from = exchange(fields, target);
        find_session(from);
        return from.session.name;
    }

    support::ProxyBench bench;
    routing::Sessions sessions{1};

private:
    std::optional<FakeServerStream> client_;
    std::optional<Exchange> made_;
};

TEST_F(SessionTest, ACookieIsFoundAmongOthersAndInAFieldOfItsOwn) {
    look_at({"cookie:sid"});
    const std::uint64_t ann = named({{"Cookie", "sid=ann"}});

    EXPECT_NE(ann, 0U);
    EXPECT_EQ(named({{"Cookie", "a=b; sid=ann;c=d"}}), ann);
    EXPECT_EQ(named({{"cookie", "a=b"}, {"cookie", "sid=ann"}}), ann);
    EXPECT_NE(named({{"Cookie", "sid=bob"}}), ann);
    EXPECT_EQ(named({{"Cookie", "xsid=ann; sid; sid="}}), 0U);
}

TEST_F(SessionTest, TheFirstSourceThatIsThereCounts) {
    look_at({"header:X-A", "header:X-B"});

    const std::uint64_t second = named({{"X-B", "ann"}});

    EXPECT_NE(second, 0U);
    EXPECT_NE(named({{"X-A", "ann"}, {"X-B", "ann"}}), second);
    EXPECT_EQ(named({{"X-A", ""}, {"X-B", "ann"}}), second);
    EXPECT_EQ(named({}), 0U);
}

TEST_F(SessionTest, AResponseInThePathIsAConversation) {
    look_at({"conversation"});
    const std::uint64_t one = named({}, "/v1/responses/resp_1");

    EXPECT_NE(one, 0U);
    EXPECT_EQ(named({}, "/v1/responses/resp_1/cancel"), one);
    EXPECT_EQ(named({}, "/v1/responses/resp_1?stream=true"), one);
    EXPECT_NE(named({}, "/v1/responses/resp_2"), one);
    EXPECT_EQ(named({}, "/v1/responses"), 0U);
    EXPECT_EQ(named({}, "/v1/responses/"), 0U);
}

TEST_F(SessionTest, AnAnswersIdLeadsBackByBodyAndPath) {
    look_at({"conversation"});
    learn_answer_id(exchange(), R"({"id":"resp_1","object":"response")", 2);

    Exchange& by_path = exchange({}, "/v1/responses/resp_1");
    find_session(by_path);
    EXPECT_EQ(by_path.session.home, 2U);
    Exchange& by_body = exchange();
    by_body.facts.sessions[engine::SessionKey::previous_response_id] = hash64("resp_1");
    find_session(by_body);
    EXPECT_EQ(by_body.session.home, 2U);
    EXPECT_EQ(session_outcome(by_body, 2), "kept");
    EXPECT_EQ(session_outcome(by_body, 1), "moved");
}

TEST_F(SessionTest, OnlyAnswersOfTheResponsesApiAreLearned) {
    look_at({"user", "conversation"});
    Exchange& from = exchange();
    from.record.status = 200;
    EXPECT_FALSE(learns_answer_id(from));

    from.endpoint = engine::Endpoint::responses;
    EXPECT_TRUE(learns_answer_id(from));
    from.record.status = 400;
    EXPECT_FALSE(learns_answer_id(from));
}

TEST_F(SessionTest, IsKeptAtAPriceAndNoLonger) {
    look_at({"header:X-S"});
    bench.pool.balance.policy = routing::PolicyName::prefix_load;
    bench.pool.balance.session_worth = Millis{500};
    Exchange& first = exchange({{"X-S", "ann"}});
    find_session(first);
    EXPECT_EQ(session_outcome(first, 0), "new");
    remember_session(first, 1);
    Exchange& from = exchange({{"X-S", "ann"}});
    find_session(from);

    const Result<Pick> kept = decide(from, {});
    bench.counters[1].prompt_tokens_started = 10'000;  // a second
    const Result<Pick> moved = decide(from, {});

    ASSERT_TRUE(kept && moved);
    EXPECT_EQ(kept->backend->slot, 1U);
    EXPECT_EQ(kept->decision.reason, routing::Reason::session);
    EXPECT_NE(moved->backend->slot, 1U);
    EXPECT_FLOAT_EQ(moved->decision.terms[static_cast<std::size_t>(routing::Term::session)], 0.5F);
}

/// One try at slot 1, and where its session is at home afterwards.
class SessionAttemptTest : public SessionTest {
protected:
    SessionAttemptTest() { look_at({"header:X-S"}); }
    void is_at_home_at(fleet::Slot slot) { remember_session(asked(), slot); }
    Exchange& asked() {
        Exchange& from = exchange({{"X-S", "ann"}});
        find_session(from);
        return from;
    }
    [[nodiscard]] std::optional<fleet::Slot> home() { return asked().session.home; }
    template <class Events>
    std::optional<fleet::Slot> home_after(Events events) {
        Exchange& from = asked();
        {
            Attempt attempt{from, *decide(from, {0, 2})};
            attempt.sent();
            events(from, attempt);
        }
        return home();
    }
    /// Another request of its session, sent to the same backend meanwhile, is answered there.
    static void another_is_served(Exchange& from) { remember_session(from, 1); }
    static void answer(Exchange& from, Attempt& attempt, int status) {
        from.record.status = status;
        attempt.first_byte();
    }
};

TEST_F(SessionAttemptTest, ItsSecondRequestFollowsTheFirstBeforeThatIsAnswered) {
    Exchange& from = asked();
    Attempt attempt{from, *decide(from, {0, 2})};

    attempt.sent();

    find_session(from);
    EXPECT_EQ(from.session.home, 1U);
}

TEST_F(SessionAttemptTest, HasNoHomeWhereItsFirstRequestFailed) {
    EXPECT_FALSE(home_after(
        [](Exchange&, Attempt& attempt) { attempt.failed(ErrorCode::upstream_closed); }));
    EXPECT_EQ(bench.failures.size(), 1U);
    EXPECT_FALSE(home_after([](Exchange&, Attempt&) {}));  // its client gave up
    EXPECT_FALSE(home_after([](Exchange& from, Attempt& attempt) { answer(from, attempt, 400); }));
}

TEST_F(SessionAttemptTest, KeepsTheHomeThatAnotherHasProvenMeanwhile) {
    EXPECT_EQ(home_after([](Exchange& from, Attempt&) { another_is_served(from); }), 1U);
    sessions.forget(1);
    EXPECT_EQ(home_after([](Exchange& from, Attempt& attempt) {
                  another_is_served(from);
                  answer(from, attempt, 400);
              }),
              1U);
    sessions.forget(1);
    EXPECT_FALSE(home_after([](Exchange& from, Attempt& attempt) {
        another_is_served(from);
        attempt.failed(ErrorCode::upstream_closed);
    }));
}

TEST_F(SessionAttemptTest, TakesBackNothingBeforeItIsSent) {
    Exchange& from = asked();
    Attempt first{from, *decide(from, {0, 2})};
    first.sent();

    { const Attempt second{from, *decide(from, {0, 2})}; }

    find_session(from);
    EXPECT_EQ(from.session.home, 1U);
}

TEST_F(SessionAttemptTest, LeavesTheHomeThatFailsIt) {
    is_at_home_at(1);
    EXPECT_FALSE(home_after(
        [](Exchange&, Attempt& attempt) { attempt.failed(ErrorCode::upstream_closed); }));
    is_at_home_at(1);
    EXPECT_FALSE(home_after([](Exchange& from, Attempt& attempt) { answer(from, attempt, 500); }));
    is_at_home_at(1);
    EXPECT_FALSE(
        home_after([](Exchange&, Attempt& attempt) { attempt.failed(ErrorCode::total_timeout); }));
    EXPECT_EQ(bench.failures.size(), 1U);
}

TEST_F(SessionAttemptTest, KeepsItsHomeWhereTheClientIsToBlame) {
    is_at_home_at(1);

    EXPECT_EQ(home_after([](Exchange&, Attempt&) {}), 1U);
    EXPECT_EQ(home_after([](Exchange& from, Attempt& attempt) { answer(from, attempt, 400); }), 1U);
}

TEST_F(SessionAttemptTest, MovesOnlyWhereItIsServed) {
    is_at_home_at(2);

    EXPECT_EQ(
        home_after([](Exchange&, Attempt& attempt) { attempt.failed(ErrorCode::upstream_closed); }),
        2U);
    EXPECT_EQ(home_after([](Exchange& from, Attempt& attempt) { answer(from, attempt, 200); }), 1U);
}

TEST_F(SessionTest, IsAFilterForPoliciesWithoutPricesUntilItsHomeIsUnfit) {
    look_at({"header:X-S"});
    Exchange& first = exchange({{"X-S", "ann"}});
    find_session(first);
    remember_session(first, 2);
    Exchange& from = exchange({{"X-S", "ann"}});
    find_session(from);

    for (int i = 0; i < 6; ++i) EXPECT_EQ(decide(from, {})->backend->slot, 2U);
    EXPECT_EQ(decide(from, {})->decision.reason, routing::Reason::session);
    EXPECT_NE(decide(from, {2})->backend->slot, 2U);
}

}  // namespace
}  // namespace penstock::proxy
