#include "penstock/kv_events/event.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "msgpack_reader.h"

namespace penstock::kv_events {

namespace {

using namespace std::string_literals;

// MessagePack as short as its encoders write it; the codec's own encoder writes the widest forms.
std::string text(std::string_view word) {
    return std::string(1, static_cast<char>(0xA0 + word.size())) + std::string{word};
}

std::string array(std::initializer_list<std::string> elements) {
    std::string out(1, static_cast<char>(0x90 + elements.size()));
    for (const std::string& each : elements) out += each;
    return out;
}

std::string map(std::initializer_list<std::pair<std::string_view, std::string>> pairs) {
    std::string out(1, static_cast<char>(0x80 + pairs.size()));
    for (const auto& [key, value] : pairs) out += text(key) + value;
    return out;
}

const std::string k_nil = "\xC0"s;
const std::string k_time = "\xCB\x41\xDA\x00\x00\x00\x00\x00\x00"s;
const std::string k_big = "\xCF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE"s;  // 2^64 - 2

std::string batch_of(std::initializer_list<std::string> events) {
    return array({k_time, array(events), k_nil});
}

Event only_event(const std::string& payload) {
    const Result<Batch> batch = decode(payload);
    EXPECT_TRUE(batch.has_value()) << (batch ? "" : batch.error().detail());
    EXPECT_TRUE(batch && batch->events.size() == 1);
    return batch && !batch->events.empty() ? batch->events.front() : Event{};
}

TEST(KvEvents, ReadTheArrayFormOfVllm0_9) {
    const std::string stored = array({text("BlockStored"), array({k_big, "\x07"}), "\x05",
                                      array({"\x01", "\x02", "\x03", "\x04"}), "\x02", k_nil});

    const Event event = only_event(batch_of({stored}));

    EXPECT_EQ(event.kind, Event::Kind::stored);
    EXPECT_EQ(event.hashes, (std::vector<std::uint64_t>{~std::uint64_t{1}, 7}));
    EXPECT_EQ(event.parent, 5U);
    EXPECT_EQ(event.tokens, (std::vector<std::uint32_t>{1, 2, 3, 4}));
    EXPECT_EQ(event.block_size, 2U);
    EXPECT_TRUE(event.lora.empty());
}

TEST(KvEvents, ReadTheMapFormOfVllm0_26) {
    const std::string stored = map({{"type", text("BlockStored")},
                                    {"block_hashes", array({"\x07"})},
                                    {"parent_block_hash", k_nil},
                                    {"token_ids", array({"\xCD\x01\x00"s})},
                                    {"block_size", "\x01"},
                                    {"lora_id", k_nil},
                                    {"medium", text("GPU")},
                                    {"lora_name", text("poet")},
                                    {"extra_keys", array({k_nil})},
                                    {"group_idx", std::string(1, '\0')},
                                    {"kv_cache_spec_kind", text("full_attention")},
                                    {"of_tomorrow", array({map({{"a", "\x01"}})})}});

    const Event event = only_event(batch_of({stored}));

    EXPECT_EQ(event.hashes, std::vector<std::uint64_t>{7});
    EXPECT_FALSE(event.parent);
    EXPECT_EQ(event.tokens, std::vector<std::uint32_t>{256});
    EXPECT_EQ(event.lora, "poet");
    EXPECT_TRUE(event.full_attention && event.local && event.extras.empty());
}

TEST(KvEvents, ReadNegativeHashesOfSglang) {
    const std::string removed =
        array({text("BlockRemoved"), array({"\xD3\x80\x00\x00\x00\x00\x00\x00\x01"s, "\xFF"}),
               text("CPU_PINNED")});

    const Event event = only_event(batch_of({removed}));

    EXPECT_EQ(event.kind, Event::Kind::removed);
    EXPECT_EQ(event.hashes, (std::vector<std::uint64_t>{0x8000000000000001U, ~std::uint64_t{0}}));
    EXPECT_TRUE(event.local);
}

TEST(KvEvents, TakeTheLastEightBytesOfADigest) {
    const std::string digest = "\xC4\x0A\xFF\xFF\x00\x00\x00\x00\x00\x00\x01\x02"s;

    const Event event = only_event(batch_of({array({text("BlockRemoved"), array({digest})})}));

    EXPECT_EQ(event.hashes, std::vector<std::uint64_t>{0x102});
}

TEST(KvEvents, KnowWhatHoldsNoPrefixHere) {
    const auto removed = [](const std::string& medium) {
        return only_event(batch_of({array({text("BlockRemoved"), array({"\x01"}), text(medium)})}));
    };
    const std::string sliding =
        map({{"type", text("BlockStored")}, {"kv_cache_spec_kind", text("sliding_window")}});

    EXPECT_FALSE(removed("storage").local);
    EXPECT_FALSE(removed("EXTERNAL").local);
    EXPECT_TRUE(removed("gpu").local);
    EXPECT_FALSE(only_event(batch_of({sliding})).full_attention);
}

TEST(KvEvents, ReadTheRankWhereThereIsOne) {
    const Result<Batch> ranked = decode(array({k_time, array({}), "\x03"}));
    const Result<Batch> old = decode(array({k_time, array({array({text("AllBlocksCleared")})})}));

    ASSERT_TRUE(ranked && old);
    EXPECT_EQ(ranked->rank, 3U);
    EXPECT_EQ(old->events.front().kind, Event::Kind::cleared);
}

TEST(KvEvents, PassOverEventsOfTomorrow) {
    const Event event = only_event(batch_of({array({text("BlockMoved"), map({}), "\x01"})}));

    EXPECT_EQ(event.kind, Event::Kind::other);
}

TEST(KvEvents, RefuseWhatIsNone) {
    EXPECT_FALSE(decode(""));
    EXPECT_FALSE(decode("garbage"));
    EXPECT_FALSE(decode(array({k_time})));
    EXPECT_FALSE(decode(batch_of({"\x01"})));
    EXPECT_FALSE(decode(batch_of({array({text("BlockRemoved"), "\x01"})})));
    EXPECT_FALSE(decode(std::string(k_payload_max + 1, '\x90')));
}

TEST(KvEvents, RefuseMoreEventsThanTheirBound) {
    const auto with = [](std::uint32_t count) {
        std::string payload = "\x93"s + k_time + "\xDD"s;
        for (unsigned at = 4; at-- > 0;) payload += static_cast<char>(count >> (8 * at));
        for (std::uint32_t i = 0; i < count; ++i) payload += array({text("X")});
        return payload + k_nil;
    };

    EXPECT_TRUE(decode(with(k_events_max)));
    EXPECT_FALSE(decode(with(k_events_max + 1)));
}

TEST(KvEvents, DoNotRecurseIntoANest) {
    const std::string nest(1'000'000, '\x91');

    EXPECT_FALSE(decode(array({k_time, array({}), k_nil, nest}).replace(0, 1, "\x94")));
}

TEST(KvEvents, DoNotReserveWhatIsOnlyAnnounced) {
    const std::string endless = "\xDD\xFF\xFF\xFF\xFF"s;

    EXPECT_FALSE(MsgpackReader{endless}.array());
    EXPECT_FALSE(decode(batch_of({array({text("BlockRemoved"), endless})})));
}

TEST(KvEvents, RefuseEveryPayloadThatIsCutShort) {
    const std::string whole = encode({.rank = 1,
                                      .events = {{.kind = Event::Kind::stored,
                                                  .hashes = {1, 2},
                                                  .parent = 3,
                                                  .tokens = {4, 5},
                                                  .block_size = 1,
                                                  .lora = "poet"}}},
                                     Form::map, 1.5);

    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(decode(std::string_view{whole}.substr(0, size))) << size;
    }
}

RC_GTEST_PROP(KvEvents, AreReadAsTheyWereWritten, ()) {
    Batch batch{.rank = *rc::gen::inRange(0U, 8U), .events = {}};
    const auto count = *rc::gen::inRange(0, 5);
    for (int i = 0; i < count; ++i) {
        Event& event = batch.events.emplace_back();
        event.kind =
            *rc::gen::element(Event::Kind::stored, Event::Kind::removed, Event::Kind::cleared);
        if (event.kind == Event::Kind::cleared) continue;
        event.hashes = *rc::gen::arbitrary<std::vector<std::uint64_t>>();
        event.local = *rc::gen::arbitrary<bool>();
        if (event.kind == Event::Kind::removed) continue;
        event.tokens = *rc::gen::arbitrary<std::vector<std::uint32_t>>();
        event.block_size = *rc::gen::inRange(1U, 64U);
        if (*rc::gen::arbitrary<bool>()) event.parent = *rc::gen::arbitrary<std::uint64_t>();
    }

    for (const Form form : {Form::map, Form::array}) {
        const Result<Batch> read = decode(encode(batch, form, 0));
        RC_ASSERT(read.has_value());
        RC_ASSERT(*read == batch);
    }
}

}  // namespace

}  // namespace penstock::kv_events
