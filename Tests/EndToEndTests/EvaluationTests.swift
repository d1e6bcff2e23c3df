import Foundation
import Testing

@Suite("evaluate", .serialized)
struct EvaluationTests {
  private let place: Place
  init() throws { place = try Place() }

  private func train(_ arguments: String...) async throws -> [String: Any] {
    let settings = [
      "train", "--model", "resnet8", "--data", "shapes10", "--train-images", "96", "--test-images", "100", "--epochs",
      "2", "--batch", "32", "--learning-rate", "0.05", "--json", "--quiet",
    ]
    let result = try await RunningCommand(settings + arguments, in: place).end()
    #expect(result.exitCode == 0, "\(result.errors)")
    return try object(result.output)
  }

  @Test(
    "it gives the very accuracy and loss that train printed for the same images",
    arguments: [
      ["--candidate", "dense"], ["--candidate", "layer1.0.conv1=4,fc=3"], ["--rank", "8", "--variant", "full"],
    ])
  func same(network: [String]) async throws {
    var trained: [String: Any] = [:]
    switch network.count {
    case 2: trained = try await train(network[0], network[1], "--checkpoint", "net.ckpt")
    default: trained = try await train(network[0], network[1], network[2], network[3], "--checkpoint", "net.ckpt")
    }
    let result = try await place.run("evaluate", "net.ckpt", "--data", "shapes10", "--test-images", "100", "--json")
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    let values = try object(result.output)
    for key in ["test_accuracy", "test_loss", "parameters", "multiply_adds"] {
      #expect(values[key] as? Double == trained[key] as? Double && values[key] != nil, "\(key)")
    }
    for key in ["model", "candidate", "kernel_variant"] {
      #expect(values[key] as? String == trained[key] as? String, "\(key)")
    }
    #expect(values["test_images"] as? Int == 100 && values["epochs_done"] as? Int == 2 && values["seed"] as? Int == 1)
    #expect((values["seconds"] as? Double ?? 0) > 0 && (values["images_per_second"] as? Double ?? 0) > 0)
    // Without --data, the checkpoint's own data set is used. The output for people.
    let text = try await place.run("evaluate", "net.ckpt", "--test-images", "100")
    let accuracy = try #require(values["test_accuracy"] as? Double)
    let percent = String(format: "%.2f", accuracy * 100)
    #expect(text.output.contains("test accuracy  \(percent) %"), "\(text.output)")
    #expect(text.output.contains("trained        2 of 2 epochs, seed 1"), "\(text.output)")
  }

  @Test("logits go to standard output alone; a network that cannot be written where it was to be is kept elsewhere")
  func outputs() async throws {
    let settings = [
      "train", "--model", "resnet8", "--data", "shapes10", "--train-images", "96", "--test-images", "100", "--epochs",
      "2", "--batch", "32", "--learning-rate", "0.05", "--json", "--quiet", "--checkpoint", "/dev/full",
    ]
    let full = try await RunningCommand(settings, in: place).end()
    #expect(full.exitCode == 1 && isOneLine(full.errors), "\(full.errors)")
    let kept = try #require(try object(full.output)["checkpoint"] as? String)
    #expect(full.errors.contains("No space left on device") && full.errors.contains("is saved in \(kept)"))
    let tensors = try await place.shell(
      "layersearch evaluate '\(kept)' --test-images 5 --logits - > out; wc -c out")
    #expect(tensors.errors.contains("test accuracy") && tensors.output == "376 out\n", "\(tensors.output)")
    let both = try await place.run("evaluate", kept, "--logits", "-", "--json")
    #expect(both.exitCode == 2 && both.output.isEmpty && isOneLine(both.errors), "\(both.errors)")
  }

  @Test("it scores what the network was trained on, and what was held out, and says which")
  func splits() async throws {
    let trained = try await train("--checkpoint", "net.ckpt")
    func evaluated(_ arguments: String...) async throws -> [String: Any] {
      let result = try await RunningCommand(["evaluate", "net.ckpt", "--json"] + arguments, in: place).end()
      #expect(result.exitCode == 0, "\(arguments): \(result.errors)")
      return try object(result.output)
    }
    let training = try await evaluated("--split", "training")
    #expect(training["training_images"] as? Int == 96 && training["split"] as? String == "training")
    let validation = try await evaluated("--split", "validation")
    #expect(validation["validation_images"] as? Int == 2000 && validation["test_accuracy"] == nil)
    let losses = [training["training_loss"], validation["validation_loss"], trained["test_loss"]].map { $0 as? Double }
    #expect(!losses.contains(nil) && Set(losses).count == 3, "\(losses)")
    let test = try await evaluated("--split", "test", "--test-images", "100")
    #expect(test["test_loss"] as? Double == losses[2] && test["split"] as? String == "test")
    let text = try await place.run("evaluate", "net.ckpt", "--split", "training")
    #expect(text.output.contains("training accuracy  ") && text.output.contains("training images  96 of shapes10"))
    for (arguments, word) in [
      (["--split", "training", "--test-images", "5"], "--test-images requires the split test"),
      (["--split", "validation", "--data", "elsewhere"], "was trained on shapes10, but the data set is cifar10"),
      (["--split", "everything"], "--split"),
    ] {
      let result = try await RunningCommand(["evaluate", "net.ckpt"] + arguments, in: place).end()
      #expect(result.exitCode == 2 && isOneLine(result.errors), "\(arguments): \(result.errors)")
      #expect(result.errors.contains(word) && result.output.isEmpty, "\(arguments): \(result.errors)")
    }
  }

  @Test("a training broken off at every epoch's end goes on to the network and the numbers of the unbroken one")
  func everyEpoch() async throws {
    for candidate in ["dense", "layer2.0.conv1=8"] {
      let arguments = [
        "train", "--model", "resnet8", "--candidate", candidate, "--data", "shapes10", "--train-images", "64",
        "--test-images", "64", "--epochs", "4", "--batch", "32", "--learning-rate", "0.05", "--checkpoint-every", "1",
        "--json", "--quiet",
      ]
      let whole = try await RunningCommand(arguments + ["--checkpoint", "whole.ckpt"], in: place).end()
      let expected = try object(whole.output)
      let network = try Data(contentsOf: URL(fileURLWithPath: place.path("whole.ckpt")))
      for epoch in 1...3 {
        // Killed just before it writes the next checkpoint.
        let killed = try await RunningCommand(
          arguments + ["--checkpoint", "net.ckpt"], in: place,
          variables: ["LAYERSEARCH_FAILPOINT": "file.before-write:\(epoch + 1)"]
        ).end()
        #expect(killed.wasKilled)
        let halfway = try object(try await place.run("evaluate", "net.ckpt", "--test-images", "64", "--json").output)
        #expect(halfway["epochs_done"] as? Int == epoch && halfway["epochs"] as? Int == 4)
        let resumed = try await place.run("train", "--resume-from", "net.ckpt", "--json", "--quiet")
        #expect(resumed.exitCode == 0, "\(resumed.errors)")
        let found = try object(resumed.output)
        for key in ["test_accuracy", "test_loss"] {
          #expect(found[key] as? Double == expected[key] as? Double && found[key] != nil, "\(candidate) \(epoch)")
        }
        #expect(found["epoch_losses"] as? [Double] == expected["epoch_losses"] as? [Double])
        #expect(try Data(contentsOf: URL(fileURLWithPath: place.path("net.ckpt"))) == network)
      }
    }
  }

  @Test("what is no checkpoint, cut off, or for other images or classes, and data that are not there, are a line each")
  func refusals() async throws {
    _ = try await train("--checkpoint", "net.ckpt")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: place.path("net.ckpt")))
    try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: place.path("cut.ckpt")))
    try Data().write(to: URL(fileURLWithPath: place.path("empty.ckpt")))
    try place.write("study: this is no checkpoint, but long enough to be one", to: "study.yaml")
    try writeNetwork("small.ckpt", of: bytes, replacing: "\"imageSize\":32", with: "\"imageSize\":16")
    try writeNetwork("classes.ckpt", of: bytes, replacing: "\"classCount\":10", with: "\"classCount\":12")
    for (arguments, code, word) in [
      (["none.ckpt"], 1, "cannot open none.ckpt: No such file"),
      ([place.folder.path], 1, "is not a regular file"),
      (["study.yaml"], 1, "does not begin like one"), (["empty.ckpt"], 1, "it is empty"),
      (["cut.ckpt"], 1, "may be truncated"), (["small.ckpt"], 2, "of small.ckpt is for 3×16×16"),
      (["classes.ckpt"], 2, "--data shapes10: it has 10 classes, but the network of classes.ckpt has 12"),
      (["net.ckpt", "--data", "nowhere"], 1, "nowhere"),
      (["net.ckpt", "--data", "elsewhere/cifar", "--test-images", "20000"], 2, "--test-images 20000"),
      (["net.ckpt", "--test-images", "0"], 2, "--test-images"), ([], 2, "file"),
    ] {
      let result = try await RunningCommand(["evaluate"] + arguments, in: place).end()
      #expect(result.exitCode == Int32(code) && isOneLine(result.errors), "\(arguments): \(result.errors)")
      #expect(result.errors.contains(word) && result.output.isEmpty, "\(arguments): \(result.errors)")
    }
  }

  @Test("a network of CIFAR-10 is scored on the folder that is given, by its own normalization")
  func folder() async throws {
    try writeImages("images")
    let arguments = [
      "train", "--model", "resnet8", "--data", "images", "--train-images", "64", "--epochs", "1", "--batch", "32",
      "--checkpoint", "net.ckpt", "--json", "--quiet", "--test-images", "40",
    ]
    let result = try await RunningCommand(arguments, in: place).end()
    #expect(result.exitCode == 0, "\(result.errors)")
    let trained = try object(result.output)
    let without = try await place.run("evaluate", "net.ckpt")
    #expect(
      without.exitCode == 2 && isOneLine(without.errors) && without.errors.contains("--data"), "\(without.errors)")
    func evaluated(_ data: String) async throws -> [String: Any] {
      try object(
        try await place.run("evaluate", "net.ckpt", "--data", data, "--test-images", "40", "--json").output)
    }
    let same = try await evaluated("images")
    #expect(same["test_loss"] as? Double == trained["test_loss"] as? Double && same["test_loss"] != nil)
    #expect(same["data"] as? String == place.path("images"))
    let other = try await evaluated("shapes10")
    #expect(other["data"] as? String == "shapes10")
    // A file without a normalization, as earlier versions wrote it: the data set's own is used.
    let bytes = try Data(contentsOf: URL(fileURLWithPath: place.path("net.ckpt")))
    try writeNetwork("net.ckpt", of: bytes, replacing: "\"normalization\":", with: "\"normalizatiom\":")
    #expect(try await evaluated("images")["test_loss"] as? Double == same["test_loss"] as? Double)
    let older = try await evaluated("shapes10")["test_loss"] as? Double
    #expect(older != other["test_loss"] as? Double && older != nil)
  }

  /// Writes the network of a checkpoint with another header and a correct checksum.
  private func writeNetwork(_ name: String, of bytes: Data, replacing old: String, with new: String) throws {
    let length = Int(bytes[12]) | Int(bytes[13]) << 8
    let header = String(decoding: bytes[24..<24 + length], as: UTF8.self)
    #expect(header.contains(old) && old.utf8.count == new.utf8.count)
    var file = bytes.prefix(24) + Data(header.replacing(old, with: new).utf8) + bytes[(24 + length)..<(bytes.count - 4)]
    let checksum = file.reduce(UInt32.max) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value & 1 == 1 ? (value >> 1) ^ 0xedb8_8320 : value >> 1 }
    }
    for shift in stride(from: 0, to: 32, by: 8) { file.append(UInt8(truncatingIfNeeded: ~checksum >> shift)) }
    try file.write(to: URL(fileURLWithPath: place.path(name)))
  }

  /// Writes six files of the right size, with images that can be distinguished.
  private func writeImages(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: place.path(name), withIntermediateDirectories: true)
    for (index, file) in ((1...5).map { "data_batch_\($0)" } + ["test_batch"]).enumerated() {
      var bytes = [UInt8](repeating: UInt8(index), count: 30_730_000)
      for record in 0..<10_000 {
        bytes[record * 3073] = UInt8(record % 10)
        for pixel in stride(from: 1, to: 3073, by: 7 + record % 10) { bytes[record * 3073 + pixel] = 200 }
      }
      try Data(bytes).write(to: URL(fileURLWithPath: place.path("\(name)/\(file).bin")))
    }
  }
}
