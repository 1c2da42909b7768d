#include "penstock/http/grpc.h"

#include <gtest/gtest.h>

namespace penstock::http {
namespace {

Fields with(std::string_view name, std::string_view value) {
    Fields fields;
    fields.append(name, value);
    return fields;
}

TEST(Grpc, IsKnownByItsContentType) {
    for (const std::string_view type : {"application/grpc", "application/grpc+proto",
                                        "Application/gRPC", "application/grpc-web+proto"}) {
        EXPECT_TRUE(is_grpc(with("content-type", type))) << type;
    }
    EXPECT_FALSE(is_grpc(with("content-type", "application/json")));
    EXPECT_FALSE(is_grpc(with("content-type", "")));
    EXPECT_FALSE(is_grpc({}));
}

TEST(Grpc, ReadsTheStatusOfACall) {
    EXPECT_EQ(grpc_status(with("grpc-status", "0")), GrpcStatus::ok);
    EXPECT_EQ(grpc_status(with("grpc-status", "16")), GrpcStatus::unauthenticated);
    for (const std::string_view odd : {"17", "", "-1", "1x", "000"}) {
        EXPECT_EQ(grpc_status(with("grpc-status", odd)), GrpcStatus::unknown) << odd;
    }
    EXPECT_FALSE(grpc_status({}).has_value());
}

TEST(Grpc, ReadsHowLongACallMayTake) {
    const std::pair<std::string_view, Millis> told[] = {{"2H", Millis{7'200'000}},
                                                        {"3M", Millis{180'000}},
                                                        {"0S", Millis{0}},
                                                        {"250m", Millis{250}},
                                                        {"1u", Millis{1}},
                                                        {"1000001n", Millis{2}},
                                                        {"99999999m", Millis{99'999'999}}};
    for (const auto& [text, expected] : told) {
        EXPECT_EQ(grpc_timeout(with("grpc-timeout", text)), expected) << text;
    }
    EXPECT_EQ(grpc_timeout(with("grpc-timeout", "99999999H")), Millis{std::chrono::hours{8'760}});
}

TEST(Grpc, KnowsNoTimeoutWhereItCannotBeRead) {
    for (const std::string_view odd : {"", "S", "10", "10s", "-1S", "1 S", "123456789S"}) {
        EXPECT_FALSE(grpc_timeout(with("grpc-timeout", odd)).has_value()) << odd;
    }
    EXPECT_FALSE(grpc_timeout({}).has_value());
}

TEST(Grpc, HasAStatusForEachErrorButOk) {
    for (std::size_t i = 0; i < k_error_codes; ++i) {
        EXPECT_NE(grpc_status_of(static_cast<ErrorCode>(i)), GrpcStatus::ok) << i;
    }
    EXPECT_EQ(grpc_status_of(ErrorCode::connect_failed), GrpcStatus::unavailable);
    EXPECT_EQ(grpc_status_of(ErrorCode::first_byte_timeout), GrpcStatus::deadline_exceeded);
    EXPECT_EQ(grpc_status_of(ErrorCode::unauthorized), GrpcStatus::unauthenticated);
    EXPECT_EQ(grpc_status_of(ErrorCode::model_not_found), GrpcStatus::not_found);
}

TEST(Grpc, TellsAnErrorInFieldsOfVisibleAscii) {
    Fields fields;
    append_grpc_error(Error{ErrorCode::bad_request, "100 %\n\xc3\xa9"}, fields);
    EXPECT_EQ(fields.find("grpc-status"), "3");
    EXPECT_EQ(fields.find("grpc-message"), "100 %25%0A%C3%A9.");
}

TEST(Grpc, KnowsWhoseFaultAFailureIs) {
    EXPECT_TRUE(is_callers_fault(GrpcStatus::invalid_argument));
    EXPECT_FALSE(is_callers_fault(GrpcStatus::internal));
    EXPECT_FALSE(is_callers_fault(GrpcStatus::ok));
}

}  // namespace
}  // namespace penstock::http
