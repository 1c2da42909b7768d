// A client of nghttp2's on the test's end of a socket pair.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <nghttp2/nghttp2.h>

#include "handles.h"
#include "header_list.h"
#include "socket_pair.h"

namespace penstock::h2::test {

class Client {
public:
    struct Answer {
        int interim = 0;  // 1xx heads
        std::string status;
        std::map<std::string, std::string> fields;  // trailers too
        std::string body;
        std::string frames;  // a mark for each DATA frame
        bool ended = false;  // END_STREAM
        bool closed = false;
        std::uint32_t code = 0;
    };
    struct Upload {
        std::string body;
        bool ends = true;
    };

    explicit Client(penstock::test::Peer peer, std::uint32_t window = 65'535)
        : peer_{std::move(peer)} {
        const CallbacksHandle calls = new_callbacks();
        set(calls.get());
        const OptionHandle option = new_option();
        nghttp2_option_set_no_auto_window_update(option.get(), 1);
        nghttp2_option_set_max_continuations(option.get(), 100);
        nghttp2_session* made = nullptr;
        nghttp2_session_client_new2(&made, calls.get(), this, option.get());
        session_.reset(made);
        const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window};
        nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, &entry, 1);
    }

    std::int32_t ask(std::string_view path, Upload* upload = nullptr,
                     std::string_view method = "") {
        HeaderList list;
        if (method.empty()) method = upload != nullptr ? "POST" : "GET";
        list.add(":method", method);
        list.add(":scheme", "http");
        list.add(":path", path);
        list.add(":authority", "a.test");
        nghttp2_data_provider provider{};
        provider.source.ptr = upload;
        provider.read_callback = &Client::read_upload;
        return nghttp2_submit_request(session_.get(), nullptr, list.data(), list.size(),
                                      upload != nullptr ? &provider : nullptr, this);
    }
    void reset(std::int32_t id) {
        nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
    }
    /// Gives the bytes that have come back to both windows.
    void take(std::int32_t id, std::size_t bytes) {
        nghttp2_session_consume(session_.get(), id, bytes);
    }
    void resume(std::int32_t id) { nghttp2_session_resume_data(session_.get(), id); }

    /// Sends and receives what there is. False: the server has closed.
    bool turn() {
        for (;;) {
            const std::uint8_t* bytes = nullptr;
            const ssize_t length = nghttp2_session_mem_send(session_.get(), &bytes);
            if (length <= 0) break;
            unsent_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
        }
        const ssize_t sent = ::send(peer_.fd(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
        if (sent > 0) unsent_.erase(0, static_cast<std::size_t>(sent));
        const bool open = peer_.read();
        const std::string come = peer_.take();
        nghttp2_session_mem_recv(session_.get(), reinterpret_cast<const std::uint8_t*>(come.data()),
                                 come.size());
        return open;
    }

    std::map<std::int32_t, Answer> answers;
    int goaways = 0;
    std::uint32_t goaway_code = 0;

private:
    void set(nghttp2_session_callbacks* calls) {
        nghttp2_session_callbacks_set_on_header_callback(
            calls, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t name_length, const std::uint8_t* value, std::size_t value_length,
                      std::uint8_t, void* user) {
                const std::string key{reinterpret_cast<const char*>(name), name_length};
                const std::string text{reinterpret_cast<const char*>(value), value_length};
                Answer& answer = static_cast<Client*>(user)->answers[frame->hd.stream_id];
                if (key == ":status" && text.starts_with('1')) ++answer.interim;
                (key == ":status" ? answer.status : answer.fields[key]) = text;
                return 0;
            });
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
            calls, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                      std::size_t length, void* user) {
                static_cast<Client*>(user)->answers[id].body.append(
                    reinterpret_cast<const char*>(bytes), length);
                return 0;
            });
        nghttp2_session_callbacks_set_on_frame_recv_callback(
            calls, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
                auto& self = *static_cast<Client*>(user);
                if (frame->hd.type == NGHTTP2_GOAWAY) {
                    ++self.goaways;
                    self.goaway_code = frame->goaway.error_code;
                }
                if (frame->hd.type == NGHTTP2_DATA) self.answers[frame->hd.stream_id].frames += '.';
                const bool of_stream =
                    frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
                if (of_stream && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
                    self.answers[frame->hd.stream_id].ended = true;
                return 0;
            });
        nghttp2_session_callbacks_set_on_stream_close_callback(
            calls, [](nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
                Answer& answer = static_cast<Client*>(user)->answers[id];
                answer.closed = true;
                answer.code = code;
                return 0;
            });
    }

    static ssize_t read_upload(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t most,
                               std::uint32_t* flags, nghttp2_data_source* source, void*) {
        auto& upload = *static_cast<Upload*>(source->ptr);
        const std::size_t count = upload.body.copy(reinterpret_cast<char*>(into), most);
        upload.body.erase(0, count);
        if (upload.body.empty() && upload.ends) *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (count == 0 && !upload.ends) return NGHTTP2_ERR_DEFERRED;
        return static_cast<ssize_t>(count);
    }

    penstock::test::Peer peer_;
    std::string unsent_;
    SessionHandle session_;
};

}  // namespace penstock::h2::test
