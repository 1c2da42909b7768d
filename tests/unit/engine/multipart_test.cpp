#include "multipart.h"

#include <string>

#include <gtest/gtest.h>

#include "inspection.h"

namespace penstock::engine {
namespace {

constexpr std::string_view k_type = "multipart/form-data; boundary=xyz";

std::string part(std::string_view name, std::string_view value) {
    return "--xyz\r\nContent-Disposition: form-data; name=\"" + std::string{name} + "\"\r\n\r\n" +
           std::string{value} + "\r\n";
}

std::string file(std::size_t size) {
    return "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n"
           "Content-Type: audio/wav\r\n\r\n" +
           std::string(size, '\0') + "\r\n";
}

TEST(Multipart, FindsTheModelAmongOtherParts) {
    const std::string body =
        file(500) + part("model", "whisper") + part("stream", "true") + "--xyz--\r\n";

    const Inspection result = inspect(Endpoint::multipart, body, k_type);

    EXPECT_EQ(result.facts.model, "whisper");
    EXPECT_TRUE(result.facts.stream);
    EXPECT_FALSE(result.facts.json);
    EXPECT_EQ(result.sink.begun, 0);
}

TEST(Multipart, TakesTheFormsClientsWrite) {
    const std::string value = "\r\n\r\nwhisper\r\n--xyz--\r\n";
    for (const std::string& head : {
             std::string{"Content-Disposition: form-data; name=\"model\""},
             std::string{"content-disposition: form-data; name=model"},
             std::string{"Content-Disposition:form-data;name=\"model\""},
             std::string{
                 "Content-Type: text/plain\r\nContent-Disposition: form-data; name=\"model\""},
             std::string{"Content-Disposition: form-data; filename=\"a;name=x\"; name=\"model\""},
         }) {
        EXPECT_EQ(read_multipart(k_type, "--xyz\r\n" + head + value).model, "whisper") << head;
        EXPECT_EQ(read_multipart(k_type, "preamble\r\n--xyz\r\n" + head + value).model, "whisper");
    }
    EXPECT_EQ(
        read_multipart("multipart/form-data; boundary=\"x y\"",
                       "--x y\r\nContent-Disposition: form-data; name=model\r\n\r\nm\r\n--x y--")
            .model,
        "m");
}

TEST(Multipart, FindsNothingInWhatIsNone) {
    const std::string body = part("model", "whisper") + "--xyz--\r\n";
    EXPECT_EQ(read_multipart("multipart/form-data", body).model, "");
    EXPECT_EQ(read_multipart("multipart/form-data; boundary=", body).model, "");
    EXPECT_EQ(read_multipart("multipart/form-data; boundary=abc", body).model, "");
    EXPECT_EQ(read_multipart(k_type, "").model, "");
    EXPECT_EQ(read_multipart(k_type, "--xyz--\r\n" + body).model, "");
    EXPECT_EQ(read_multipart(k_type, part("model", "whisper")).model, "");
    EXPECT_EQ(read_multipart(k_type, "--xyz\r\n\r\nvalue\r\n--xyz--").model, "");
    EXPECT_EQ(read_multipart(k_type, "--xyz\r\nname=\"model\"\r\n\r\nv\r\n--xyz--").model, "");
}

TEST(Multipart, BoundaryHasAtMostSeventyCharacters) {
    const auto model = [](std::size_t size) {
        const std::string boundary(size, 'b');
        const std::string body = "--" + boundary +
                                 "\r\nContent-Disposition: form-data; name=model\r\n\r\nm\r\n--" +
                                 boundary + "--";
        return std::string{read_multipart("multipart/form-data; boundary=" + boundary, body).model};
    };
    EXPECT_EQ(model(70), "m");
    EXPECT_EQ(model(71), "");
}

TEST(Multipart, OnlyTheWindowIsLookedAt) {
    const std::string model = part("model", "whisper");
    const std::string end = "--xyz--\r\n";
    // The model's part is complete when the delimiter behind it is.
    const std::size_t needed = file(0).size() + model.size() + 5;
    const std::size_t largest = k_multipart_window - needed;

    EXPECT_EQ(read_multipart(k_type, file(largest) + model + end).model, "whisper");
    EXPECT_EQ(read_multipart(k_type, file(largest + 1) + model + end).model, "");
}

TEST(Multipart, ManySmallPartsAreBorne) {
    std::string body;
    while (body.size() < k_multipart_window - 1000) body += "--xyz\r\nx\r\n";
    body += part("model", "whisper") + "--xyz--\r\n";

    EXPECT_EQ(read_multipart(k_type, body).model, "whisper");
}

}  // namespace
}  // namespace penstock::engine
