#include <gtest/gtest.h>

#include "penstock/engine/inspect.h"

namespace penstock::engine {
namespace {

TEST(AnswerId, IsTheFirstOfADocument) {
    EXPECT_EQ(answer_id(R"({"id":"resp_1","object":"response","output":[{"id":"msg_2"}]})"),
              "resp_1");
    EXPECT_EQ(answer_id("{\n  \"id\" : \"resp_1\",\n"), "resp_1");
}

TEST(AnswerId, IsThatOfAStreamsFirstEvent) {
    EXPECT_EQ(answer_id("event: response.created\ndata: {\"type\":\"response.created\","
                        "\"response\":{\"id\":\"resp_1\",\"object\":\"response\""),
              "resp_1");
}

TEST(AnswerId, ThatIsNotWholeOrNoPlainStringIsNone) {
    for (const char* text : {"", "{}", R"({"id")", R"({"id":)", R"({"id":17})", R"({"id":"resp_)",
                             R"({"id":"a\"b"})", R"({"id" "x"})"}) {
        EXPECT_EQ(answer_id(text), "") << text;
    }
}

}  // namespace
}  // namespace penstock::engine
