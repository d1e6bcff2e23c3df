import Foundation
import SearchCore
import TestSupport
import Testing

@Suite("what a study says while it goes on", .serialized)
struct SayingTests {
  private static let stamp = try? NSRegularExpression(
    pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d[+-]\\d\\d:\\d\\d ")

  private func hasTime(_ line: some StringProtocol) -> Bool {
    let line = String(line)
    return Self.stamp?.firstMatch(in: line, range: NSRange(line.startIndex..., in: line)) != nil
  }

  @Test("run --verbose has a line for each job's beginning and end, each line once and with its time")
  func verboseRun() async throws {
    let place = try Place()
    try place.writeStudy()
    let result = try await place.run("run", "study.yaml", "--slots", "2", "--verbose")
    #expect(result.exitCode == 0, "\(result.errors)")
    let lines = result.errors.split(separator: "\n")
    #expect(!lines.isEmpty && lines.allSatisfy(hasTime), "\(result.errors)")
    for job in 1...4 {
      #expect(lines.count { $0.contains("job \(job) begun") } == 1, "\(result.errors)")
      #expect(lines.count { $0.contains("job \(job) finished") && $0.contains("accuracy") } == 1)
    }
  }

  @Test("status of a running study tells what runs where; of a finished one, when it was and by how many workers")
  func status() async throws {
    let place = try Place()
    try place.writeLongerStudy()
    let running = try place.start("run", "study.yaml", "--slots", "1")
    var seen: [String: Any] = [:]
    try await running.wait(for: "an epoch in the status") {
      let result = try await place.run("status", "studies/tiny", "--json")
      guard result.exitCode == 0, let trainings = try object(result.output)["running"] as? [[String: Any]],
        let training = trainings.first, training["epoch"] is Int
      else { return !running.isRunning }
      seen = training
      return true
    }
    #expect(running.isRunning, "\(running.errors)")
    #expect(
      seen["epochs"] as? Int == 4 && seen["label"] is String && seen["host"] as? String != "" && seen["step"] is Int)
    #expect((seen["seconds_since_start"] as? Double ?? -1) >= 0)
    let text = try await place.run("status", "studies/tiny").output
    if text.contains("running  job") { #expect(text.contains("epoch") || text.contains("begun")) }
    running.send(SIGKILL)
    _ = try await running.end()
    // A file that a coordinator left behind is stale, and is ignored.
    try place.write("{\"trainings\":[],\"keyNames\":{}}", to: "studies/tiny/running.json")
    let stopped = try object(try await place.run("status", "studies/tiny", "--json").output)
    #expect((stopped["running"] as? [Any])?.isEmpty == true && stopped["ended"] == nil)

    let resumed = try await place.run("run", "study.yaml", "--resume")
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    #expect(!place.exists("studies/tiny/running.json"))
    let finished = try object(try await place.run("status", "studies/tiny", "--json").output)
    #expect(finished["workers_ever"] as? Int == 2 && finished["hosts_ever"] as? Int == 1)
    for key in ["began", "ended"] { #expect(hasTime("\(finished[key] ?? "") "), "\(key)") }
    #expect(finished["lasted_seconds"] is Double && finished["mixes_kernel_variants"] as? Bool == false)
    #expect((finished["highest"] as? [String: Any])?["seeds"] as? Int == 1 && finished["dense"] is [String: Any])
    let told = try await place.run("status", "studies/tiny").output
    #expect(told.contains("took ") && told.contains("2 workers on 1 host") && told.contains("highest  "), "\(told)")
  }

  @Test("a study that stops repeats all options, quoted for the shell")
  func resumption() async throws {
    let place = try Place()
    try place.writeStudy(trainImages: 1024, epochs: 50, file: "my study.yaml")
    let coordinator = try place.start(
      "coordinator", "my study.yaml", "--bind", "tcp://127.0.0.1:0", "--study", "in $HOME", "--lease-seconds", "30")
    _ = try await coordinator.endpoint()
    coordinator.send(SIGTERM)
    let end = try await coordinator.end()
    let command =
      "layersearch coordinator 'my study.yaml' --resume --bind tcp://127.0.0.1:0 --study 'in $HOME' --lease-seconds 30"
    #expect(end.exitCode == 1 && end.errors.contains("continue with: \(command)\n"), "\(end.errors)")
  }

  @Test(
    "a worker that finds no coordinator says why after the first attempt, once, and waits on",
    arguments: [
      ("tcp://127.0.0.1:1", "connection refused"),
      ("tcp://no-such-host.invalid:5555", "no-such-host.invalid does not resolve"),
      ("ipc:///tmp/layersearch-no-such-socket", "there is no socket"),
    ])
  func noCoordinator(endpoint: String, reason: String) async throws {
    let place = try Place()
    let worker = try place.start("worker", "--connect", endpoint, "--slots", "1")
    try await worker.wait(for: "the reason") { worker.errors.contains(reason) || !worker.isRunning }
    #expect(worker.isRunning, "\(worker.errors)")
    // The worker looks once more before it reports that it goes on waiting; it does not repeat the same reason.
    try await worker.wait(for: "word of waiting") { worker.errors.contains("waiting for the coordinator") }
    #expect(worker.errors.split(separator: "\n").count { $0.contains(reason) } == 1, "\(worker.errors)")
    #expect(worker.errors.contains("no coordinator at \(endpoint) since "))
    worker.send(SIGTERM)
    #expect(try await worker.end().exitCode == 0)
  }

  @Test("a host that accepts and is silent is told from a coordinator; when one comes there, the worker joins it")
  func silentHost() async throws {
    let place = try Place()
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, length) != 0 || listen(descriptor, 16) != 0
          ? -1 : getsockname(descriptor, address, &length)
      }
    }
    try #require(code == 0)
    let endpoint = "tcp://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    let worker = try place.start("worker", "--connect", endpoint, "--slots", "1")
    try await worker.wait(for: "the reason") { worker.errors.contains("does not answer as a coordinator does") }
    close(descriptor)
    try await worker.wait(for: "the next reason") { worker.errors.contains("now connection refused") }
    try place.writeStudy()
    let coordinator = try place.start("coordinator", "study.yaml", "--bind", endpoint)
    #expect(try await coordinator.end().exitCode == 0, "\(coordinator.errors)")
    #expect(try await worker.end().exitCode == 0, "\(worker.errors)")
  }
}

@Suite("terminals", .serialized)
struct TerminalTests {
  /// Returns what a command writes to a terminal with `columns` columns, standard output and error together.
  private func onTerminal(
    _ arguments: [String], columns: UInt16, variables: [String: String?], in place: Place
  ) async throws -> (text: String, exitCode: Int32) {
    let ends = try TerminalEnds(columns: Int(columns), rows: 24)
    var environment = ProcessInfo.processInfo.environment
    environment["HOME"] = place.folder.path
    environment["COLUMNS"] = nil
    for (key, value) in variables { environment[key] = value }
    let process = try StartedProcess(
      RunningCommand.executable.path, arguments, in: place.folder.path, environment: environment, output: ends.slave,
      errors: ends.slave)
    try ends.slave.close()
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      // On Linux, reading fails once the other end is closed.
      let count = read(ends.master, &buffer, buffer.count)
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    close(ends.master)
    return (String(decoding: bytes, as: UTF8.self), process.exitCode)
  }

  @Test("no escape codes on any terminal, and no line is wider than it", arguments: [20, 40, 80, 100] as [UInt16])
  func widths(columns: UInt16) async throws {
    let place = try Place()
    try place.writeStudy()
    let (text, code) = try await onTerminal(
      ["run", "study.yaml", "--slots", "2"], columns: columns, variables: ["TERM": "xterm"], in: place)
    #expect(code == 0, "\(text)")
    #expect(!text.contains("\u{1B}") && text.contains("\r"))
    // Each version of a line that is redrawn counts as a line.
    let drawn = text.split(whereSeparator: { $0 == "\r" || $0 == "\n" || $0 == "\r\n" })
    let bounded = drawn.filter {
      !$0.contains("layersearch export") && !$0.contains("study   ") && !$0.contains("formats")
    }
    #expect(bounded.filter { $0.contains("/4 jobs") || $0.contains("%") }.allSatisfy { $0.count <= columns }, "\(text)")
    #expect(text.contains("Accuracy") && text.contains("layer"), "\(text)")
  }

  @Test("a dumb terminal, or one without a name, gets plain lines", arguments: ["dumb", "", nil] as [String?])
  func dumb(kind: String?) async throws {
    let place = try Place()
    try place.writeStudy()
    let (text, code) = try await onTerminal(
      ["run", "study.yaml", "--slots", "2"], columns: 80, variables: ["TERM": kind], in: place)
    #expect(code == 0, "\(text)")
    #expect(!text.contains("\u{1B}"))
    #expect(text.replacing("\r\n", with: "\n").allSatisfy { $0 != "\r" }, "\(text)")
    #expect(text.contains("4/4 jobs"), "\(text)")
  }
}
