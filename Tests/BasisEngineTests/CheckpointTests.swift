import Foundation
import ImageData
import KernelInterface
import SearchCore
import Testing

@testable import BasisEngine

@Suite struct CheckpointTests {
  /// Returns a small network with every kind of tensor, trained a little so that statistics and weights are not the
  /// initial ones.
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
      let checkpoint: Checkpoint
      do { checkpoint = try CheckpointFormats.decode(bytes) } catch {
        throw .checkpoint(path: "file", reason: "\(error)")
      }
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
      try network.checkpoint(training: training).write(to: path)
      let read = try Checkpoint(path: path)
      let loaded = try ResNet(read, path: path, batch: 7, kernels: fastest)
      #expect(read.training == training)
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
    let bytes = try BinaryCheckpointFormat().encoded(try network().checkpoint(training: training))
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
    let bytes = try BinaryCheckpointFormat().encoded(try network().checkpoint(training: training))
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
    typealias Header = BinaryCheckpointFormat.Header
    let header = Header(
      network: honest.network, tensors: honest.tensors.descriptions, normalization: .shapes10, training: nil,
      unfinished: nil)
    func file(_ header: Header, _ numbers: [Float], version: UInt32 = 1) throws -> [UInt8] {
      BinaryCheckpointFormat.file(
        version: version, header: Array(try JSONEncoder().encode(header)), numbers: numbers)
    }
    let numbers = honest.tensors.values
    #expect(refusal(try file(header, numbers)) == nil)
    let lies: [(String, (inout Header, inout [Float]) -> Void)] = [
      ("rank", { header, _ in header.network.ranks["layer1.0.conv1"] = 1 }),
      ("negative rank", { header, _ in header.network.ranks["layer1.0.conv1"] = -3 }),
      ("layer", { header, _ in header.network.ranks["layer9.0.conv1"] = 1 }),
      ("basis channels", { header, _ in header.network.basisChannels["layer1.0.conv1"] = [0, 0] }),
      ("image size", { header, _ in header.network.imageSize = .max }),
      ("classes", { header, _ in header.network.classCount = 0 }),
      ("widths", { header, _ in header.network.widths = [1, 2] }),
      ("negative widths", { header, _ in header.network.widths = [3, 4, 5, -6] }),
      ("huge widths", { header, _ in header.network.widths = [.max, .max, .max, .max] }),
      (
        "falling widths of option A",
        { header, _ in (header.network.model, header.network.widths) = (.resnet20, [6, 4, 2]) }
      ),
      ("shape", { header, _ in header.tensors[0].shape = [.max, .max] }),
      ("negative shape", { header, _ in header.tensors[0].shape = [-3, -9] }),
      ("name", { header, _ in header.tensors[1].name = header.tensors[0].name }),
      ("model", { header, _ in header.network.model = .resnet34 }),
      ("variant", { header, _ in header.network.variant = .full }),
      ("too few numbers", { _, numbers in numbers.removeLast() }),
      ("too many numbers", { _, numbers in numbers.append(1) }),
      ("state", { header, _ in header.unfinished = .init(position: .init(), dataContent: "", context: "") }),
    ]
    for (name, lie) in lies {
      var (header, numbers) = (header, numbers)
      lie(&header, &numbers)
      guard case .checkpoint(_, let reason)? = refusal(try file(header, numbers)) else {
        Issue.record("a wrong \(name) was accepted")
        continue
      }
      #expect(!reason.contains("\n"))
    }
    guard case .checkpoint? = refusal(try file(header, numbers, version: 2)) else {
      Issue.record("a wrong version was accepted")
      return
    }
    // Deviations by which no image can be normalized.
    let json = String(decoding: try JSONEncoder().encode(header), as: UTF8.self)
    for wrong in ["[0.2,0.2]", "[0.2,0.2,0]", "[0.2,0.2,1e99]"] {
      let lie = json.replacing("[0.2,0.2,0.2]", with: wrong)
      #expect(lie != json)
      guard
        case .checkpoint? = refusal(BinaryCheckpointFormat.file(version: 1, header: Array(lie.utf8), numbers: numbers))
      else {
        Issue.record("deviations \(wrong) were accepted")
        continue
      }
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
      let unwritable = message { () throws(EngineError) in
        try network.checkpoint().write(to: folder + "/none/file")
      }
      #expect(unwritable?.contains("No such file") ?? false)
      let path = folder + "/text"
      #expect(FileManager.default.createFile(atPath: path, contents: Data("not a checkpoint, but long enough".utf8)))
      #expect(message { () throws(EngineError) in _ = try Checkpoint(path: path) }?.contains("does not begin") ?? false)
      // Replacing a file keeps the old one until the new one is complete.
      try network.checkpoint().write(to: path)
      #expect(try Checkpoint(path: path) == network.checkpoint())
    }
  }

  @Test("the checksum is the usual CRC-32")
  func crc() { #expect(CRC32.checksum(Array("123456789".utf8)) == 0xcbf4_3926) }
}
