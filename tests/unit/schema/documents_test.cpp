#include "penstock/schema/documents.h"

#include <gtest/gtest.h>

#include "kitchen.h"

namespace penstock::schema {
namespace {

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST(MarkdownReference, HasASectionForEachTable) {
    const std::string text = markdown_reference(k_kitchen, "# Kitchen\n");

    EXPECT_TRUE(text.starts_with("# Kitchen\n"));
    EXPECT_TRUE(holds(text, "\n## `[stove]`\n\nThe stove.\n"));
    EXPECT_TRUE(holds(text, "\n## `[[shelf]]`\n\nA shelf.\nAt most 2.\n"));
    EXPECT_TRUE(holds(text, "\n## `[[shelf.pots]]`\n"));
}

TEST(MarkdownReference, HasARowForEachOption) {
    const std::string text = markdown_reference(k_kitchen, "");

    EXPECT_TRUE(holds(text, "| `plates` | an integer from 1 to 8 | `4` | a restart | Plates. |\n"));
    EXPECT_TRUE(
        holds(text, "| `fuel` | `\"gas\"`, `\"wood\"` | `\"wood\"` | a reload | Fuel. |\n"));
    EXPECT_TRUE(holds(text, "| `name` | a string (a word) | must be given | "));
    EXPECT_TRUE(holds(text, "Label \\| with a bar."));
    EXPECT_TRUE(holds(text, "`PENSTOCK_STOVE_PLATES`"));
}

TEST(JsonSchemaDocument, DescribesTypesBoundsAndNeeds) {
    const std::string text = json_schema_of(k_kitchen, "kitchen");

    EXPECT_TRUE(holds(text, "\"title\": \"kitchen\""));
    EXPECT_TRUE(holds(text, "\"minimum\": 1,"));
    EXPECT_TRUE(holds(text, "\"maximum\": 8,"));
    EXPECT_TRUE(holds(text, "\"enum\": [\"gas\", \"wood\"]"));
    EXPECT_TRUE(holds(text, "\"required\": [\"name\"]"));
    EXPECT_TRUE(holds(text, "\"maxItems\": 3"));
    EXPECT_TRUE(holds(text, "\"additionalProperties\": false"));
}

}  // namespace
}  // namespace penstock::schema
