import Foundation
import Processes
import TestSupport
import Testing

@testable import Launching

/// A script in the place of `layersearch`, so that workers end as a test wants.
private struct FakeProgram {
  let place: TestSupport.Place
  let launch: LaunchFolder

  init(_ script: String) throws {
    place = try TestSupport.Place()
    launch = try LaunchFolder("test", in: place.path("launches"))
    try place.write("#!/bin/sh\n\(script)\n", to: "layersearch")
    chmod(place.path("layersearch"), 0o755)
  }

  func worker(_ options: [String] = []) -> WorkerInvocation {
    WorkerInvocation(
      executable: place.path("layersearch"), connect: "tcp://127.0.0.1:1", options: options, name: launch.name)
  }

  func wait(until condition: () async throws -> Bool) async throws {
    let end = Date().addingTimeInterval(60)
    while try await !condition() {
      guard Date() < end else { throw CancellationError() }
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}

@Suite("workers on this machine")
struct LocalPlaceTests {
  @Test("they begin, are listed, say what they wrote, and leave when told")
  func life() async throws {
    let program = try FakeProgram(
      "trap 'exit 0' TERM; echo \"$@\" | tr '\\n' ' '; echo begun; while :; do sleep 0.05; done")
    let place = LocalPlace(program.launch)
    let started = try await place.start(2, program.worker(["--data", "a b's $c"]))
    #expect(started.map(\.id) == ["w1", "w2"])
    #expect(try await place.list().map(\.state.word) == ["running", "running"])
    try await program.wait { try await place.log(of: started[0], lines: 5).contains("begun") }
    let log = try await place.log(of: started[0], lines: 5)
    #expect(log.contains("worker --connect tcp://127.0.0.1:1 --data a b's $c"))
    // As another process sees them.
    let other = LocalPlace(program.launch)
    try await other.stop([started[0]], now: false)
    try await program.wait { try await other.list()[0].state == .ended(.done, detail: nil) }
    try await other.stop([started[1]], now: true)
    try await program.wait { try await other.list()[1].state.word == "cancelled" }
    #expect(try await place.start(1, program.worker()).map(\.id) == ["w3"])
    try await place.stop(try await place.list(), now: true)
    try await program.wait { try await !place.list().contains { $0.state.isPresent } }
  }

  @Test("one that was told to leave is not told again")
  func toldOnce() async throws {
    let program = try FakeProgram("trap 'echo told' TERM; echo begun; while :; do sleep 0.05; done")
    let place = LocalPlace(program.launch)
    let started = try await place.start(1, program.worker())
    try await program.wait { try await place.log(of: started[0], lines: 5).contains("begun") }
    try await place.stop(started, now: false)
    try await program.wait { try await place.log(of: started[0], lines: 5).contains("told") }
    #expect(try await place.list().map(\.state) == [.leaving])
    for _ in 0..<3 { try await place.stop(started, now: false) }
    try await Task.sleep(for: .milliseconds(300))
    #expect(try await place.log(of: started[0], lines: 5) == "begun\ntold\n")
    try await place.stop(started, now: true)
    try await program.wait { try await !place.list()[0].state.isPresent }
  }

  @Test("one that fails tells why, one that is killed how")
  func failures() async throws {
    let program = try FakeProgram("[ \"$1\" != worker ] || echo 'layersearch: error: no data' >&2; exit 3")
    let place = LocalPlace(program.launch)
    _ = try await place.start(1, program.worker())
    try await program.wait { try await !place.list()[0].state.isPresent }
    #expect(
      try await place.list()[0].state == .ended(.failed, detail: "layersearch: error: no data"))
  }

  @Test("examined, it runs the probe there, and forgets what has ended")
  func examination() async throws {
    let program = try FakeProgram(
      "case \"$*\" in *--probe*) echo 'layersearch: error: no coordinator at X' >&2; exit 1 ;; esac; exit 0")
    let place = LocalPlace(program.launch)
    _ = try await place.start(1, program.worker())
    try await program.wait { try await !place.list()[0].state.isPresent }
    let error = await #expect(throws: LaunchError.self) { try await place.examine(program.worker()) }
    #expect(error?.description == "no coordinator at X")
    #expect(try await place.list().isEmpty)
    var missing = program.worker()
    missing.executable = "/no/such/layersearch"
    let absent = await #expect(throws: LaunchError.self) { try await place.examine(missing) }
    #expect(absent?.description.contains("there is no /no/such/layersearch") == true)
    missing.executable = "/bin/true"
    let other = await #expect(throws: LaunchError.self) { try await place.examine(missing) }
    #expect(other?.description == "/bin/true reports nothing about the coordinator: name layersearch with --binary")
  }
}

@Suite("workers on hosts by ssh")
struct SSHPlaceTests {
  private let program: FakeProgram
  init() throws { program = try FakeProgram("[ \"$1\" != worker ] || sleep 600") }

  /// A script in the place of `ssh`, which runs its commands on this machine, with a cache folder for each host.
  /// - Parameter script: The last lines of the script; `$1` is the host.
  private func ssh(_ script: String) throws -> String {
    let path = program.place.path("ssh")
    try program.place.write(
      """
      #!/bin/bash
      while [ "${1#-}" != "$1" ]; do shift 2; done
      export XDG_CACHE_HOME=\(program.place.path("caches"))/$1
      \(script)
      """, to: "ssh")
    chmod(path, 0o755)
    return path
  }

  @Test("a host where starts fail is left alone for a while, and the others are not")
  func failures() async throws {
    let files = program.place
    let ssh = try ssh(
      """
      text=$(cat)
      echo "$1 ${text%%$'\\n'*}" >>\(files.path("calls"))
      exec sh -c "$text"
      """)
    let place = try SSHPlace(
      program.launch, [SSHPlace.hostsSetting: "first\nbad binary=/no/layersearch\nlast\n"], ssh: ssh)
    func starts() throws -> [String] {
      try String(contentsOfFile: files.path("calls"), encoding: .utf8).split(separator: "\n")
        .filter { $0.contains(" set -- start ") }.compactMap { $0.split(separator: " ").first.map(String.init) }
    }
    let started = try await place.start(3, program.worker())
    #expect(started.map(\.id) == ["first#1", "last#1"])
    let reason = "bad: there is no /no/layersearch: install it there, or name it with --binary"
    #expect(place.refused == [reason])
    #expect(try await place.start(1, program.worker()).isEmpty)
    #expect(try starts().sorted() == ["bad", "first", "last"])
    // A host whose worker has ended gets another one at once.
    try await place.stop([started[1]], now: true)
    try await program.wait { try await place.list().filter(\.state.isPresent).map(\.id) == ["first#1"] }
    #expect(try await place.start(2, program.worker()).map(\.id) == ["last#2"])
    try await place.stop(try await place.list(), now: true)
    try await program.wait { try await !place.list().contains { $0.state.isPresent } }
    // If no worker is left, the reason for the refusal is the launch's error.
    let alone = try SSHPlace(program.launch, [SSHPlace.hostsSetting: "bad binary=/no/layersearch\n"], ssh: ssh)
    let error = await #expect(throws: LaunchError.self) { try await alone.start(1, program.worker()) }
    #expect(error?.description == reason)
  }

  @Test("hosts are taken in their order, whoever answers first, and workers are known by their hosts' own names")
  func order() async throws {
    let ssh = try ssh("[ \"$1\" != slow ] || sleep 0.5\nexec sh")
    let place = try SSHPlace(program.launch, [SSHPlace.hostsSetting: "slow\n10.0.0.7\nlast\n"], ssh: ssh)
    #expect(try await place.start(1, program.worker()).map(\.id) == ["slow#1"])
    #expect(try await place.start(2, program.worker()).map(\.id) == ["10.0.0.7#1", "last#1"])
    let listed = try await place.list()
    #expect(listed.map(\.host) == ["slow", "10.0.0.7", "last"])
    let demand = ScalingDemand(openJobs: 1, idleWorkers: ["\(HostName.current ?? "")-\(listed[1].processID ?? 0)-abc"])
    #expect(listed.map(demand.isIdle) == [false, true, false])
    try await place.stop(listed, now: true)
    try await program.wait { try await !place.list().contains { $0.state.isPresent } }
  }

  @Test("each failure in a row keeps a host out for twice as long, a start that succeeds ends that")
  func waits() {
    let failures = HostFailures()
    var now = 100.0
    for wait in [5.0, 10, 20, 40, 80, 160, 320, 600, 600] {
      #expect(failures.mayStart(on: "a", at: now))
      failures.note("a: no", at: "a", now)
      #expect(!failures.mayStart(on: "a", at: now + wait - 1) && failures.mayStart(on: "b", at: now))
      now += wait
    }
    failures.note(nil, at: "a", now)
    #expect(failures.refused.isEmpty && failures.mayStart(on: "a", at: now))
  }
}

@Suite("what launches are told")
struct LaunchInputTests {
  @Test("ranges of workers", arguments: ["4", "1:1", "0:7", "2:50", "10000"])
  func range(text: String) throws { #expect(WorkerRange(text)?.description == (text == "1:1" ? "1" : text)) }

  @Test(
    "what is none", arguments: ["", "0", ":", "1:", ":4", "5:2", "1:2:3", "-1:2", "+1", "1 :2", "0:0", "10001", "٣"])
  func noRange(text: String) { #expect(WorkerRange(text) == nil) }

  @Test("files of hosts")
  func hosts() throws {
    let text = """
      \u{20}
      # all of them
      node1.example.org
      alice@node3   port=2222 slots=16 binary=~/bin/layersearch data="/scratch/my data" # there
      """
    let hosts = try HostsFile(text, name: "hosts").hosts
    #expect(
      hosts == [
        HostsFile.Host(name: "node1.example.org"),
        HostsFile.Host(
          name: "alice@node3", port: 2222, slots: 16, binary: "~/bin/layersearch", data: "/scratch/my data"),
      ])
  }

  @Test(
    "mistakes in them are named with their line",
    arguments: [
      ("a\na", "hosts:2: a is named twice"), ("a port=0", "hosts:1: port=0: a port must be a number from 1 to 65535"),
      ("a\n\nb slots=x", "hosts:3: slots=x: slots must be a number"), ("-x", "hosts:1: a line must start with"),
      ("a what", "hosts:1: unknown option 'what'"), ("a data=", "hosts:1: data= has no value"),
      ("a data='b", "hosts:1: a quotation mark ' is not closed"), ("a data=$HOME", "variables are not expanded"),
      ("# none", "hosts lists no host"),
    ])
  func mistakes(text: String, message: String) {
    let error = #expect(throws: LaunchError.self) { try HostsFile(text, name: "hosts") }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    #expect(error?.kind == .usage)
  }

  @Test("a launch's name is safe in paths and commands, and follows from its place and address")
  func names() throws {
    #expect(LaunchFolder.name(of: .slurm, connect: "tcp://10.0.0.1:5555") == "slurm-10.0.0.1-5555")
    #expect(LaunchFolder.isLegal(LaunchFolder.name(of: .local, connect: "ipc:///tmp/ä b")))
    for name in ["", "..", "-x", "a/b", "a b", String(repeating: "a", count: 61)] {
      #expect(!LaunchFolder.isLegal(name), "\(name)")
    }
  }
}
