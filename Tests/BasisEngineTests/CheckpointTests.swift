import Foundation
import ImageData
import KernelInterface
import SearchCore
import Testing

@testable import BasisEngine

@Suite struct CheckpointTests {
  /// A small network with every kind of tensor, trained a little so that statistics and weights are its own.
  private func network() throws -> ResNet {
    let network = try ResNet(
      architecture: Architecture(.resnet18, imageSize: 8, classCount: 5, widths: [3, 4, 5, 6]),
      candidate: Candidate(ranks: ["layer1.0.conv1": 2, "layer2.0.downsample.0": 2]), batch: 5, kernels: fastest,
      seed: 4, basisChannels: ["layer1.0.conv1": [2, 0]])
    network.input.fillNormal(images: 5, seed: 2)
    for _ in 0..<2 {
      _ = network.trainingStep(
        labels: labels(5, classes: 5),
        rule: UpdateRule(learningRate: 0.05, momentum: 0.9, weightDecay: 0, nesterov: false))
    }
    return network
  }

  private var training: Checkpoint.Training {
    Checkpoint.Training(
      recipe: TrainingRecipe(
        model: .resnet18, data: DataSelection(set: .shapes10, trainImages: 5, validationImages: 0, splitSeed: 0),
        epochs: 2), seed: 4, epochsDone: 2, testAccuracy: 0.25, kernelVariant: fastest.name)
  }

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "checkpoints-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private func refusal(_ bytes: [UInt8]) -> EngineError? {
    do throws(EngineError) {
      let checkpoint = try Checkpoint(decoding: bytes, path: "file")
      _ = try ResNet(checkpoint, path: "file", batch: 2, kernels: fastest)
      return nil
    } catch {
      return error
    }
  }

  @Test("a network comes back from its file bit for bit, and classifies alike")
  func roundTrip() throws {
    try withFolder { folder in
      let network = try network()
      let path = folder + "/network.checkpoint"
      try network.save(to: path, training: training)
      let (loaded, how) = try ResNet.load(checkpoint: path, batch: 7, kernels: fastest)
      #expect(how == training)
      #expect(loaded.checkpoint(training: training) == network.checkpoint(training: training))
      #expect(loaded.basisChannels["layer1.0.conv1"] == [2, 0])
      #expect(loaded.architecture == network.architecture && loaded.candidate == network.candidate)
      network.input.fillNormal(images: 5, seed: 6)
      loaded.input.fillNormal(images: 5, seed: 6)
      let labels = labels(5, classes: 5)
      #expect(network.inference(labels: labels).loss == loaded.inference(labels: labels).loss)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["network.checkpoint"])
    }
  }

  @Test("a file that ends early is refused wherever it ends")
  func truncated() throws {
    let bytes = try network().checkpoint(training: training).encoded()
    #expect(refusal(bytes) == nil)
    let lengths = Array(0..<64) + Array(stride(from: 64, to: bytes.count, by: 397)) + [bytes.count - 1]
    for length in lengths {
      guard case .checkpoint? = refusal(Array(bytes.prefix(length))) else {
        Issue.record("\(length) of \(bytes.count) bytes were accepted")
        continue
      }
    }
    guard case .checkpoint? = refusal(bytes + [0]) else {
      Issue.record("a byte too many was accepted")
      return
    }
  }

  @Test("a file with a flipped byte is refused wherever it is")
  func flipped() throws {
    let bytes = try network().checkpoint(training: training).encoded()
    for place in Array(0..<40) + Array(stride(from: 40, to: bytes.count, by: 501)) + [bytes.count - 1] {
      var damaged = bytes
      damaged[place] ^= 0x10
      guard case .checkpoint? = refusal(damaged) else {
        Issue.record("a flip at byte \(place) was accepted")
        continue
      }
    }
  }

  @Test("a header that lies is refused even where the checksum is right")
  func lies() throws {
    let honest = try network().checkpoint()
    let lies: [(String, (inout Checkpoint) -> Void)] = [
      ("rank", { $0.header.ranks["layer1.0.conv1"] = 1 }),
      ("negative rank", { $0.header.ranks["layer1.0.conv1"] = -3 }),
      ("layer", { $0.header.ranks["layer9.0.conv1"] = 1 }),
      ("basis channels", { $0.header.basisChannels["layer1.0.conv1"] = [0, 0] }),
      ("image size", { $0.header.imageSize = .max }),
      ("classes", { $0.header.classCount = 0 }),
      ("widths", { $0.header.widths = [1, 2] }),
      ("negative widths", { $0.header.widths = [3, 4, 5, -6] }),
      ("huge widths", { $0.header.widths = [.max, .max, .max, .max] }),
      ("shape", { $0.header.tensors[0].shape = [.max, .max] }),
      ("model", { $0.header.model = .resnet34 }),
      ("variant", { $0.header.variant = .full }),
      ("too few numbers", { $0.values.removeLast() }),
      ("too many numbers", { $0.values.append(1) }),
    ]
    for (name, lie) in lies {
      var checkpoint = honest
      lie(&checkpoint)
      guard case .checkpoint(_, let reason)? = refusal(try checkpoint.encoded()) else {
        Issue.record("a wrong \(name) was accepted")
        continue
      }
      #expect(!reason.contains("\n"))
    }
  }

  @Test("files that are not there, cannot be written or are no checkpoints are refused in one line")
  func files() throws {
    try withFolder { folder in
      func message(_ body: () throws(EngineError) -> Void) -> String? {
        do throws(EngineError) { try body() } catch { return "\(error)" }
        return nil
      }
      let missing = message { () throws(EngineError) in _ = try Checkpoint(path: folder + "/none") }
      #expect(missing?.contains("No such file") ?? false)
      #expect(message { () throws(EngineError) in _ = try Checkpoint(path: folder) }?.contains("regular file") ?? false)
      let network = try network()
      let unwritable = message { () throws(EngineError) in try network.save(to: folder + "/none/file") }
      #expect(unwritable?.contains("No such file") ?? false)
      let path = folder + "/text"
      #expect(FileManager.default.createFile(atPath: path, contents: Data("not a checkpoint, but long enough".utf8)))
      #expect(message { () throws(EngineError) in _ = try Checkpoint(path: path) }?.contains("does not begin") ?? false)
      // Replacing keeps the old file until the new one is whole.
      try network.save(to: path)
      #expect(try Checkpoint(path: path) == network.checkpoint())
    }
  }

  @Test("the checksum is the usual CRC-32")
  func crc() { #expect(CRC32.checksum(Array("123456789".utf8)) == 0xcbf4_3926) }
}
