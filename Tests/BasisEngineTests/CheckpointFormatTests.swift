import Foundation
import ImageData
import SearchCore
import Testing

@testable import BasisEngine

/// What every format of checkpoints preserves, and files that earlier versions wrote.
@Suite("formats of checkpoints")
struct CheckpointFormatTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  private func fixture(_ version: Int) throws -> [UInt8] {
    Array(try Data(contentsOf: Self.fixtures.appendingPathComponent("version-\(version).checkpoint")))
  }

  /// Returns a finished training and an unfinished one, each with and without a normalization.
  private func checkpoints() throws -> [Checkpoint] {
    let read = try [1, 2].map { try CheckpointFormats.decode(try fixture($0)) }
    return read.flatMap { checkpoint in
      var normalized = checkpoint
      normalized.normalization = .cifar10
      return [checkpoint, normalized]
    }
  }

  @Test("in every format a checkpoint comes back to the bit, and is known by its first bytes alone")
  func roundTrip() throws {
    for format in CheckpointFormats.all {
      for checkpoint in try checkpoints() {
        let bytes = try format.encoded(checkpoint)
        #expect(try format.decode(bytes) == checkpoint)
        #expect(CheckpointFormats.all.count { $0.isBegun(by: bytes) } == 1)
        #expect(try CheckpointFormats.decode(bytes) == checkpoint)
      }
      for ending in format.fileEndings {
        #expect(type(of: CheckpointFormats.forWriting("a.b/net\(ending.uppercased())")) == type(of: format))
      }
    }
    #expect(CheckpointFormats.forWriting("net") is BinaryCheckpointFormat)
  }

  @Test("in every format a file that ends early or has a flipped bit is refused in a line, or is the same")
  func damaged() throws {
    for format in CheckpointFormats.all {
      for checkpoint in try checkpoints() {
        let bytes = try format.encoded(checkpoint)
        for length in stride(from: 0, to: bytes.count, by: 211) {
          #expect(throws: CheckpointProblem.self, "\(length)") { try format.decode(Array(bytes.prefix(length))) }
        }
        for place in stride(from: 0, to: bytes.count, by: 307) {
          var damaged = bytes
          damaged[place] ^= 0x20
          do { #expect(try format.decode(damaged) == checkpoint, "\(place)") } catch {
            #expect(!"\(error)".contains("\n"))
          }
        }
      }
    }
  }

  @Test("docs/checkpoints.md has a section for each")
  func page() throws {
    let root = Self.fixtures.appendingPathComponent("../../..").standardizedFileURL
    let page = try String(contentsOf: root.appendingPathComponent("docs/checkpoints.md"), encoding: .utf8)
    for format in CheckpointFormats.all {
      for ending in format.fileEndings { #expect(page.contains("\n### `\(ending)`\n"), "\(ending)") }
    }
  }

  @Test("numbers that a format cannot write are an error")
  func unwritable() throws {
    var checkpoint = try CheckpointFormats.decode(try fixture(1))
    checkpoint.training?.testAccuracy = .nan
    for format in CheckpointFormats.all {
      #expect(throws: CheckpointProblem.self) { try format.encoded(checkpoint) }
    }
  }

  @Test("files of version 1 open, and are written as they were")
  func firstVersion() throws {
    let bytes = try fixture(1)
    let checkpoint = try CheckpointFormats.decode(bytes)
    #expect(checkpoint.unfinished == nil && checkpoint.normalization == nil)
    #expect(checkpoint.training?.epochsDone == 3 && checkpoint.training?.testAccuracy == 0.1)
    let network = try ResNet(checkpoint, batch: 16, kernels: .reference)
    #expect(network.candidate == Candidate(ranks: ["layer1.0.conv1": 2, "layer3.0.conv2": 2]))
    #expect(network.basisChannels["layer1.0.conv1"] == [2, 0])
    #expect(network.evaluate(Shapes10.test(count: 20)).accuracy == 0.1)
    #expect(try BinaryCheckpointFormat().encoded(checkpoint) == bytes)
  }

  @Test("a training that an earlier version interrupted goes on, to the network that it would have had")
  func secondVersion() throws {
    let bytes = try fixture(2)
    let checkpoint = try CheckpointFormats.decode(bytes)
    let unfinished = try #require(checkpoint.unfinished)
    #expect(unfinished.state.position.step == 3 && unfinished.state.position.epochLosses.count == 1)
    #expect(unfinished.dataContent == "shapes10-v1" && unfinished.context == "{\"testImages\":20}")
    #expect(unfinished.state.velocities["conv1.weight"]?.shape == [3, 3, 3, 3])
    #expect(try BinaryCheckpointFormat().encoded(checkpoint) == bytes)
    // Naive kernels, which are the same on every machine. (The kernels that wrote the files omitted some of the
    // gradients of planes that are processed in strips of rows.)
    let network = try ResNet(checkpoint, batch: 16, kernels: .reference)
    let training = try #require(checkpoint.training)
    let outcome = try Trainer(recipe: training.recipe, seed: training.seed).train(
      network, training: Shapes10.training(count: 40), evaluation: Shapes10.test(count: 20), from: checkpoint,
      observer: { _ in true })
    #expect(
      outcome.epochLosses.map(\.bitPattern) == [
        4_612_718_075_803_953_684, 4_612_689_195_688_292_184, 4_612_754_645_872_272_777,
      ])
    #expect(outcome.loss?.bitPattern == 4_612_506_907_575_463_987)
  }
}
