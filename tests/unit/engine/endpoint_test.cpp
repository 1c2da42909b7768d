#include <ostream>

#include <gtest/gtest.h>

#include "penstock/engine/inspect.h"

namespace penstock::engine {
namespace {

constexpr std::string_view k_json = "application/json";

struct PathCase {
    std::string_view path;
    Endpoint endpoint;
};

TEST(Endpoint, IsJudgedByThePathsLastSegments) {
    const PathCase cases[] = {
        {"/v1/chat/completions", Endpoint::chat_completions},
        {"/openai/v1/chat/completions", Endpoint::chat_completions},
        {"/openai/deployments/x/chat/completions?api-version=2024", Endpoint::chat_completions},
        {"/v1/chat/completions/", Endpoint::chat_completions},
        {"/v1/completions", Endpoint::completions},
        {"/completion", Endpoint::completions},
        {"/v1/responses", Endpoint::responses},
        {"/v1/messages", Endpoint::messages},
        {"/anthropic/v1/messages?beta=true", Endpoint::messages},
        {"/v1/embeddings", Endpoint::embeddings},
        {"/v1/messages/count_tokens", Endpoint::other},
        {"/v1/responses/resp_1", Endpoint::other},
        {"/v1/chat/completions/render", Endpoint::other},
        {"/v1/rerank", Endpoint::other},
        {"/v1/score", Endpoint::other},
        {"/tokenize", Endpoint::other},
        {"/xcompletions", Endpoint::other},
        {"/v1/models?x=/v1/chat/completions", Endpoint::other},
        {"/", Endpoint::other},
        {"///", Endpoint::other},
        {"", Endpoint::other},
        {"*", Endpoint::other},
    };
    for (const PathCase& c : cases) EXPECT_EQ(endpoint_of(c.path, k_json), c.endpoint) << c.path;
}

TEST(Endpoint, IsMultipartByItsTypeWhateverThePath) {
    EXPECT_EQ(endpoint_of("/v1/audio/transcriptions", "multipart/form-data; boundary=x"),
              Endpoint::multipart);
    EXPECT_EQ(endpoint_of("/v1/chat/completions", "Multipart/Form-Data;boundary=x"),
              Endpoint::multipart);
    EXPECT_EQ(endpoint_of("/v1/chat/completions", "multipart/form-datax"),
              Endpoint::chat_completions);
    EXPECT_EQ(endpoint_of("/v1/chat/completions", ""), Endpoint::chat_completions);
}

}  // namespace
}  // namespace penstock::engine
