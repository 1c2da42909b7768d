#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/telemetry/log.h"

namespace penstock::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t k_ended = 1'709'251'199'007;

RequestRecord full() {
    RequestRecord record;
    record.request_id = "req-1";
    record.client = "192.0.2.1";
    record.client_name = "robot.test";
    record.method = "POST";
    record.path = "/v1/chat/completions";
    record.model = "llama";
    record.pool = "default";
    record.route = "chat";
    record.backend = "http://10.0.0.1:8000";
    record.reason = "prefix";
    record.policy = "prefix_load";
    record.attempts = 2;
    record.status = 200;
    record.outcome = Outcome::broken;
    record.error = ErrorCode::idle_timeout;
    record.stream = true;
    record.bytes_in = 2048;
    record.bytes_out = 4096;
    record.prompt_tokens = 100;
    record.output_tokens = 20;
    record.cached_tokens = 64;
    record.prompt_blocks = 2;
    record.predicted_blocks = 1;
    record.first_token = Micros{150'250};
    record.duration = Micros{2'000'000};
    record.own = Micros{80};
    return record;
}

TEST(AccessLine, TellsAllOfARequestInJson) {
    EXPECT_EQ(
        format_access(full(), LogFormat::json, k_ended),
        R"({"time":"2024-02-29T23:59:59.007Z","request_id":"req-1","client":"192.0.2.1",)"
        R"("client_name":"robot.test","key_name":null,"method":"POST","path":"/v1/chat/completions","model":"llama","pool":"default",)"
        R"("route":"chat","backend":"http://10.0.0.1:8000","reason":"prefix",)"
        R"("policy":"prefix_load","attempts":2,"status":200,"outcome":"broken",)"
        R"("error":"idle_timeout","error_detail":null,"stream":true,"prompt_tokens":100,"output_tokens":20,)"
        R"("cached_tokens":64,"tokens_estimated":false,"prompt_blocks":2,"predicted_blocks":1,)"
        R"("ttft_ms":150.250,"duration_ms":2000.000,"own_ms":0.080,"bytes_in":2048,)"
        R"("bytes_out":4096})");
}

TEST(AccessLine, TellsWhatBecameOfItsSession) {
    RequestRecord record = full();
    record.session = "moved";

    EXPECT_THAT(format_access(record, LogFormat::json, k_ended),
                HasSubstr(R"("policy":"prefix_load","session":"moved","attempts":2)"));
}

TEST(AccessLine, TellsWhoseKeyItHadAndWhyTheBackendFailed) {
    RequestRecord record = full();
    record.key_name = "team blue";
    record.error = ErrorCode::connect_failed;
    record.error_detail = "Connection refused";

    const std::string line = format_access(record, LogFormat::json, k_ended);

    EXPECT_THAT(line, HasSubstr(R"("client_name":"robot.test","key_name":"team blue","method")"));
    EXPECT_THAT(line,
                HasSubstr(R"("error":"connect_failed","error_detail":"Connection refused",)"));
}

TEST(AccessLine, TellsAllOfARequestInLogfmt) {
    EXPECT_EQ(format_access(full(), LogFormat::logfmt, k_ended),
              "time=2024-02-29T23:59:59.007Z request_id=req-1 client=192.0.2.1 "
              "client_name=robot.test method=POST "
              "path=/v1/chat/completions model=llama pool=default route=chat "
              "backend=http://10.0.0.1:8000 reason=prefix policy=prefix_load attempts=2 "
              "status=200 outcome=broken error=idle_timeout stream=true prompt_tokens=100 "
              "output_tokens=20 cached_tokens=64 tokens_estimated=false prompt_blocks=2 "
              "predicted_blocks=1 ttft_ms=150.250 duration_ms=2000.000 own_ms=0.080 "
              "bytes_in=2048 bytes_out=4096");
}

TEST(AccessLine, TellsCandidatesWhereThereAreAny) {
    RequestRecord record = full();
    record.candidates = R"([{"backend":"http://10.0.0.1:8000"}])";

    EXPECT_THAT(format_access(record, LogFormat::json, k_ended),
                HasSubstr(R"("candidates":[{"backend":"http://10.0.0.1:8000"}],"attempts":2)"));
    EXPECT_THAT(format_access(full(), LogFormat::json, k_ended), Not(HasSubstr("candidates")));
}

TEST(AccessLine, TellsNullForWhatDidNotHappen) {
    const std::string line = format_access(RequestRecord{}, LogFormat::json, k_ended);

    EXPECT_THAT(line, HasSubstr(R"("backend":null)"));
    EXPECT_THAT(line, HasSubstr(R"("error":null)"));
    EXPECT_THAT(line, HasSubstr(R"("ttft_ms":null)"));
}

TEST(AccessLine, CannotBeForgedByAPath) {
    RequestRecord record = full();
    record.path = "/x\"}\n{\"time\":\"forged\"";

    const std::string line = format_access(record, LogFormat::json, k_ended);

    EXPECT_THAT(line, Not(HasSubstr("\n")));
    EXPECT_THAT(line, HasSubstr(R"("path":"/x\"}\n{\"time\":\"forged\"")"));
}

TEST(AccessLine, CannotBeForgedByAModelInLogfmt) {
    RequestRecord record = full();
    record.model = "m status=500";

    EXPECT_THAT(format_access(record, LogFormat::logfmt, k_ended),
                HasSubstr(R"(model="m status=500" )"));
}

}  // namespace
}  // namespace penstock::telemetry
