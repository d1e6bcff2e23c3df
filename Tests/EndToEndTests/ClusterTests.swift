import Foundation
import Testing

/// `cluster/ssh-workers` with an ssh that runs the command on this machine, under the host's name, all in one home.
@Suite("the ssh launcher", .serialized)
struct ClusterTests {
  private let place: Place
  private let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("cluster/ssh-workers")

  init() throws {
    place = try Place()
    try program(
      "ssh",
      """
      while [ "${1#-}" != "$1" ]; do shift 2; done
      echo "$1" >>"$CALLS"
      export HOST=$1; shift
      # As over a network: what runs there holds nothing open here. (Foundation takes a process for running meanwhile.)
      for descriptor in $(ls /proc/$$/fd); do [ "$descriptor" -le 2 ] || eval "exec $descriptor>&-"; done
      exec "$@"
      """)
    try program("uname", "echo \"$HOST\"")
  }

  private func program(_ name: String, _ text: String) throws {
    let folder = place.path("bin")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try place.write("#!/bin/bash\n\(text)\n", to: "bin/\(name)")
    chmod("\(folder)/\(name)", 0o755)
  }

  private func start(_ arguments: [String], input: FileHandle? = nil) throws -> RunningCommand {
    try RunningCommand(
      arguments, in: place,
      variables: [
        "PATH": place.path("bin") + ":/usr/bin:/bin", "CALLS": place.path("calls"),
        "LAYERSEARCH": RunningCommand.executable.path,
      ], executable: script, input: input)
  }

  private func run(_ arguments: String...) async throws -> RunningCommand.Result { try await start(arguments).end() }

  /// The process of each host's worker, by what is told of it.
  private func processes(_ text: String) -> [String: Int32] {
    var found: [String: Int32] = [:]
    for line in text.split(separator: "\n") {
      guard let place = line.range(of: "process ") else { continue }
      found[String(line.prefix { $0 != " " })] = Int32(line[place.upperBound...].prefix { $0.isNumber })
    }
    return found
  }

  @Test("hosts with one home have a worker each, and stop ends both")
  func sharedHome() async throws {
    try place.write("alpha slots=1 binary=\(RunningCommand.executable.path)\n", to: "alpha")
    try place.write(
      ["alpha", "beta"].map { "\($0) slots=1 binary=\(RunningCommand.executable.path)\n" }.joined(), to: "both")
    // Nobody listens there: workers wait.
    let connect = ["--connect", "tcp://127.0.0.1:1"]
    let first = try await start(["start", "--hosts", "alpha"] + connect).end()
    #expect(first.exitCode == 0, "\(first.output)\(first.errors)")
    let state = try await run("status", "--hosts", "both")
    #expect(state.exitCode == 1)
    #expect(processes(state.output).keys.sorted() == ["alpha"], "\(state.output)")

    let second = try await start(["start", "--hosts", "both"] + connect).end()
    let workers = processes(second.output)
    #expect(second.exitCode == 0 && second.output.contains("already running"), "\(second.output)\(second.errors)")
    #expect(workers.count == 2 && Set(workers.values).count == 2)
    #expect(workers["alpha"] == processes(first.output)["alpha"])
    let stopped = try await run("stop", "--hosts", "both")
    #expect(stopped.exitCode == 0 && stopped.output.components(separatedBy: "stopped").count == 3, "\(stopped.output)")
    for (_, process) in workers { #expect(kill(process, 0) != 0) }
    #expect(try await run("status", "--hosts", "both").output.components(separatedBy: "not running").count == 3)
  }

  @Test("a process with the number of an earlier worker is not taken for it")
  func anotherProcess() async throws {
    try place.write("alpha\n", to: "hosts")
    let other = try place.start("worker", "--connect", "tcp://127.0.0.1:1")
    let state = place.path(".cache/layersearch/hosts")
    _ = try await run("status", "--hosts", "hosts")
    // What an earlier version left counts, where it is alive.
    try FileManager.default.createDirectory(atPath: place.path(".cache/layersearch"), withIntermediateDirectories: true)
    try place.write("\(other.processID)\n", to: ".cache/layersearch/worker.pid")
    #expect(try await run("status", "--hosts", "hosts").exitCode == 0)
    try FileManager.default.removeItem(atPath: place.path(".cache/layersearch/worker.pid"))

    try place.write("alpha binary=/bin/true\n", to: "quick")
    _ = try await run("start", "--hosts", "quick", "--connect", "tcp://127.0.0.1:1")
    let folder = try #require(try FileManager.default.contentsOfDirectory(atPath: state).first)
    let text = try String(contentsOfFile: "\(state)/\(folder)/worker.pid", encoding: .utf8)
    // Number, start and boot; where the worker was gone at once, its start is not known.
    let boot = try #require(text.split(whereSeparator: \.isWhitespace).last)
    try "\(other.processID) 1 \(boot)\n".write(
      toFile: "\(state)/\(folder)/worker.pid", atomically: true, encoding: .utf8)
    let stopped = try await run("stop", "--hosts", "hosts")
    #expect(stopped.output.contains("not running"), "\(stopped.output)")
    #expect(other.isRunning)
  }

  @Test("keys are each host's own, also in one home")
  func keys() async throws {
    try place.write("alpha binary=/bin/echo\nbeta binary=/bin/echo\n", to: "hosts")
    let result = try await run("keys", "--keys", "keys", "--hosts", "hosts")
    #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
    for host in ["alpha", "beta"] {
      let folder = try #require(
        try FileManager.default.contentsOfDirectory(atPath: place.path(".config/layersearch/hosts"))
          .first { $0.hasPrefix("\(host)-") })
      #expect(
        try String(contentsOfFile: place.path(".config/layersearch/hosts/\(folder)/keys/secret-key"), encoding: .utf8)
          == String(contentsOfFile: place.path("keys/\(host)/secret-key"), encoding: .utf8))
    }
    let start = try await run("start", "--hosts", "hosts", "--with-keys", "--connect", "tcp://127.0.0.1:1")
    for line in start.output.split(separator: "\n") {
      let host = line.prefix { $0 != " " }
      #expect(line.contains("--keys \(place.path(".config/layersearch/hosts/\(host)-"))"), "\(line)")
    }
  }

  @Test(
    "a mistake in a later line is found before anything is done to the first host",
    arguments: [
      ("beta slots=none", ":2: slots=none: slots is a number from 1 to 4096"), ("beta slots=5000", ":2: slots=5000"),
      ("beta port=70000", ":2: port=70000: a port is a number from 1 to 65535"),
      ("beta color=red", ":2: 'color=red'"),
      ("alpha", ":2: alpha is named twice"), ("beta binary=\"/opt/x", ":2: a quotation mark \" is not closed"),
      ("beta data='/a b' 'c", ":2: a quotation mark ' is not closed"),
      ("beta binary=$HOME/x", ":2: binary=$HOME/x: variables"),
      ("slots=3", ":2: a line starts with"), ("beta binary=", ":2: binary= has no value"),
    ])
  func laterMistake(line: String, message: String) async throws {
    try place.write("alpha binary=/bin/echo\n\(line)\n", to: "hosts")
    for arguments in [["start", "--connect", "tcp://127.0.0.1:1"], ["stop"], ["status"], ["keys", "--keys", "keys"]] {
      let result = try await start(arguments + ["--hosts", "hosts"]).end()
      #expect(result.exitCode == 2)
      #expect(isOneLine(result.errors) && result.errors.hasPrefix("ssh-workers: hosts\(message)"), "\(result.errors)")
    }
    #expect(!place.exists("calls") && !place.exists("keys"))
  }

  @Test("a host that cannot have keys is found before keys are made or given to any")
  func impossibleKey() async throws {
    try place.write("alpha\nfe80::1\n", to: "hosts")
    let result = try await run("keys", "--keys", "keys", "--hosts", "hosts")
    #expect(result.exitCode == 2 && result.errors.contains("fe80::1"), "\(result.errors)")
    #expect(!place.exists("calls") && !place.exists("keys"))
  }

  @Test("paths may have spaces and a tilde; byte order marks, carriage returns, a missing last newline do not matter")
  func paths() async throws {
    for folder in ["my tools", "tools"] {
      try FileManager.default.createDirectory(atPath: place.path(folder), withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(atPath: place.path("\(folder)/ls"), withDestinationPath: "/bin/echo")
    }
    try place.write(
      "\u{FEFF}alpha binary=\"\(place.path("my tools"))/ls\" data='/a  b#c' # a comment\r\n\r\n# beta\r\n"
        + "gamma binary=~/tools/ls\r\n'delta' \"binary=~/my tools/ls\"", to: "hosts")
    let result = try await run("start", "--connect", "tcp://127.0.0.1:1", "--hosts", "hosts")
    let lines = result.output.split(separator: "\n").sorted()
    #expect(lines.map { $0.prefix { $0 != " " } } == ["alpha", "delta", "gamma"], "\(result.output)\(result.errors)")
    for line in lines { #expect(line.contains("ended at once: worker --connect tcp://127.0.0.1:1"), "\(line)") }
    #expect(lines.first?.hasSuffix("--data /a  b#c") == true, "\(lines)")
  }

  @Test("hosts come from standard input too, slowly and in pieces")
  func slowInput() async throws {
    let pipe = Pipe()
    // As a writer's other descriptors of the same pipe may be.
    _ = fcntl(pipe.fileHandleForReading.fileDescriptor, F_SETFL, O_NONBLOCK)
    let command = try start(
      ["start", "--connect", "tcp://127.0.0.1:1", "--hosts", "-"], input: pipe.fileHandleForReading)
    for piece in ["al", "pha binary=/bin/echo\nbeta", " binary=/bin/echo"] {
      try await Task.sleep(for: .milliseconds(150))
      pipe.fileHandleForWriting.write(Data(piece.utf8))
    }
    try pipe.fileHandleForWriting.close()
    let result = try await command.end()
    #expect(result.output.split(separator: "\n").count == 2, "\(result.output)\(result.errors)")
  }

  @Test("what is no text is refused")
  func noText() async throws {
    try Data([0xff, 0xfe, 0x61, 0]).write(to: URL(fileURLWithPath: place.path("utf16")))
    try Data([0x61, 0, 0x0a]).write(to: URL(fileURLWithPath: place.path("nul")))
    try Data(repeating: 0x0a, count: 1 << 21).write(to: URL(fileURLWithPath: place.path("long")))
    for (file, word) in [
      ("utf16", "is UTF-16"), ("nul", "NUL bytes"), ("long", "longer than 1 MiB"), (place.folder.path, "is a folder"),
      ("nowhere", "cannot read nowhere"),
    ] {
      let result = try await run("status", "--hosts", file)
      #expect(result.exitCode == 2 && isOneLine(result.errors) && result.errors.contains(word), "\(result.errors)")
    }
    #expect(!place.exists("calls"))
  }
}
