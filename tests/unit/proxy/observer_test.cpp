#include "observer.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock::proxy {
namespace {

http::ResponseHead head_of(std::string_view type, std::string_view encoding = {}) {
    http::ResponseHead head;
    head.fields.append("Content-Type", type);
    if (!encoding.empty()) head.fields.append("Content-Encoding", encoding);
    return head;
}

Observer fed(const http::ResponseHead& head, std::string_view text, std::size_t piece) {
    Observer observer;
    observer.begin(head);
    for (std::size_t at = 0; at < text.size(); at += piece) {
        const std::string_view part = text.substr(at, piece);
        observer.feed({&part, 1});
    }
    return observer;
}

TEST(Observer, KindOf_FollowsTypeAndEncoding) {
    EXPECT_EQ(Observer::kind_of(head_of("text/event-stream; charset=utf-8")),
              Observer::Kind::events);
    EXPECT_EQ(Observer::kind_of(head_of("application/json")), Observer::Kind::document);
    EXPECT_EQ(Observer::kind_of(head_of("audio/mpeg")), Observer::Kind::nothing);
    EXPECT_EQ(Observer::kind_of(head_of("text/event-stream", "gzip")), Observer::Kind::nothing);
    EXPECT_EQ(Observer::kind_of({}), Observer::Kind::nothing);
}

TEST(Observer, KeepsTheBeginningOfWhatItLooksAtWhereAsked) {
    const std::string text(3000, 'x');
    for (const char* type : {"text/event-stream", "application/json"}) {
        Observer observer;
        observer.begin(head_of(type));
        observer.keep_head();
        for (std::size_t at = 0; at < text.size(); at += 700) {
            const std::string_view part = std::string_view{text}.substr(at, 700);
            observer.feed({&part, 1});
        }
        EXPECT_EQ(observer.head(), text.substr(0, 1024)) << type;
    }
    EXPECT_EQ(fed(head_of("application/json"), text, 700).head(), "");
    Observer blind;
    blind.begin(head_of("audio/mpeg"));
    blind.keep_head();
    const std::string_view part = text;
    blind.feed({&part, 1});
    EXPECT_EQ(blind.head(), "");
}

TEST(Observer, FindsTheUsageOfADocumentBehindALongText) {
    const std::string text = R"({"choices":[")" + std::string(100'000, 'x') +
                             R"("],"usage":{"prompt_tokens":5,"completion_tokens":6}})";
    for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, text.size()}) {
        const engine::Usage usage = fed(head_of("application/json"), text, piece).usage();

        EXPECT_TRUE(usage.found) << piece;
        EXPECT_EQ(usage.prompt_tokens, 5U);
        EXPECT_EQ(usage.output_tokens, 6U);
    }
}

TEST(Observer, CountsEventsAndFindsTheirUsage) {
    const Observer observer =
        fed(head_of("text/event-stream"),
            "data: {\"a\":1}\n\ndata: {\"usage\":{\"prompt_tokens\":5}}\n\ndata: [DONE]\n\n", 3);

    EXPECT_EQ(observer.events(), 2U);
    EXPECT_EQ(observer.usage().prompt_tokens, 5U);
    EXPECT_TRUE(observer.between_events());
    EXPECT_FALSE(observer.saw_error());
}

TEST(Observer, SeesNothingUnlessItHasBegun) {
    Observer observer;
    const std::string_view text = "data: {\"error\":1}\n\n";

    observer.feed({&text, 1});

    EXPECT_EQ(observer.kind(), Observer::Kind::nothing);
    EXPECT_FALSE(observer.saw_error());
    EXPECT_FALSE(observer.usage().found);
}

}  // namespace
}  // namespace penstock::proxy
