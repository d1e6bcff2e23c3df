import Foundation
import Keys
import Messaging
import SearchProtocol
import Testing

@Suite("attack", .serialized)
struct AttackTests {
  /// The total number of messages. LAYERSEARCH_ATTACK_MESSAGES makes the test longer.
  private static let messages =
    ProcessInfo.processInfo.environment["LAYERSEARCH_ATTACK_MESSAGES"].flatMap { Int($0) } ?? 100_000

  @Test(
    """
    a live coordinator outlives wrong keys, raw bytes, and a hundred thousand random, mutated, replayed and oversized \
    messages of someone with a key: its memory stays bounded, and the study finds what it finds undisturbed
    """
  )
  func attack() async throws {
    let (calm, place) = (try Place(), try Place())
    for place in [calm, place] { try place.writeStudy(trainImages: 512, layers: ["layer1.0.conv1", "layer2.0.conv2"]) }
    #expect(try await calm.run("run", "study.yaml", "--slots", "1").exitCode == 0)
    let expected = try await untimedCSV(calm)
    #expect(expected.count == 5)

    #expect(
      try await place.run("keygen", "keys", "--worker", "good", "--worker", "bad1", "--worker", "bad2").exitCode == 0)
    let coordinator = try place.start(
      "coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0", "--keys", "keys/coordinator", "--stay",
      "--heartbeat-seconds", "0.5", "--lease-seconds", "3")
    let endpoint = try await coordinator.endpoint()
    let port = try #require(endpoint.split(separator: ":").last.flatMap { UInt16($0) })
    let context = try MessagingContext()
    let insider = try KeyFolder.workerSecurity(place.path("keys/bad1"))
    let reporter = try KeyFolder.workerSecurity(place.path("keys/bad2"))
    let server = try KeyFile.readPublic(place.path("keys/coordinator/public-key"))
    func attacker(_ security: SocketSecurity, _ seed: UInt64) throws -> Attacker {
      try Attacker(endpoint, security: security, context: context, seed: seed)
    }
    // Greets before there is a worker: a peer that greets after the end of the study is not told the study's name.
    let liar = try attacker(reporter, 1)
    #expect(try await liar.greet("liar"))
    let study = liar.study
    // Warms up: every kind of work is done once.
    let worker = try place.start("worker", "--connect", endpoint, "--keys", "keys/good", "--slots", "1")
    try await coordinator.wait(for: "a job that has begun") {
      // On a loaded machine a short training may end between two checks.
      if try await runningJobs(place) > 0 { return true }
      return try await finishedJobs(place) > 0
    }
    let before = residentMemory(of: coordinator.processID)

    // Strangers: with an unknown key, without a key, and without ZeroMQ. Some stay connected and send nothing.
    var strangers: [Attacker] = []
    for seed in 0..<20 {
      let keys = SocketSecurity.client(try KeyPair.random(), server: server)
      let stranger = try attacker(seed % 2 == 0 ? keys : .plaintext, UInt64(100 + seed))
      for message in Attacker.messages("stranger", study: study) { try stranger.send(message) }
      for message in Attacker.coordinatorsMessages(study: study) { try stranger.send(message) }
      strangers.append(stranger)
    }
    var raw: [RawConnection] = []
    let noise = try attacker(insider, 2)
    for number in 0..<200 {
      guard let connection = RawConnection(port: port) else { continue }
      switch number % 5 {
      case 0: connection.send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
      case 1: connection.send(noise.noise().flatMap { $0 } + [UInt8](repeating: 0xff, count: 20_000))
      // A greeting of ZMTP 3 that asks for CURVE, followed by a command that claims to be very long, or by nothing.
      case 2, 3:
        var greeting: [UInt8] = [0xff] + [UInt8](repeating: 0, count: 8) + [0x7f, 3, 1]
        greeting += Array("CURVE".utf8) + [UInt8](repeating: 0, count: 64 - 12 - 5)
        connection.send(greeting + (number % 5 == 2 ? [6, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0] : []))
      default: break
      }
      raw.append(connection)
    }

    // With keys: bytes that are no message, damaged messages, replayed messages, and messages that are far too long.
    #expect(try await noise.greet("noise"))
    let templates =
      try Attacker.messages("noise", study: "another").map { try MessageCodec.encode($0, id: 1) }
      + Attacker.coordinatorsMessages(study: "another").map { try MessageCodec.encode($0, id: 1) }
    for number in 0..<Self.messages {
      switch number % 8 {
      case 0..<4: noise.send(noise.noise())
      case 4: noise.send(noise.replay())
      default: noise.send(noise.mutated(templates[number / 8 % templates.count]))
      }
      // Waits for the coordinator to read; otherwise the queue of this process would hold all messages.
      if number % 5000 == 4999 {
        #expect(try await noise.greet("noise"), "nothing is answered after \(number) messages")
        #expect(coordinator.isRunning)
      }
    }
    // Reports the good worker's attempts as failed and as returned, from a peer that does not have them.
    for job in 1...8 as ClosedRange<Int64> {
      for attempt in 1...3 {
        let reference = AttemptReference(job: job, attempt: attempt)
        try liar.send(.result(AttemptReport(reference: reference, study: study, outcome: .failed(reason: "a lie"))))
        try liar.send(.result(AttemptReport(reference: reference, study: study, outcome: .returned(reason: "a lie"))))
      }
    }
    #expect(try await liar.greet("liar"))
    // The name of another peer, and versions of the protocol that do not exist.
    try noise.send(.hello(Attacker.hello("liar")))
    let unknown = ProtocolVersion.newest + 1
    try noise.send(.hello(Attacker.hello("old", oldest: unknown, newest: unknown)))
    let large = try attacker(insider, 3)
    #expect(try await large.greet("large"))
    let header: [[UInt8]] = [Array("LYSR".utf8) + [1], [6], [UInt8](repeating: 0, count: 8)]
    for size in [1 << 20, 1 << 20, (1 << 20) + 1, 1 << 19, 1 << 17] {
      large.send(header + [[UInt8](repeating: UInt8(ascii: "["), count: size)])
      large.send(header + [Array("[".utf8) + [UInt8](repeating: UInt8(ascii: ","), count: size - 2)])
      large.send(header + [Array(("{\"running\":[" + String(repeating: "1,", count: size / 2 - 10) + "1]}").utf8)])
    }
    large.send([[UInt8]](repeating: [UInt8](repeating: 7, count: 100), count: 5000))
    #expect(try await large.greet("large"))
    for _ in 0..<20 { large.send(header + [[UInt8](repeating: 0, count: 3 << 20)]) }
    #expect(try await large.greet("large"))
    // A peer that requests much and reads nothing costs bounded memory, too.
    let data = ContentRequest(contentHash: Attacker.hash, offset: 0, length: ContentPiece.maximumBytes, returned: [])
    for _ in 0..<2000 { try large.send(WorkerMessage.contentRequest(data)) }
    #expect(try await large.greet("large"))

    let after = residentMemory(of: coordinator.processID)
    #expect(after.now - before.now < 100_000_000, "from \(before.now) to \(after.now) bytes")
    #expect(after.peak < 500_000_000, "\(after.peak) bytes at most")
    try await coordinator.wait(for: "the end of the study") { try await finishedJobs(place) == 4 }
    #expect(try await worker.end().exitCode == 0)
    #expect(try await untimedCSV(place) == expected)
    let status = try object(try await place.run("status", "studies/tiny", "--json").output)
    #expect((status["jobs"] as? [String: Any])?["failed"] as? Int == 0)
    #expect(coordinator.errors.utf8.count < 200_000, "\(coordinator.errors.utf8.count) bytes of log")
    coordinator.send(SIGTERM)
    #expect(try await coordinator.end().exitCode == 0)
    for attacker in strangers + [noise, liar, large] { attacker.close() }
    withExtendedLifetime(raw) {}
    context.close()
    if ProcessInfo.processInfo.environment["LAYERSEARCH_ATTACK_MESSAGES"] != nil {
      print("resident memory: \(before.now) bytes before, \(after.now) after, \(after.peak) at most")
    }
  }
}
