import Foundation
import Testing

@testable import Processes

/// What this process may use of its machine, according to folders with files like the kernel's.
@Suite("control groups and processors")
final class ControlGroupsTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("ControlGroupsTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func write(_ text: String, to path: String) throws {
    let file = folder.appendingPathComponent(path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: file, atomically: true, encoding: .utf8)
  }

  private let version2 = "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
  private let version1 =
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    + "35 31 0:32 / /sys/fs/cgroup/memory rw shared:9 master:2 - cgroup cgroup rw,memory\n"

  private func groups(_ groups: String, _ mounts: String) -> ControlGroups {
    ControlGroups(root: folder.path, groups: groups, mounts: mounts)
  }

  @Test("version 2: the least of all groups up to the mount counts, for processors and memory")
  func secondVersion() throws {
    try write("max 100000\n", to: "sys/fs/cgroup/a/b/c/cpu.max")
    try write("150000 100000\n", to: "sys/fs/cgroup/a/b/cpu.max")
    try write("400000 100000\n", to: "sys/fs/cgroup/a/cpu.max")
    try write("8000000000\n", to: "sys/fs/cgroup/a/b/c/memory.max")
    try write("2000000000\n", to: "sys/fs/cgroup/a/memory.max")
    try write("max\n", to: "sys/fs/cgroup/a/b/memory.max")
    try write("low 0\nhigh 0\nmax 3\noom 2\noom_kill 2\noom_group_kill 0\n", to: "sys/fs/cgroup/a/b/memory.events")
    let found = groups("0::/a/b/c\n", version2)
    #expect(found.processors == .init(value: 1.5, file: "/sys/fs/cgroup/a/b/cpu.max"))
    #expect(found.memory == .init(value: 2e9, file: "/sys/fs/cgroup/a/memory.max"))
    #expect(found.memoryKills == 2)
    #expect(groups("0::/elsewhere\n", version2).processors == nil)
  }

  @Test("version 1: each controller has a tree of its own, and one in a container shows its part of it")
  func firstVersion() throws {
    try write("-1\n", to: "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us")
    try write("50000\n", to: "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us")
    try write("100000\n", to: "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us")
    try write("9223372036854771712\n", to: "sys/fs/cgroup/memory/memory.limit_in_bytes")
    try write("4000000000\n", to: "sys/fs/cgroup/memory/job/memory.limit_in_bytes")
    try write("oom_kill_disable 0\nunder_oom 0\noom_kill 5\n", to: "sys/fs/cgroup/memory/job/memory.oom_control")
    let text = "12:memory:/job\n4:cpu,cpuacct:/job/step\n1:name=systemd:/x\n0::/\n"
    let found = groups(text, version1)
    #expect(found.processors == .init(value: 0.5, file: "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us"))
    #expect(found.memory?.value == 4e9 && found.memoryKills == 5)

    // In a container, the group has its name from outside, and the mount begins at the group.
    let inside = "40 31 0:29 /docker/abc /sys/fs/cgroup/cpu\\040own rw - cgroup cgroup rw,cpu\n"
    try write("200000\n", to: "sys/fs/cgroup/cpu own/cpu.cfs_quota_us")
    try write("100000\n", to: "sys/fs/cgroup/cpu own/cpu.cfs_period_us")
    for group in ["/docker/abc", "/", "/docker/abc/../.."] {
      #expect(groups("4:cpu:\(group)\n", inside).processors?.value == 2, "\(group)")
    }
  }

  @Test("a container with 2 of 64 processors has two slots, by time or by number, in both versions")
  func container() throws {
    try write("200000 100000\n", to: "sys/fs/cgroup/cpu.max")
    let timed = groups("0::/\n", version2)
    let byTime = UsableProcessors(
      online: 64, affinity: 64, allowed: timed.allowedProcessors, quota: timed.processors)
    #expect(byTime.count == 2)
    #expect(byTime.text == "64 cores, of which this process may use 2 (/sys/fs/cgroup/cpu.max)")

    try write("0-63\n", to: "sys/fs/cgroup/cpuset.cpus.effective")
    try write("17,42\n", to: "sys/fs/cgroup/kubepods/pod1/cpuset.cpus.effective")
    try write("\n", to: "sys/fs/cgroup/kubepods/pod1/c/cpuset.cpus.effective")
    try write("max 100000\n", to: "sys/fs/cgroup/cpu.max")
    let pinned = groups("0::/kubepods/pod1/c\n", version2)
    let file = "/sys/fs/cgroup/kubepods/pod1/cpuset.cpus.effective"
    #expect(pinned.allowedProcessors == .init(value: 2, file: file) && pinned.processors == nil)
    let byNumber = UsableProcessors(online: 64, affinity: 2, allowed: pinned.allowedProcessors, quota: nil)
    #expect(byNumber.text == "64 cores, of which this process may use 2 (\(file))")
    // The process confines itself further.
    let further = UsableProcessors(online: 64, affinity: 1, allowed: pinned.allowedProcessors, quota: nil)
    #expect(further.text == "64 cores, of which this process may use 1 (its processor affinity)")

    let mount = "33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
    try write("0-63\n", to: "sys/fs/cgroup/cpuset/cpuset.cpus")
    try write("8-9\n", to: "sys/fs/cgroup/cpuset/job/cpuset.cpus")
    let first = groups("5:cpuset:/job\n", mount)
    #expect(first.allowedProcessors == .init(value: 2, file: "/sys/fs/cgroup/cpuset/job/cpuset.cpus"))
    #expect(UsableProcessors(online: 64, affinity: nil, allowed: first.allowedProcessors, quota: nil).count == 2)
  }

  @Test("nothing that stands there can trap")
  func nonsense() throws {
    for text in ["", "max", "max max", "-5 -5", "0 0", "1e400 1", "nan 1", "1 nan", "99999999999999999999 1", "x y z"] {
      try write(text, to: "sys/fs/cgroup/cpu.max")
      try write(text, to: "sys/fs/cgroup/memory.max")
      try write(text, to: "sys/fs/cgroup/cpuset.cpus.effective")
      let found = groups("0::/\n", version2)
      #expect(UsableProcessors(online: 4, affinity: 4, quota: found.processors).count >= 1)
      #expect(UsableProcessors(online: 4, affinity: nil, allowed: found.allowedProcessors, quota: nil).count >= 1)
      _ = found.memory
    }
    for text in ["", ":", "0::", "0:::", "x", "0::/../../..\n\n"] { _ = groups(text, version2).processors }
    for text in ["", "- - -", "1 2 3 4 5 6 - x", version2.replacing(" - ", with: " ")] {
      #expect(groups("0::/\n", text).processors == nil)
    }
  }

  @Test("the least of machine, affinity and quota counts, rounded up, and the reason is told")
  func processors() {
    func usable(_ online: Int, _ affinity: Int?, _ quota: Double?) -> UsableProcessors {
      UsableProcessors(online: online, affinity: affinity, quota: quota.map { .init(value: $0, file: "/c/cpu.max") })
    }
    #expect(usable(8, 8, nil).text == "8 cores")
    #expect(usable(1, nil, nil).text == "1 core")
    #expect(usable(8, 2, nil).text == "8 cores, of which this process may use 2 (its processor affinity)")
    #expect(usable(8, 4, 1.5).text == "8 cores, of which this process may use 2 (/c/cpu.max)")
    #expect(usable(8, 2, 6).text == "8 cores, of which this process may use 2 (its processor affinity)")
    #expect(usable(2, 2, 0.1).count == 1)
    #expect(usable(2, 2, 16).text == "2 cores")
    let grant = UsableProcessors.Grant(["SLURM_JOB_ID": "1", "SLURM_CPUS_PER_TASK": "4", "SLURM_CPUS_ON_NODE": "8"])
    let granted = UsableProcessors(online: 64, affinity: 64, quota: nil, grant: grant)
    #expect(granted.text == "64 cores, of which this process may use 4 (SLURM_CPUS_PER_TASK)")
    #expect(UsableProcessors(online: 2, affinity: 2, quota: nil, grant: grant).text == "2 cores")
    #expect(UsableProcessors.Grant(["SLURM_JOB_ID": "1", "SLURM_CPUS_ON_NODE": "8"])?.processors == 8)
    #expect(UsableProcessors.Grant(["SLURM_CPUS_ON_NODE": "8"]) == nil)
    #expect(UsableProcessors.Grant(["SLURM_JOB_ID": "1", "SLURM_CPUS_PER_TASK": "none"]) == nil)
    func allowed(_ list: String) -> Int? {
      UsableProcessors.processors(inStatus: "Name: x\nCpus_allowed_list:\t\(list)\n")
    }
    #expect(allowed("0") == 1 && allowed("0-3,8") == 5 && allowed("2,4,6-7") == 4)
    for wrong in ["", "x", "3-1", "-1", "0-", "0-99999999", "1-2-3"] { #expect(allowed(wrong) == nil, "\(wrong)") }
  }

  @Test("this machine has memory, and says how much")
  func memory() {
    #expect((MemoryShortage.limit ?? 0) > 0 && MemoryShortage.text != nil)
  }
}
