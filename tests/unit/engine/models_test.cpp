#include <gtest/gtest.h>

#include "penstock/engine/dialect.h"

namespace penstock::engine {
namespace {

using Names = std::vector<std::string>;

ModelList read(std::string_view page) {
    const auto result = read_models(page);
    EXPECT_TRUE(result.has_value()) << page;
    return result.has_value() ? *result : ModelList{};
}

TEST(Models, ListsModelsAndAdapters) {
    const ModelList list = read(R"({"object":"list","data":[
        {"id":"base","object":"model","root":"/m","parent":null,"max_model_len":8192},
        {"id":"sql-lora","parent":"base","max_model_len":null}]})");

    EXPECT_EQ(list.names, (Names{"base", "sql-lora"}));
    EXPECT_EQ(list.adapters, Names{"sql-lora"});
    EXPECT_EQ(list.max_model_len, 8192);
    EXPECT_EQ(list.elements,
              R"({"id":"base","object":"model","root":"/m","parent":null,"max_model_len":8192},)"
              R"({"id":"sql-lora","parent":"base","max_model_len":null})");
}

TEST(Models, TakesLlamaCppsAliasesAndContext) {
    const ModelList list = read(
        R"({"models":[{"name":"tiny"}],"object":"list","data":[{"id":"tiny","aliases":["tiny","t"],
            "meta":{"n_ctx":2048}}]})");

    EXPECT_EQ(list.names, (Names{"tiny", "t"}));
    EXPECT_EQ(list.max_model_len, 2048);
}

TEST(Models, MayBeNone) {
    const ModelList list = read(R"({"data":[]})");

    EXPECT_TRUE(list.names.empty());
    EXPECT_EQ(list.elements, "");
    EXPECT_EQ(list.max_model_len, std::nullopt);
}

TEST(Models, PassesOverElementsWithoutAnId) {
    const ModelList list = read(R"({"data":[1,null,{},{"id":3},{"id":""},{"id":"a\u0062"}]})");

    EXPECT_EQ(list.names, (Names{"ab"}));
    EXPECT_EQ(list.elements, R"({"id":"a\u0062"})");
}

TEST(Models, RefusesWhatIsNoList) {
    for (const std::string_view page :
         {"", "x", "[]", "{}", "<html>", R"({"data":3})", R"({"data":{}})", R"({"data":[1)",
          R"({"data":[{"id":"a"}]})x", R"({"data":[{"id":"a"},]})"}) {
        const auto result = read_models(page);
        ASSERT_FALSE(result.has_value()) << page;
        EXPECT_EQ(result.error().code(), ErrorCode::invalid_value);
    }
}

}  // namespace
}  // namespace penstock::engine
