#include "prompts.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace penstock::bench {

namespace {

constexpr std::size_t k_number_digits = 16;

// The prompt's end carries a number, so that no two requests are the same and yet share a prefix.
std::string make_body(const LoadSettings& settings, std::size_t prefix, std::size_t& number_at) {
    std::string body = R"({"model":"demo-model","stream":)";
    body += settings.streams ? "true" : "false";
    body += ",\"max_tokens\":" + std::to_string(settings.streams ? settings.tokens : 4);
    body += R"(,"messages":[{"role":"user","content":")";
    constexpr std::string_view k_end = "\"}]}";
    const std::string text = "Prompt " + std::to_string(prefix) + " of many words. ";
    while (body.size() + k_number_digits + k_end.size() < settings.body_bytes) {
        const std::size_t room = settings.body_bytes - body.size() - k_number_digits - k_end.size();
        body.append(text, 0, std::min(room, text.size()));
    }
    number_at = body.size();
    body.append(k_number_digits, '0');
    return body.append(k_end);
}

std::string make_head(const LoadSettings& settings, std::size_t body_size) {
    return "POST " + std::string{k_path} + " HTTP/1.1\r\nHost: " + settings.target.host + ":" +
           std::to_string(settings.target.port) +
           "\r\nUser-Agent: penstock-bench\r\nAccept: application/json\r\n"
           "Authorization: Bearer sk-bench\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body_size) + "\r\n\r\n";
}

}  // namespace

// Numbers of equal width keep the place of the end the same in all.
Prompts::Prompts(const LoadSettings& settings) {
    for (std::size_t prefix = 0; prefix < settings.prefixes; ++prefix) {
        const std::string body = make_body(settings, 10'000 + prefix, number_at_);
        requests_.push_back(make_head(settings, body.size()) + body);
        head_size_ = requests_.back().size() - body.size();
    }
    number_at_ += head_size_;
}

std::string_view Prompts::next() {
    std::string& request = requests_[count_ % requests_.size()];
    std::array<char, k_number_digits + 1> number;
    std::snprintf(number.data(), number.size(), "%0*llu", static_cast<int>(k_number_digits),
                  static_cast<unsigned long long>(++count_));
    return request.replace(number_at_, k_number_digits, number.data(), k_number_digits);
}

}  // namespace penstock::bench
