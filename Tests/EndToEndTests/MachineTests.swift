import Foundation
import Testing

@testable import layersearch

/// What a machine really has: processors, memory, addresses, a home folder or none.
@Suite("what a machine really has", .serialized)
struct MachineTests {
  private let place: Place
  init() throws { place = try Place() }

  private func write(_ text: String, to path: String) throws {
    let file = place.folder.appendingPathComponent(path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: file, atomically: true, encoding: .utf8)
  }

  private let version2 = "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
  private let version1 =
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    + "35 31 0:32 / /sys/fs/cgroup/memory rw shared:9 master:2 - cgroup cgroup rw,memory\n"

  private func groups(_ groups: String, _ mounts: String) -> ControlGroups {
    ControlGroups(root: place.folder.path, groups: groups, mounts: mounts)
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

    // As a container sees it: the group by its name outside, the mount from there on.
    let inside = "40 31 0:29 /docker/abc /sys/fs/cgroup/cpu\\040own rw - cgroup cgroup rw,cpu\n"
    try write("200000\n", to: "sys/fs/cgroup/cpu own/cpu.cfs_quota_us")
    try write("100000\n", to: "sys/fs/cgroup/cpu own/cpu.cfs_period_us")
    for group in ["/docker/abc", "/", "/docker/abc/../.."] {
      #expect(groups("4:cpu:\(group)\n", inside).processors?.value == 2, "\(group)")
    }
  }

  @Test("nothing that stands there can trap")
  func nonsense() throws {
    for text in ["", "max", "max max", "-5 -5", "0 0", "1e400 1", "nan 1", "1 nan", "99999999999999999999 1", "x y z"] {
      try write(text, to: "sys/fs/cgroup/cpu.max")
      try write(text, to: "sys/fs/cgroup/memory.max")
      let found = groups("0::/\n", version2)
      #expect(UsableProcessors(online: 4, affinity: 4, quota: found.processors).count >= 1)
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
    func allowed(_ list: String) -> Int? {
      UsableProcessors.processors(inStatus: "Name: x\nCpus_allowed_list:\t\(list)\n")
    }
    #expect(allowed("0") == 1 && allowed("0-3,8") == 5 && allowed("2,4,6-7") == 4)
    for wrong in ["", "x", "3-1", "-1", "0-", "0-99999999", "1-2-3"] { #expect(allowed(wrong) == nil, "\(wrong)") }
  }

  @Test("a process that may run on one processor has one slot", .enabled(if: access("/usr/bin/taskset", X_OK) == 0))
  func affinity() async throws {
    let program = RunningCommand.executable.path
    func confined(_ arguments: String...) throws -> RunningCommand {
      try RunningCommand(
        ["-c", "0", program] + arguments, in: place, executable: URL(fileURLWithPath: "/usr/bin/taskset"))
    }
    let doctor = try object(try await confined("doctor", "--json").end().output)
    #expect(doctor["usable_cores"] as? Int == 1)
    let worker = try confined("worker", "--connect", "tcp://127.0.0.1:1")
    try await worker.wait(for: "its slots") { worker.errors.contains(" slots, ") }
    #expect(worker.errors.contains(", 1 slots, "), "\(worker.errors)")
    worker.send(SIGTERM)
    _ = try await worker.end()
  }

  @Test("jobs that may use up more memory than there is are warned of")
  func memory() {
    let limits = JobLimits(memoryBytes: 2_000_000_000, seconds: nil, silenceSeconds: 1)
    #expect(limits.shortage(slots: 2, available: 4_000_000_000) == nil)
    #expect(limits.shortage(slots: 3, available: 4_000_000_000)?.contains("--memory-per-job") == true)
    #expect(limits.shortage(slots: 3, available: nil) == nil)
    #expect((MemoryShortage.limit ?? 0) > 0 && MemoryShortage.text != nil)
  }

  // MARK: Addresses

  @Test(
    "addresses that cannot be are one line each",
    arguments: [
      ("tcp://::1:5555", "stands in brackets"), ("tcp://[::1]", "the port is missing"),
      ("tcp://[::1:5555", "the bracket is not closed"), ("tcp://[::1]5555", "a colon and the port follow"),
      ("tcp://[127.0.0.1]:5555", "is no address of IP version 6"), ("tcp://[localhost]:5555", "is no address of IP"),
      ("tcp://[]:5555", "is no address of IP"), ("tcp://[::g]:5555", "is no address of IP"),
      ("tcp://x[::1]:5555", "brackets stand around"), ("tcp://::1]:5555", "brackets stand around"),
      ("tcp://[::1]:99999", "port 99999 is not a number"), ("tcp://[fe80::1%none0]:5555", "no interface none0"),
      ("tcp://[fe80::1%]:5555", "the interface behind % is missing"),
    ])
  func badAddresses(endpoint: String, word: String) async throws {
    try place.writeStudy()
    for arguments in [["worker", "--connect", endpoint], ["coordinator", "study.yaml", "--bind", endpoint]] {
      let result = try await RunningCommand(arguments, in: place).end()
      #expect(result.exitCode == 2 && isOneLine(result.errors) && result.errors.contains(word), "\(result.errors)")
    }
    let everywhere = try await place.run("worker", "--connect", "tcp://[::]:5555")
    #expect(everywhere.exitCode == 2 && everywhere.errors.contains("no address to connect to"))
    let open = try await place.run("coordinator", "study.yaml", "--bind", "tcp://[::]:5555")
    #expect(open.exitCode == 2 && open.errors.contains("--keys"), "\(open.errors)")
  }

  @Test("a study runs over localhost and version 6 of IP, with keys and without")
  func versionSix() async throws {
    try place.writeStudy(layers: ["layer2.0.conv2"])
    #expect(try await place.run("keygen", "keys", "--workers", "1").exitCode == 0)
    var binds = ["tcp://localhost:0"]
    if let probe = try? CoordinatorSocket(endpoint: "tcp://[::1]:0") {
      probe.close()
      binds.append("tcp://[::1]:0")
    }
    for (number, bind) in binds.enumerated() {
      for keys in [false, true] {
        let coordinator = try RunningCommand(
          ["coordinator", "study.yaml", "--bind", bind, "--study", "s\(number)\(keys)"]
            + (keys ? ["--keys", "keys/coordinator"] : []), in: place)
        let endpoint = try await coordinator.endpoint()
        let worker = try RunningCommand(
          ["worker", "--connect", endpoint, "--slots", "1"] + (keys ? ["--keys", "keys/worker-1"] : []), in: place)
        #expect(try await coordinator.end().exitCode == 0, "\(bind): \(coordinator.errors)\(worker.errors)")
        #expect(try await worker.end().exitCode == 0)
      }
    }
  }

  // MARK: The home folder

  @Test("run needs nothing of the home folder", arguments: ["/dev/null", "", "file", "nowhere", "unset"])
  func runWithoutHome(home: String) async throws {
    try place.writeStudy(layers: ["layer2.0.conv2"])
    try place.write("x", to: "file")
    let value = ["file", "nowhere"].contains(home) ? place.path(home) : home
    let arguments = ["-u", "XDG_CACHE_HOME"] + (home == "unset" ? ["-u", "HOME"] : ["HOME=\(value)"])
    let run = try RunningCommand(
      arguments + [RunningCommand.executable.path, "run", "study.yaml", "--slots", "1"], in: place,
      executable: URL(fileURLWithPath: "/usr/bin/env"))
    let result = try await run.end()
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(!place.exists("nowhere") && !place.exists("studies/tiny/spool"))
  }

  @Test("a worker without a place for results names the option and the variables", arguments: ["/dev/null", "file"])
  func workerWithoutHome(home: String) async throws {
    try place.write("x", to: "file")
    let value = home == "file" ? place.path(home) : home
    let worker = try RunningCommand(
      ["worker", "--connect", "tcp://127.0.0.1:1"], in: place, variables: ["HOME": value])
    let result = try await worker.end()
    #expect(result.exitCode == 1 && isOneLine(result.errors), "\(result.errors)")
    for word in ["--spool", "XDG_CACHE_HOME", "HOME", "Not a directory"] { #expect(result.errors.contains(word)) }
    #expect(!result.errors.contains("Cocoa") && !result.errors.contains("couldn"))
  }

  @Test("a fetch to the home folder that there is not says what to do, and no advice leads there")
  func fetchWithoutHome() async throws {
    let home = ["HOME": "/dev/null"]
    let fetch = try await RunningCommand(
      ["data", "fetch", "cifar10", "--address", "http://127.0.0.1:1/x.tar.gz"], in: place, variables: home
    ).end()
    #expect(fetch.exitCode == 1 && isOneLine(fetch.errors), "\(fetch.errors)")
    #expect(fetch.errors.contains("HOME") && fetch.errors.contains("DIR") && !fetch.errors.contains("Cocoa"))
    let verify = try await RunningCommand(["data", "verify"], in: place, variables: home).end()
    #expect(verify.exitCode == 1 && verify.errors.contains("HOME") && !verify.errors.contains("data fetch"))
    #expect(try await RunningCommand(["doctor"], in: place, variables: home).end().exitCode == 0)
  }

  @Test("what the system says comes without Foundation's numbers")
  func reasons() {
    func text(_ body: () throws -> Void) -> String {
      do { try body() } catch { return ProcessExit.describe(error) }
      return ""
    }
    let manager = FileManager.default
    let missing = text { _ = try String(contentsOfFile: "/nowhere/at/all", encoding: .utf8) }
    #expect(missing == "No such file or directory")
    let folder = text { try manager.createDirectory(atPath: "/dev/null/x/y", withIntermediateDirectories: true) }
    let removal = text { try manager.removeItem(atPath: "/nowhere/at/all") }
    for code in [4, 257, 513, 640, 642, 3840, 99999] {
      let text = text { throw NSError(domain: NSCocoaErrorDomain, code: code) }
      #expect(!text.isEmpty && !text.contains("Cocoa") && !text.contains("\(code)"), "\(text)")
    }
    for text in [folder, removal] { #expect(!text.isEmpty && !text.contains("Cocoa"), "\(text)") }
  }
}
