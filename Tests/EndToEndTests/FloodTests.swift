import Foundation
import Keys
import Messaging
import SearchProtocol
import Testing

/// What peers that send too much cost a live coordinator: its memory, its log, its record, and its response time for an
/// honest worker.
@Suite("floods", .serialized)
struct FloodTests {
  /// The volume of the floods, as a multiple of what suits a run of all tests.
  private static let factor =
    max(
      1,
      (ProcessInfo.processInfo.environment["LAYERSEARCH_ATTACK_MESSAGES"].flatMap { Int($0) } ?? 100_000) / 100_000)

  enum Flood: String, CaseIterable, CustomTestStringConvertible {
    case unknownAttempts = "hellos that list thousands of attempts"
    case long = "hellos of half a megabyte that only the general parser could read"
    case names = "hellos with ever new and long names"
    case unread = "questions whose answers nobody reads"
    case tinyFrames = "messages of tiny frames without an end"
    case largeFrames = "messages of 1 MiB frames without an end"
    case connections = "connections that say nothing, or half a handshake"

    var testDescription: String { rawValue }
    var needsRawPeers: Bool { [.unread, .tinyFrames, .largeFrames, .connections].contains(self) }
  }

  @Test(
    """
    a flood costs a coordinator a bounded amount of memory, an honest worker is answered, and the study finds what it \
    finds undisturbed
    """,
    arguments: Flood.allCases, [false, true])
  func flood(_ flood: Flood, keys: Bool) async throws {
    // `RawPeer` has no encryption; with keys, the same table of connections bounds what such floods cost.
    if keys, flood.needsRawPeers { return }
    let place = try Place()
    try place.writeStudy(layers: ["layer1.0.conv1", "layer2.0.conv2"])
    #expect(try await place.run("keygen", "keys", "--worker", "good", "--worker", "bad").exitCode == 0)
    var arguments = ["coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0", "--stay"]
    if keys { arguments += ["--keys", "keys/coordinator"] }
    let coordinator = try RunningCommand(arguments, in: place)
    let endpoint = try await coordinator.endpoint()
    let port = try #require(endpoint.split(separator: ":").last.flatMap { UInt16($0) })
    let context = try MessagingContext()
    func attacker(_ seed: UInt64) throws -> Attacker {
      try Attacker(
        endpoint, security: keys ? KeyFolder.workerSecurity(place.path("keys/bad")) : .plaintext, context: context,
        seed: seed)
    }
    let honest = try attacker(1)
    var longest = Duration.zero
    func isAnswered() async throws -> Bool {
      let start = ContinuousClock.now
      defer { longest = max(longest, start.duration(to: .now)) }
      return try await honest.greet("honest")
    }
    #expect(try await isAnswered())
    let before = residentMemory(of: coordinator.processID)

    // Sends at the pace at which the coordinator reads, so that the queues of this process stay empty.
    let attackers = try (2..<6).map { try attacker($0) }
    var peers: [RawPeer] = []
    switch flood {
    case .unknownAttempts:
      for round in 0..<40 * Self.factor {
        for (index, attacker) in attackers.enumerated() {
          try attacker.send(.hello(Self.hello("a\(index)", study: honest.study, listing: 9000)))
        }
        if round % 10 == 9 { #expect(try await isAnswered()) }
      }
    case .long:
      for round in 0..<40 * Self.factor {
        for (index, attacker) in attackers.enumerated() {
          var frames = try MessageCodec.encode(
            .hello(Self.hello("a\(index)", study: honest.study, listing: 9000)), id: 1)
          // Legal JSON, but not as this program writes it.
          frames[3] = [UInt8(ascii: " ")] + frames[3]
          attacker.send(frames)
        }
        if round % 10 == 9 { #expect(try await isAnswered()) }
      }
    case .names:
      for round in 0..<5000 * Self.factor {
        let name = "\(round)" + String(repeating: "n", count: 240)
        try attackers[round % 4].send(.hello(Attacker.hello(name)))
        if round % 1000 == 999 { #expect(try await isAnswered()) }
      }
    case .unread:
      let question = RawPeer.wire(try MessageCodec.encode(WorkerMessage.ready(Ready(freeSlots: 1)), id: 1))
      let block = (0..<100).flatMap { _ in question }
      peers = try (0..<30).map { _ in try #require(RawPeer(port: port, id: [])) }
      for _ in 0..<40 * Self.factor { for peer in peers { peer.write(block) } }
    case .tinyFrames, .largeFrames:
      let frame = [UInt8](repeating: 7, count: flood == .tinyFrames ? 0 : 1 << 20)
      let part = Array(RawPeer.wire([frame, []]).dropLast(2))
      let (count, most) = flood == .tinyFrames ? (32, 8 << 20) : (8, 256 << 20)
      await withTaskGroup { group in
        for _ in 0..<count {
          group.addTask {
            for _ in 0..<Self.factor { _ = RawPeer(port: port, id: [])?.write(endlessly: part, atMost: most) }
          }
        }
      }
    case .connections:
      for number in 0..<1000 * Self.factor {
        guard let peer = number % 3 == 0 ? RawPeer(port: port, id: []) : RawPeer(port: port) else { continue }
        if number % 3 == 1 { peer.write(Array(RawPeer.greeting.prefix(number % 64))) }
        peers.append(peer)
        if peers.count > 4000 { peers.removeFirst(1000) }
      }
    }
    #expect(try await isAnswered())
    let after = residentMemory(of: coordinator.processID)
    #expect(after.peak < 300_000_000, "from \(before.now) to \(after.peak) bytes")
    #expect(coordinator.errors.utf8.count < 100_000, "\(coordinator.errors.utf8.count) bytes of log")
    #expect(try databaseBytes(place) < 20_000_000 + 1_000_000 * Self.factor)

    var worker = ["worker", "--connect", endpoint, "--slots", "1"]
    if keys { worker += ["--keys", "keys/good"] }
    let good = try RunningCommand(worker, in: place)
    try await coordinator.wait(for: "the end of the study") { try await finishedJobs(place) == 4 }
    #expect(try await good.end().exitCode == 0)
    withExtendedLifetime(peers) {}
    for attacker in attackers + [honest] { attacker.close() }
    context.close()
    coordinator.send(SIGTERM)
    #expect(try await coordinator.end().exitCode == 0)
    if ProcessInfo.processInfo.environment["LAYERSEARCH_ATTACK_MESSAGES"] != nil {
      print(
        """
        \(flood.rawValue), keys \(keys): \(before.now) bytes before, \(after.now) after, \(after.peak) at most; an \
        honest hello was answered in \(longest) at the latest
        """)
    }
  }

  @Test("ids that a router would give out, taken by a peer, do not end a coordinator")
  func routingIDs() async throws {
    let place = try Place()
    try place.writeStudy()
    let coordinator = try place.start("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0")
    let port = try #require(try await coordinator.endpoint().split(separator: ":").last.flatMap { UInt16($0) })
    // Without a seed, `rand` gives the same numbers in every process: the router's first id consists of two of the
    // first few numbers, and the next ids follow it.
    srand(1)
    let numbers = (0..<40).map { _ in UInt32(bitPattern: rand()) }
    var taken: [RawPeer] = []
    for (low, high) in zip(numbers, numbers.dropFirst()) {
      for step in 0..<8 as Range<UInt32> {
        let number = (low | high << 31) &+ step
        let id = [0] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
        if let peer = RawPeer(port: port, id: id) { taken.append(peer) }
      }
    }
    for _ in 0..<20 { if let peer = RawPeer(port: port, id: []) { taken.append(peer) } }
    try await Task.sleep(for: .milliseconds(200))
    #expect(coordinator.isRunning)
    coordinator.send(SIGTERM)
    #expect(try await coordinator.end().wasKilled == false)
    withExtendedLifetime(taken) {}
  }

  @Test(
    """
    a message that does not validate is told once a peer, at the default level, with what was wrong; others are \
    counted
    """
  )
  func dropped() async throws {
    let place = try Place()
    try place.writeStudy()
    let coordinator = try place.start("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0")
    let context = try MessagingContext()
    let attacker = try Attacker(
      try await coordinator.endpoint(), security: .plaintext, context: context, seed: 1)
    #expect(try await attacker.greet("odd"))
    var frames = try MessageCodec.encode(WorkerMessage.ready(Ready(freeSlots: 1)), id: 1)
    frames[3] = Array("{\"freeSlots\":-1}".utf8)
    for _ in 0..<100 { attacker.send(frames) }
    #expect(try await attacker.greet("odd"))
    let lines = coordinator.errors.split(separator: "\n").filter { $0.contains("dropped") }
    #expect(lines.count == 1, "\(lines)")
    #expect(lines.allSatisfy { $0.contains("worker odd") && $0.contains("freeSlots is -1") }, "\(lines)")
    attacker.close()
    context.close()
    coordinator.send(SIGTERM)
    _ = try await coordinator.end()
  }

  private static func hello(_ name: String, study: String, listing count: Int) -> Hello {
    var hello = Attacker.hello(name)
    hello.study = study
    hello.slots = 4096
    hello.running = (0..<4000).map { AttemptReference(job: 1_000_000 + Int64($0), attempt: 1) }
    hello.finished = (0..<count).map { AttemptReference(job: 2_000_000 + Int64($0), attempt: 1) }
    return hello
  }

  private func databaseBytes(_ place: Place) throws -> Int {
    let folder = place.folder.appendingPathComponent("studies/tiny")
    return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: [.fileSizeKey])
      .reduce(0) { $0 + (try $1.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0) }
  }
}
