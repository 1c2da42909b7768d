#include "sink.h"

#include <csignal>
#include <string>

#include <sys/socket.h>

#include <gtest/gtest.h>

#include "room.h"

namespace penstock::telemetry {
namespace {

const std::string k_line = std::string(1023, 'x') + '\n';

/// Fills pipe and room until a line is lost; returns how many were kept.
std::size_t fill(Sink& sink) {
    std::size_t kept = 0;
    while (sink.append(k_line) == 0) {
        sink.flush();
        ++kept;
    }
    return kept;
}

TEST(Sink, WritesLinesToItsFile) {
    const Room room;
    Sink sink = Sink::on_file(room.file("log"));

    EXPECT_EQ(sink.append("one\n"), 0U);
    EXPECT_EQ(sink.append("two\n"), 0U);
    EXPECT_EQ(sink.flush(), 0U);

    EXPECT_EQ(room.text("log"), "one\ntwo\n");
    EXPECT_TRUE(sink.empty());
}

TEST(Sink, AppendsToWhatIsThere) {
    const Room room;
    std::ofstream{room.file("log")} << "old\n";
    Sink sink = Sink::on_file(room.file("log"));

    sink.append("new\n");
    sink.flush();

    EXPECT_EQ(room.text("log"), "old\nnew\n");
}

TEST(Sink, IsNotGoodWhereThereIsNoPlace) {
    const Room room;

    Sink sink = Sink::on_file(room.file("no/such/directory"));

    EXPECT_FALSE(sink.good());
    EXPECT_EQ(sink.append("lost\n"), 1U);
}

TEST(Sink, KeepsLinesUpToItsBoundWhileStuck) {
    const Room room;
    PipeReader reader{room.file("pipe")};
    Sink sink = Sink::on_file(room.file("pipe"));

    const std::size_t kept = fill(sink);

    EXPECT_GE(kept * k_line.size(), Sink::k_pending_max);
    EXPECT_EQ(sink.append(k_line), 1U);
    EXPECT_EQ(sink.flush(), 0U);
}

TEST(Sink, LosesNoByteOfWhatItKept) {
    const Room room;
    PipeReader reader{room.file("pipe")};
    Sink sink = Sink::on_file(room.file("pipe"));
    const std::size_t kept = fill(sink);

    std::string arrived;
    while (!sink.empty()) {
        arrived += reader.drain();
        sink.flush();
    }
    arrived += reader.drain();

    EXPECT_EQ(arrived.size(), kept * k_line.size());
}

TEST(Sink, CountsWhatItLosesWhenTheReaderHasGone) {
    std::signal(SIGPIPE, SIG_IGN);
    const Room room;
    PipeReader reader{room.file("pipe")};
    Sink sink = Sink::on_file(room.file("pipe"));
    sink.append("one\n");
    sink.append("two\n");

    reader.close();

    EXPECT_EQ(sink.flush(), 2U);
    EXPECT_TRUE(sink.empty());
}

TEST(Sink, NeverWaitsForABlockingPipe) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    Sink sink{ends[1]};

    EXPECT_GE(fill(sink) * k_line.size(), Sink::k_pending_max);

    ::close(ends[0]);
}

TEST(Sink, NeverWaitsForABlockingSocket) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    Sink sink{ends[1]};

    EXPECT_GE(fill(sink) * k_line.size(), Sink::k_pending_max);

    ::close(ends[0]);
}

TEST(Sink, LeavesAPipeOfOthersBlocking) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);

    Sink sink = Sink::on_standard(ends[1]);
    fill(sink);

    EXPECT_EQ(::fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
    ::close(ends[0]);
    ::close(ends[1]);
}

}  // namespace
}  // namespace penstock::telemetry
