import Foundation
import Services
import Testing

/// What a machine really has: processors, memory, addresses, a home folder or none.
@Suite("what a machine really has", .serialized)
struct MachineTests {
  private let place: Place
  init() throws { place = try Place() }

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

  @Test(
    "a control group's processors and memory are what doctor, worker and plan go by",
    .enabled(if: ConfinedGroup.canBeMade))
  func controlGroup() async throws {
    let group = try #require(ConfinedGroup())
    #expect(group.limit(processors: 0.5) && group.limit(memory: 300_000_000))
    let doctor = try object(try await group.run("doctor", "--json", in: place).end().output)
    #expect(doctor["usable_cores"] as? Int == 1)
    let memory = try #require(doctor["memory_bytes"] as? Int)
    // The kernel rounds to pages.
    #expect((299_900_000...300_000_000).contains(memory))
    let time = try #require(doctor["processor_time_limit"] as? [String: Any])
    #expect(time["value"] as? Double == 0.5)
    #expect((time["file"] as? String)?.hasPrefix(group.folder(of: "cpu")) == true)
    let text = try await group.run("doctor", in: place).end().output
    #expect(text.contains("of which this process may have 300 MB (\(group.folder(of: "memory"))/"), "\(text)")

    let worker = try group.run("worker", "--connect", "tcp://127.0.0.1:1", "--memory-per-job", "1GB", in: place)
    try await worker.wait(for: "its slots") { worker.errors.contains(" slots, ") }
    #expect(worker.errors.contains(", 1 slots, ") && worker.errors.contains("do not fit into the 300 MB"))
    worker.send(SIGTERM)
    _ = try await worker.end()

    try place.writeStudy()
    let plan = try object(
      try await group.run("plan", "study.yaml", "--images-per-second", "1000", "--json", in: place).end().output)
    #expect(plan["workers"] as? Int == 1)
  }

  @Test(
    "a group that may run on one processor has one slot, and doctor names the file",
    .enabled(if: ConfinedGroup.canBeMade && ProcessInfo.processInfo.processorCount > 1))
  func cpuset() async throws {
    let group = try #require(ConfinedGroup())
    #expect(group.allow(processors: "0"))
    let doctor = try await group.run("doctor", in: place).end().output
    #expect(doctor.contains("of which this process may use 1 (\(group.folder(of: "cpuset"))/cpuset."), "\(doctor)")
  }

  @Test(
    "an engine that the kernel kills for its group's memory is told as such, and the worker goes on",
    .enabled(if: ConfinedGroup.canBeMade))
  func memoryOfGroup() async throws {
    let group = try #require(ConfinedGroup())
    #expect(group.limit(memory: 200_000_000))
    // Activations of 512 images do not fit.
    try place.writeStudy(trainImages: 1024, layers: ["layer1.0.conv1"])
    let study = try String(contentsOfFile: place.path("study.yaml"), encoding: .utf8)
    try place.write(study.replacing("batch: 16", with: "batch: 512"), to: "study.yaml")
    let coordinator = try place.start("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0", "--study", "s")
    let worker = try group.run("worker", "--connect", try await coordinator.endpoint(), "--slots", "1", in: place)
    try await worker.wait(for: "a failure") { worker.errors.contains("most likely for lack of memory") }
    #expect(group.memoryKills > 0 && worker.isRunning)
    for command in [worker, coordinator] {
      command.send(SIGTERM)
      _ = try await command.end()
    }
  }

  // MARK: Addresses

  @Test(
    "addresses that cannot be are one line each",
    arguments: [
      ("tcp://:5555", "the host is missing"), ("tcp://::1:5555", "must be in brackets"),
      ("tcp://[::1]", "the port is missing"),
      ("tcp://[::1:5555", "the bracket is not closed"), ("tcp://[::1]5555", "a colon and the port must follow"),
      ("tcp://[127.0.0.1]:5555", "is not an IPv6 address"), ("tcp://[localhost]:5555", "is not an IPv6 address"),
      ("tcp://[]:5555", "is not an IPv6 address"), ("tcp://[::g]:5555", "is not an IPv6 address"),
      ("tcp://x[::1]:5555", "brackets must enclose"), ("tcp://::1]:5555", "brackets must enclose"),
      ("tcp://[::1]:99999", "port 99999 is not a number"), ("tcp://[fe80::1%none0]:5555", "no interface none0"),
      ("tcp://[fe80::1%]:5555", "the interface after % is missing"),
    ])
  func badAddresses(endpoint: String, word: String) async throws {
    try place.writeStudy()
    for arguments in [["worker", "--connect", endpoint], ["coordinator", "study.yaml", "--bind", endpoint]] {
      let result = try await RunningCommand(arguments, in: place).end()
      #expect(result.exitCode == 2 && isOneLine(result.errors) && result.errors.contains(word), "\(result.errors)")
    }
    let everywhere = try await place.run("worker", "--connect", "tcp://[::]:5555")
    #expect(everywhere.exitCode == 2 && everywhere.errors.contains("not an address to connect to"))
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
}
