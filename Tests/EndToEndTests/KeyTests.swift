import Foundation
import Keys
import Messaging
import Testing

@Suite("keys", .serialized)
struct KeyTests {
  private func mode(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_mode & 0o777) : -1
  }

  @Test("a worker that is given the coordinator's keys, or the folder above its own, is told which to name")
  func foldersOfOthers() async throws {
    let place = try Place()
    #expect(try await place.run("keygen", "keys", "--workers", "2").exitCode == 0)
    for (folder, words) in [
      ("keys/coordinator", "these are the coordinator's own keys"), ("keys", "such as keys/worker-1"),
      ("nowhere", "cannot be read"),
    ] {
      let end = try await place.run("worker", "--connect", "tcp://127.0.0.1:1", "--keys", folder)
      #expect(end.exitCode == 1 && isOneLine(end.errors) && end.errors.contains(words), "\(end.errors)")
    }
  }

  @Test("keygen makes private folders and files, adds workers later, and writes over nothing")
  func keygen() async throws {
    let place = try Place()
    let first = try await place.run("keygen", "keys", "--workers", "2")
    #expect(first.exitCode == 0, "\(first.errors)")
    for folder in ["keys", "keys/coordinator", "keys/worker-1", "keys/worker-2"] {
      #expect(mode(place.path(folder)) == 0o700)
    }
    for owner in ["coordinator", "worker-1", "worker-2"] {
      #expect(mode(place.path("keys/\(owner)/secret-key")) == 0o600)
    }
    let secret = try String(contentsOfFile: place.path("keys/worker-1/secret-key"), encoding: .utf8)
    let list = place.path("keys/coordinator/authorized-keys")
    #expect(try AuthorizedKeysFile(path: list).keys.names.values.sorted() == ["worker-1", "worker-2"])

    let more = try object(try await place.run("keygen", "keys", "--worker", "node7", "--workers", "3", "--json").output)
    #expect((more["workers"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == ["node7", "worker-3"])
    #expect(try AuthorizedKeysFile(path: list).keys.names.count == 4)
    #expect(try String(contentsOfFile: place.path("keys/worker-1/secret-key"), encoding: .utf8) == secret)
    for text in [first.output, first.errors, "\(more)"] {
      #expect(!text.contains(secret.split(separator: "\n").last!))
    }

    let again = try await place.run("keygen", "keys", "--worker", "node7")
    #expect(again.exitCode == 1 && isOneLine(again.errors))
    for wrong in [["--worker", "../x"], ["--worker", "coordinator"], ["--worker", "a/b"], ["--workers", "0"]] {
      let result = try await RunningCommand(["keygen", "other"] + wrong, in: place).end()
      #expect(result.exitCode == 2 && isOneLine(result.errors), "\(wrong)")
      #expect(!place.exists("other"))
    }
  }

  @Test("a study with keys: strangers stay outside, secrets show nowhere, and the frontier is found")
  func study() async throws {
    let place = try Place()
    try place.writeStudy()
    for folder in ["keys", "strange"] { #expect(try await place.run("keygen", folder, "--workers", "1").exitCode == 0) }
    let coordinator = try place.start(
      "coordinator", "study.yaml", "--bind", "tcp://0.0.0.0:0", "--keys", "keys/coordinator")
    let endpoint = try await coordinator.endpoint().replacingOccurrences(of: "0.0.0.0", with: "127.0.0.1")

    let plain = try await place.run("worker", "--connect", endpoint)
    #expect(plain.exitCode == 1 && plain.errors.contains("--keys DIR"), "\(plain.errors)")
    // An unknown key pair, with the key of the right coordinator.
    let stranger = place.path("strange/worker-1")
    try FileManager.default.removeItem(atPath: stranger + "/coordinator-key")
    try FileManager.default.copyItem(
      atPath: place.path("keys/coordinator/public-key"), toPath: stranger + "/coordinator-key")
    let unknown = try await place.run("worker", "--connect", endpoint, "--keys", "strange/worker-1")
    #expect(unknown.exitCode == 1 && unknown.errors.contains("authorized keys"), "\(unknown.errors)")
    #expect(isOneLine(unknown.errors.split(separator: "\n").last.map { $0 + "\n" } ?? ""))
    // A known key pair that trusts only another coordinator.
    try place.copy("keys/worker-1", to: "mistaken")
    try FileManager.default.removeItem(atPath: place.path("mistaken/coordinator-key"))
    try FileManager.default.copyItem(
      atPath: place.path("strange/coordinator/public-key"), toPath: place.path("mistaken/coordinator-key"))
    let mistaken = try place.start("worker", "--connect", endpoint, "--keys", "mistaken")
    try await mistaken.wait(for: "advice") { mistaken.errors.contains("coordinator-key") }
    mistaken.send(SIGTERM)
    #expect(try await mistaken.end().exitCode == 0)
    #expect(coordinator.isRunning)
    try await coordinator.wait(for: "a line on the stranger") { coordinator.errors.contains("which is not authorized") }

    let worker = try place.start("worker", "--connect", endpoint, "--keys", "keys/worker-1", "--verbose")
    let arguments = try Data(contentsOf: URL(fileURLWithPath: "/proc/\(worker.processID)/cmdline"))
    let result = try await coordinator.end()
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.errors.contains(" (key worker-1) on "), "workers are called by their keys' names: \(result.errors)")
    let end = try await worker.end()
    #expect(end.exitCode == 0)
    #expect(end.errors.contains("job 1 begun: ") && end.errors.contains("job 1 finished: accuracy "), "\(end.errors)")
    for owner in ["coordinator", "worker-1"] {
      let text = try String(contentsOfFile: place.path("keys/\(owner)/secret-key"), encoding: .utf8)
      let digits = String(try #require(text.split(separator: "\n").last))
      #expect(digits.count == 64)
      for shown in [result.output, result.errors, end.output, end.errors, String(decoding: arguments, as: UTF8.self)] {
        #expect(!shown.contains(digits))
      }
    }
  }

  @Test("a worker whose line is taken away is shut out, another one that is added comes in, while the study runs")
  func rotation() async throws {
    let place = try Place()
    try place.writeStudy(trainImages: 2048, epochs: 30)
    #expect(try await place.run("keygen", "keys", "--workers", "1").exitCode == 0)
    let coordinator = try place.start(
      "coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0", "--keys", "keys/coordinator", "--heartbeat-seconds",
      "0.3", "--lease-seconds", "60")
    let endpoint = try await coordinator.endpoint()
    let first = try place.start("worker", "--connect", endpoint, "--keys", "keys/worker-1", "--slots", "1")
    try await coordinator.wait(for: "a running job") { try await runningJobs(place) > 0 }

    // A mistake in the list changes nothing.
    let list = "keys/coordinator/authorized-keys"
    let good = try String(contentsOfFile: place.path(list), encoding: .utf8)
    try place.write("nonsense\n", to: list)
    try await coordinator.wait(for: "a complaint") { coordinator.errors.contains("authorized-keys:1:") }
    #expect(first.isRunning)
    try place.write(good, to: list)

    #expect(try await place.run("keygen", "keys", "--worker", "node2").exitCode == 0)
    try await coordinator.wait(for: "the new key") { coordinator.errors.contains("2 keys are authorized now") }
    let second = try place.start("worker", "--connect", endpoint, "--keys", "keys/node2", "--slots", "1")
    try await coordinator.wait(for: "the second worker's job") { try await runningJobs(place) == 2 }

    let all = try String(contentsOfFile: place.path(list), encoding: .utf8)
    try place.write(all.split(separator: "\n").filter { !$0.hasSuffix(" worker-1") }.joined(separator: "\n"), to: list)
    let end = try await first.end()
    #expect(end.exitCode == 1 && end.errors.contains("authorized"), "\(end.errors)")
    try await coordinator.wait(for: "the job to be back") { try await runningJobs(place) == 1 }
    let again = try await place.run("worker", "--connect", endpoint, "--keys", "keys/worker-1")
    #expect(again.exitCode == 1)
    #expect(second.isRunning)
    second.send(SIGTERM)
    _ = try await second.end()
    coordinator.send(SIGTERM)
    let stopped = try await coordinator.end()
    #expect(
      stopped.exitCode == 1 && stopped.errors.contains("--resume --bind tcp://127.0.0.1:0 --keys keys/coordinator"))
  }

  @Test("keys that others may read, or that are none, are refused in one line before anything starts")
  func carelessness() async throws {
    let place = try Place()
    try place.writeStudy()
    #expect(try await place.run("keygen", "keys", "--workers", "1").exitCode == 0)
    func attempt(_ file: String, _ word: String) async throws {
      for arguments in [
        ["coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0", "--keys", "keys/coordinator"],
        ["worker", "--connect", "tcp://127.0.0.1:9", "--keys", "keys/worker-1"],
      ] where arguments.last == "keys/\(file.split(separator: "/")[0])" {
        let result = try await RunningCommand(arguments, in: place).end()
        #expect(result.exitCode == 1 && isOneLine(result.errors), "\(result.errors)")
        #expect(result.errors.contains(file) && result.errors.contains(word), "\(result.errors)")
        #expect(!place.exists("studies"))
      }
    }
    for (file, bits) in [("coordinator/secret-key", 0o640), ("worker-1/secret-key", 0o604)] {
      chmod(place.path("keys/\(file)"), mode_t(bits))
      try await attempt(file, "chmod 600")
      chmod(place.path("keys/\(file)"), 0o600)
    }
    chmod(place.path("keys/coordinator/authorized-keys"), 0o666)
    try await attempt("coordinator/authorized-keys", "chmod 644")
    chmod(place.path("keys/coordinator/authorized-keys"), 0o644)
    try place.write("what is this", to: "keys/worker-1/coordinator-key")
    try await attempt("worker-1/coordinator-key", "64 hexadecimal digits")
    let usage = try await place.run(
      "coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0", "--authorized-keys", "keys/x")
    #expect(usage.exitCode == 2 && isOneLine(usage.errors))
  }
}
