#include "penstock/base/option.h"

#include <array>

#include <gtest/gtest.h>

namespace penstock {
namespace {

enum class Colour : std::uint8_t { red, green };
constexpr std::array<std::string_view, 2> k_colours{"red", "green"};

struct Inner {
    bool on = true;
};

struct Outer {
    std::uint32_t count = 3;
    double share = 0.5;
    Millis wait{250};
    Bytes room = 1_KiB;
    Colour colour = Colour::green;
    std::vector<std::string> words;
    Inner inner;
    std::vector<Inner> many;
};

constexpr OptionTable k_inner_table{.name = "inner", .defaults = fresh<Inner>};

TEST(OptionBinding, ReadsTheMember) {
    const Outer outer;

    EXPECT_EQ(bound<&Outer::count>().get(&outer), OptionValue{std::uint64_t{3}});
    EXPECT_EQ(bound<&Outer::share>().get(&outer), OptionValue{0.5});
    EXPECT_EQ(bound<&Outer::wait>().get(&outer), OptionValue{Millis{250}});
    EXPECT_EQ(bound<&Outer::room>().get(&outer), OptionValue{1_KiB});
}

TEST(OptionBinding, SetsTheMember) {
    Outer outer;

    bound<&Outer::count>().set(&outer, std::uint64_t{7});
    bound<&Outer::words>().set(&outer, std::vector<std::string>{"a"});

    EXPECT_EQ(outer.count, 7U);
    EXPECT_EQ(outer.words, std::vector<std::string>{"a"});
}

TEST(OptionBinding, KnowsTheMembersType) {
    EXPECT_EQ(bound<&Inner::on>().type, OptionType::boolean);
    EXPECT_EQ(bound<&Outer::count>().type, OptionType::integer);
    EXPECT_EQ(bound<&Outer::share>().type, OptionType::number);
    EXPECT_EQ(bound<&Outer::wait>().type, OptionType::duration);
    EXPECT_EQ(bound<&Outer::room>().type, OptionType::size);
    EXPECT_EQ(bound<&Outer::words>().type, OptionType::text_list);
}

TEST(OptionBinding, CallsAnEnumeratorByItsWord) {
    constexpr OptionBinding k_binding = chosen<&Outer::colour, k_colours>();
    Outer outer;

    EXPECT_EQ(k_binding.get(&outer), OptionValue{std::string{"green"}});
    k_binding.set(&outer, std::string{"red"});

    EXPECT_EQ(outer.colour, Colour::red);
    EXPECT_EQ(k_binding.words.size(), 2U);
}

TEST(ChildTable, ReachesTheOneThereIs) {
    constexpr ChildTable k_child = one_table<&Outer::inner>("inner", k_inner_table);
    Outer outer;

    EXPECT_EQ(k_child.make(&outer), &outer.inner);
    EXPECT_EQ(k_child.at(&outer, 0), &outer.inner);
    EXPECT_EQ(k_child.size(&outer), 1U);
}

TEST(ChildTable, AddsToAList) {
    constexpr ChildTable k_child = table_list<&Outer::many>("many", k_inner_table, 4);
    Outer outer;

    EXPECT_EQ(k_child.size(&outer), 0U);
    const void* made = k_child.make(&outer);

    EXPECT_EQ(made, &outer.many.front());
    EXPECT_EQ(k_child.size(&outer), 1U);
    EXPECT_EQ(k_child.at(&outer, 0), &outer.many.front());
}

}  // namespace
}  // namespace penstock
