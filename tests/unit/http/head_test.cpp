#include <gtest/gtest.h>

#include "penstock/base/error.h"
#include "penstock/http/head.h"
#include "penstock/http/reply.h"

namespace penstock::http {
namespace {

TEST(Head, PathEndsBeforeTheQuery) {
    RequestHead head;
    head.target = "/v1/x?a=b?c";
    EXPECT_EQ(head.path(), "/v1/x");
    head.target = "/v1/x";
    EXPECT_EQ(head.path(), "/v1/x");
    head.target = "*";
    EXPECT_EQ(head.path(), "*");
}

TEST(Head, MethodsHaveTheirNames) {
    EXPECT_EQ(name(Method::get), "GET");
    EXPECT_EQ(name(Method::head), "HEAD");
    EXPECT_EQ(name(Method::post), "POST");
    EXPECT_EQ(name(Method::put), "PUT");
    EXPECT_EQ(name(Method::patch), "PATCH");
    EXPECT_EQ(name(Method::del), "DELETE");
    EXPECT_EQ(name(Method::options), "OPTIONS");
}

TEST(Head, EveryStatusWeAnswerWithHasAPhrase) {
    for (std::size_t i = 0; i < k_error_codes; ++i) {
        const int status = status_of(static_cast<ErrorCode>(i));
        if (status == 499) continue;  // never sent
        EXPECT_NE(reason_phrase(status), "") << status;
    }
    EXPECT_EQ(reason_phrase(200), "OK");
    EXPECT_EQ(reason_phrase(799), "");
}

}  // namespace
}  // namespace penstock::http
