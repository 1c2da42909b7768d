#include "penstock/base/error.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(ErrorCodes, HaveNamesOfTheirOwnInSnakeCase) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < k_error_codes; ++i) {
        const std::string_view each = name(static_cast<ErrorCode>(i));
        EXPECT_FALSE(each.empty());
        EXPECT_TRUE(std::all_of(each.begin(), each.end(),
                                [](char c) { return c == '_' || (c >= 'a' && c <= 'z'); }));
        names.insert(each);
    }
    EXPECT_EQ(names.size(), k_error_codes);
}

TEST(ErrorCodes, StandInTheOrderOfTheirNames) {
    EXPECT_EQ(name(ErrorCode::bad_request), "bad_request");
    EXPECT_EQ(name(ErrorCode::internal), "internal");
    EXPECT_EQ(name(ErrorCode::upstream_closed), "upstream_closed");
    EXPECT_EQ(name(ErrorCode::io_failed), "io_failed");
}

TEST(Error, IsInternalUnlessToldOtherwise) {
    EXPECT_EQ(Error{}.code(), ErrorCode::internal);
    EXPECT_EQ(Error{}.detail(), "");
}

TEST(Error, SharesItsSentenceWithItsCopies) {
    const Error copy = [] {
        const Error error{ErrorCode::connect_failed, "Connection refused"};
        return Error{error};
    }();

    EXPECT_EQ(copy.detail(), "Connection refused");
}

TEST(Error, IsComparedByItsCode) {
    EXPECT_EQ((Error{ErrorCode::not_found, "a"}), Error{ErrorCode::not_found});
    EXPECT_FALSE(Error{ErrorCode::not_found} == Error{ErrorCode::internal});
}

TEST(Result, ThrowsWhenAFailedOneIsAskedForItsValue) {
    const Result<int> result = ErrorCode::not_found;

    ASSERT_FALSE(result.has_value());
    EXPECT_THROW(static_cast<void>(result.value()), std::logic_error);
}

}  // namespace
}  // namespace penstock
