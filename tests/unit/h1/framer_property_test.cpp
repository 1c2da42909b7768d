// Properties of the body framer over random bodies, chunkings, extensions, faults and splits.
#include <cstdio>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "penstock/h1/framer.h"
#include "tests/support/framed_body.h"

namespace penstock::h1 {
namespace {

using support::feed_all;
using support::feed_chunked;
using support::FramedBody;

struct Coded {
    std::string content;
    std::string text;
};

std::string size_line(std::size_t size) {
    char digits[20];
    const char* format = *rc::gen::element("%zx", "%zX", "%04zx", "%016zX");
    const int length = std::snprintf(digits, sizeof digits, format, size);
    const auto extension = *rc::gen::weightedElement<std::string>({{6, ""},
                                                                   {1, ";a"},
                                                                   {1, ";a=b"},
                                                                   {1, " ;a=\"b;c\""},
                                                                   {1, "\t ; a = b"},
                                                                   {1, ";a;b;c=\x80"}});
    return std::string{digits, static_cast<std::size_t>(length)} + extension + "\r\n";
}

/// A random body and one of its chunked codings.
Coded coded() {
    Coded coded;
    const auto sizes = *rc::gen::container<std::vector<std::size_t>>(
        rc::gen::oneOf(rc::gen::inRange<std::size_t>(1, 5), rc::gen::inRange<std::size_t>(1, 300)));
    for (const std::size_t size : sizes) {
        std::string data(size, '\0');
        for (char& c : data) c = *rc::gen::element('\r', '\n', '0', 'a', ';', '\0', '\xff');
        coded.text += size_line(size) + data + "\r\n";
        coded.content += data;
    }
    coded.text += size_line(0);
    if (*rc::gen::inRange(0, 3) == 0) coded.text += "X-Sum: 1\r\nHost: h\r\n";
    coded.text += "\r\n";
    return coded;
}

std::size_t some_part() {
    return *rc::gen::oneOf(rc::gen::inRange<std::size_t>(1, 8),
                           rc::gen::inRange<std::size_t>(1, 500));
}

RC_GTEST_PROP(FramerProperty, WireIsAValidCodingOfTheSameContent, ()) {
    const Coded body = coded();

    const FramedBody framed = feed_chunked(body.text, some_part());

    RC_ASSERT(framed.done);
    RC_ASSERT(framed.payload == body.content);
    RC_ASSERT(framed.consumed == body.text.size());
    const FramedBody again = feed_chunked(framed.wire + "0\r\n\r\n");
    RC_ASSERT(again.done);
    RC_ASSERT(again.payload == body.content);
    RC_ASSERT(again.wire == framed.wire);  // nothing is left to leave out
}

RC_GTEST_PROP(FramerProperty, StopsAtTheBodysEnd, ()) {
    const Coded body = coded();
    const auto behind = *rc::gen::arbitrary<std::string>();

    const FramedBody framed = feed_chunked(body.text + behind, some_part());

    RC_ASSERT(framed.done);
    RC_ASSERT(framed.consumed == body.text.size());
}

RC_GTEST_PROP(FramerProperty, JudgesAFaultAlikeHoweverSplit, ()) {
    std::string text = coded().text;
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    const char c = *rc::gen::element('\r', '\n', '0', '9', 'g', ';', ' ', '\0', '\xff');
    switch (*rc::gen::inRange(0, 3)) {
        case 0:
            text[at] = c;
            break;
        case 1:
            text.insert(at, 1, c);
            break;
        default:
            text.erase(at, 1);
            break;
    }
    const FramedBody whole = feed_chunked(text);

    for (int i = 0; i < 5; ++i) {
        const FramedBody parts = feed_chunked(text, some_part());
        RC_ASSERT(parts.refused == whole.refused);
        RC_ASSERT(parts.done == whole.done);
        if (!whole.refused) RC_ASSERT(parts.payload == whole.payload);
        if (!whole.refused) RC_ASSERT(parts.consumed == whole.consumed);
    }
}

RC_GTEST_PROP(FramerProperty, WhatWasHandedOutIsWholeAtABoundary, ()) {
    std::string text = coded().text;
    text.resize(*rc::gen::inRange<std::size_t>(0, text.size()));
    if (*rc::gen::arbitrary<bool>()) text += "\nx\r\r\n";  // and then a fault, most likely
    BodyFramer framer{http::Framing::chunked, 0};

    const FramedBody framed = feed_all(framer, text, some_part());

    if (!framer.at_boundary()) return;
    const FramedBody again = feed_chunked(framed.wire + "0\r\n\r\n");
    RC_ASSERT(again.done);
    RC_ASSERT(again.payload == framed.payload);
}

RC_GTEST_PROP(FramerProperty, PassesAnUnframedBodyAsItIs, ()) {
    const auto text = *rc::gen::arbitrary<std::string>();
    BodyFramer counted{http::Framing::length, text.size()};
    BodyFramer endless{http::Framing::until_close, 0};

    const FramedBody one = feed_all(counted, text + "next", some_part());
    const FramedBody other = feed_all(endless, text, some_part());

    RC_ASSERT((one.payload == text && one.wire == text && one.done));
    RC_ASSERT((other.payload == text && other.wire == text && !other.done));
    RC_ASSERT(endless.content() == text.size());
}

}  // namespace
}  // namespace penstock::h1
