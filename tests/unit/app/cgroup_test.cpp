#include "server/cgroup.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "temporary_directory.h"

namespace penstock::app {
namespace {

/// A made-up /proc and /sys.
class CgroupTest : public testing::Test {
protected:
    void put(const std::string& file, const std::string& text) {
        const std::filesystem::path path = root() + file;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream{path} << text;
    }
    void in_group(const std::string& lines) { put("/proc/self/cgroup", lines); }
    [[nodiscard]] std::string root() const { return directory_.path("root"); }
    [[nodiscard]] CgroupLimits limits() const { return cgroup_limits(root()); }

private:
    TemporaryDirectory directory_;
};

TEST_F(CgroupTest, WithoutAnyFileThereIsNoLimit) {
    EXPECT_EQ(limits(), CgroupLimits{});
}

TEST_F(CgroupTest, TheLeastOfTheOwnGroupAndThoseAboveBinds) {
    in_group("0::/system.slice/penstock.service\n");
    put("/sys/fs/cgroup/system.slice/penstock.service/memory.max", "max\n");
    put("/sys/fs/cgroup/system.slice/penstock.service/cpu.max", "400000 100000\n");
    put("/sys/fs/cgroup/system.slice/memory.max", "1073741824\n");
    put("/sys/fs/cgroup/system.slice/cpu.max", "150000 100000\n");

    EXPECT_EQ(limits(), (CgroupLimits{.memory = 1073741824, .cores = 1.5}));
}

TEST_F(CgroupTest, InANamespaceTheMountIsTheOwnGroup) {
    in_group("0::/\n");
    put("/sys/fs/cgroup/memory.max", "5000\n");
    put("/sys/fs/cgroup/cpu.max", "max 100000\n");

    EXPECT_EQ(limits(), (CgroupLimits{.memory = 5000, .cores = {}}));
}

TEST_F(CgroupTest, AGroupThatIsNotMountedHereLeavesTheMount) {
    in_group("0::/docker/0123\n");
    put("/sys/fs/cgroup/memory.max", "5000\n");
    EXPECT_EQ(limits().memory, 5000U);

    in_group("0::/../outside\n");
    EXPECT_EQ(limits().memory, 5000U);
}

TEST_F(CgroupTest, Version1HasFilesOfItsOwn) {
    in_group("5:memory:/a/b\n4:cpu,cpuacct:/a\n3:name=systemd:/a\n");
    put("/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
    put("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "7000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "250000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");

    EXPECT_EQ(limits(), (CgroupLimits{.memory = 7000, .cores = 2.5}));
}

TEST_F(CgroupTest, OfAMixedTreeBothVersionsBind) {
    in_group("5:memory:/a\n0::/a\n");
    put("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "7000\n");
    put("/sys/fs/cgroup/unified/a/cpu.max", "50000 100000\n");

    EXPECT_EQ(limits(), (CgroupLimits{.memory = 7000, .cores = 0.5}));
}

TEST_F(CgroupTest, NonsenseIsNoLimit) {
    in_group("0::\n:\n\n0::/a\n");
    put("/sys/fs/cgroup/a/memory.max", "12x\n");
    put("/sys/fs/cgroup/a/cpu.max", "100000 0\n");

    EXPECT_EQ(limits(), CgroupLimits{});
}

}  // namespace
}  // namespace penstock::app
