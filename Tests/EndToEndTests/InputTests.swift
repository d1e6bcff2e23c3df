import Foundation
import Testing

/// Input of commands: configurations that arrive slowly, paths to data, data of all kinds.
@Suite("reading what people give", .serialized)
struct InputTests {
  private let place: Place
  init() throws { place = try Place() }

  private func folder(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: place.path(name), withIntermediateDirectories: true)
  }

  /// Writes six files of the right size: 10,000 images each, all pixels of a file equal.
  private func writeImages(_ name: String, seed: UInt8 = 1) throws {
    try folder(name)
    for (index, file) in ((1...5).map { "data_batch_\($0)" } + ["test_batch"]).enumerated() {
      var bytes = [UInt8](repeating: seed &+ UInt8(index), count: 30_730_000)
      for record in 0..<10_000 { bytes[record * 3073] = UInt8(record % 10) }
      try Data(bytes).write(to: URL(fileURLWithPath: place.path("\(name)/\(file).bin")))
    }
  }

  private func writeStudy(path: String, to file: String) throws {
    try place.writeStudy(trainImages: 32, layers: ["layer2.0.conv2"], file: file)
    let text = try String(contentsOfFile: place.path(file), encoding: .utf8)
    try place.write(
      text.replacing("set: shapes10", with: "set: cifar10\n  path: \(path)").replacing(
        "validation_images: 64", with: "validation_images: 32"), to: file)
  }

  @Test("a configuration comes slowly, in pieces, with carriage returns, through a descriptor that does not block")
  func slowConfiguration() async throws {
    try place.writeStudy()
    let text = try String(contentsOfFile: place.path("study.yaml"), encoding: .utf8).replacing("\n", with: "\r\n")
    for (number, name) in ["-", "/dev/stdin"].enumerated() {
      let pipe = Pipe()
      _ = fcntl(pipe.fileHandleForReading.fileDescriptor, F_SETFL, O_NONBLOCK)
      let command = try RunningCommand(
        ["coordinator", name, "--bind", "tcp://127.0.0.1:0", "--study", "s\(number)"], in: place,
        input: pipe.fileHandleForReading)
      let bytes = Array(text.utf8)
      for start in stride(from: 0, to: bytes.count, by: 150) {
        try await Task.sleep(for: .milliseconds(60))
        pipe.fileHandleForWriting.write(Data(bytes[start..<min(start + 150, bytes.count)]))
      }
      try pipe.fileHandleForWriting.close()
      _ = try await command.endpoint()
      command.send(SIGTERM)
      _ = try await command.end()
    }
  }

  @Test("a relative data path begins at its configuration's folder, and the study keeps it whole")
  func relativePath() async throws {
    try folder("conf")
    try writeImages("conf/images")
    try writeImages("images", seed: 100)
    try writeStudy(path: "images  # beside this file", to: "conf/study.yaml")
    let coordinator = try place.start("coordinator", "conf/study.yaml", "--bind", "tcp://127.0.0.1:0")
    _ = try await coordinator.endpoint()
    coordinator.send(SIGTERM)
    _ = try await coordinator.end()
    let kept = try String(contentsOfFile: place.path("studies/tiny/configuration.yaml"), encoding: .utf8)
    #expect(kept.contains("/conf/images\"  # beside this file"), "\(kept)")

    // Resumed with the study's own configuration, in another folder, and with the original one.
    for file in ["studies/tiny/configuration.yaml", "conf/study.yaml"] {
      let again = try place.start(
        "coordinator", file, "--study", "studies/tiny", "--resume", "--bind", "tcp://127.0.0.1:0")
      _ = try await again.endpoint()
      again.send(SIGTERM)
      #expect(try await again.end().exitCode == 1)
    }
  }

  @Test("a data path of an earlier version begins at the working folder, and goes on to")
  func oldPath() async throws {
    try folder("conf")
    try writeImages("images")
    try writeStudy(path: "images", to: "conf/study.yaml")
    let coordinator = try place.start("coordinator", "conf/study.yaml", "--bind", "tcp://127.0.0.1:0")
    _ = try await coordinator.endpoint()
    coordinator.send(SIGTERM)
    _ = try await coordinator.end()
  }

  @Test("data verify tells other images from damaged ones, and --expect holds it to a hash")
  func verify() async throws {
    try writeImages("images")
    let output = try object(try await place.run("data", "verify", "images", "--json").output)
    let hash = try #require(output["content_hash"] as? String)
    #expect(output["authenticity"] as? String == "other")
    let told = try await place.run("data", "verify", "images", "--expect", String(hash.prefix(12)).uppercased())
    #expect(told.exitCode == 0 && told.output.contains("a complete set of other images"), "\(told.output)")
    for command in ["info", "verify"] {
      #expect(try await place.run("data", command, "images").output.contains("a complete set of other images"))
    }
    let other = try await place.run("data", "verify", "images", "--expect", "0123456789ab")
    #expect(other.exitCode == 1 && isOneLine(other.errors) && other.errors.contains("was expected"), "\(other.errors)")
    for wrong in ["0123", "xyz", ""] {
      #expect(try await place.run("data", "verify", "images", "--expect", wrong).exitCode == 2)
    }
    let fetch = try await place.run("data", "fetch", "cifar10", "images", "--address", "http://127.0.0.1:1/x.tar.gz")
    #expect(fetch.exitCode == 1 && fetch.errors.contains("not overwritten"), "\(fetch.errors)")

    try Data(count: 30_730_000).write(to: URL(fileURLWithPath: place.path("images/data_batch_4.bin")))
    for arguments in [["data", "verify", "images"], ["data", "info", "images"]] {
      let damaged = try await RunningCommand(arguments, in: place).end()
      #expect(damaged.exitCode == 1 && damaged.errors.contains("data_batch_4.bin: damaged: all its bytes are zero"))
    }
    #expect(try await place.run("doctor", "--data", "images").output.contains("damaged: all its bytes are zero"))
  }

  @Test("a data path that names something else says what is there and what to write")
  func wrongPath() async throws {
    try folder("cache/cifar-10-batches-py")
    try place.write("x", to: "cache/cifar-10-batches-py/data_batch_1")
    for (path, word) in [
      ("cache", "cache/cifar-10-batches-bin"), ("cache/cifar-10-batches-py", "for Python or Matlab"),
      ("$HOME/cache", "variables such as $HOME are not expanded"), ("study.yaml", "this is a file"),
      ("CACHE", "upper and lower case"),
    ] {
      try writeStudy(path: "'\(path)'", to: "study.yaml")
      let result = try await place.run("run", "study.yaml")
      #expect(result.exitCode == 1 && isOneLine(result.errors) && result.errors.contains(word), "\(result.errors)")
      #expect(!place.exists("studies"))
    }
  }

  @Test("keygen makes all keys or none")
  func keygenAtOnce() async throws {
    #expect(try await place.run("keygen", "keys", "--worker", "a").exitCode == 0)
    let list = place.path("keys/coordinator/authorized-keys")
    let before = try String(contentsOfFile: list, encoding: .utf8)
    // The last of the folders cannot be made.
    let result = try await place.run("keygen", "keys", "--worker", "b", "--worker", "a")
    #expect(result.exitCode == 1 && isOneLine(result.errors))
    #expect(!place.exists("keys/b"))
    #expect(try String(contentsOfFile: list, encoding: .utf8) == before)
    // A list with a byte order mark accepts further keys.
    try ("\u{FEFF}" + before.replacing("\n", with: "\r\n")).write(toFile: list, atomically: true, encoding: .utf8)
    chmod(list, 0o644)
    #expect(try await place.run("keygen", "keys", "--worker", "c").exitCode == 0)
    try Data([0xff, 0xfe, 0x61, 0]).write(to: URL(fileURLWithPath: list))
    let wide = try await place.run("keygen", "keys", "--worker", "d")
    #expect(wide.exitCode == 1 && wide.errors.contains("UTF-16") && !place.exists("keys/d"), "\(wide.errors)")
  }
}
