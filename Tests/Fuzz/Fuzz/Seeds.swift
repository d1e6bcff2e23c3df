import Foundation
import KernelInterface
import Randomness
import SearchCore
import SearchProtocol
import TensorFiles
import TestSupport

@testable import BasisEngine

/// Writes the initial inputs, most of them valid, into one folder for each target.
enum Seeds {
  static func write(to folder: String) throws {
    let targets = try [
      ("codec", messages()), ("cifar", images()), ("checkpoint", checkpoints()),
      ("safetensors", SafeTensorsTarget.seeds), ("arrays", arrays()),
    ]
    for (target, inputs) in targets {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(target)", withIntermediateDirectories: true)
      for (index, input) in inputs.enumerated() {
        try Data(input).write(to: URL(fileURLWithPath: "\(folder)/\(target)/seed-\(index)"))
      }
    }
  }

  private static func messages() throws -> [[UInt8]] {
    var source = RandomMessages(random: StableRandom(seed: 1))
    var inputs: [[UInt8]] = []
    for index in 0..<4 * RandomMessages.kinds {
      let frames = try source.message(kind: index % RandomMessages.kinds).frames(id: 7)
      inputs.append(frames[1] + frames[3])
      if index < RandomMessages.kinds {
        inputs.append([0] + frames.flatMap { [UInt8(truncatingIfNeeded: $0.count)] + $0 })
      }
    }
    for _ in 0..<4 {
      inputs.append([1] + (try EngineLine.encode(EngineEvent.progress(source.progress()))))
      inputs.append([1] + (try EngineLine.encode(EngineEvent.finished(source.reference(), source.result()))))
      inputs.append([2] + (try EngineLine.encode(EngineRequest(job: source.job(), dataPath: "/data"))))
      inputs.append([3] + (try SpooledReport.encode(source.report())))
    }
    return inputs
  }

  private static func images() -> [[UInt8]] {
    let whole = (0..<2 * 3073).map { UInt8(truncatingIfNeeded: $0 % 3073 == 0 ? $0 % 10 : $0) }
    return [whole, Array(whole.dropLast()), whole.map { _ in 255 }, []]
  }

  /// Archives with stored members and safetensors files, with and without test images; archives that NumPy compressed.
  private static func arrays() throws -> [[UInt8]] {
    func part(_ prefix: String, _ count: Int) -> [SafeTensorsWriter.Tensor] {
      [
        .init(
          name: "\(prefix)images", element: .uint8, shape: [count, 3, 4, 4],
          bytes: (0..<count * 48).map { UInt8(truncatingIfNeeded: $0) }),
        .init(name: "\(prefix)labels", element: .uint8, shape: [count], bytes: (0..<count).map { UInt8($0 % 2) }),
      ]
    }
    return [
      ArrayArchive.drawn(count: 4, side: 4, classes: 2), ArrayArchive.drawn(count: 4, side: 8, classes: 3, tests: 1),
      SafeTensorsWriter.file(part("", 4)), SafeTensorsWriter.file(part("", 4) + part("test_", 2)),
      NumPyFixture.compressed, NumPyFixture.objects,
    ]
  }

  private static func checkpoints() throws -> [[UInt8]] {
    let network = try ResNet(
      architecture: Architecture(.resnet8, imageSize: 4, classCount: 2, widths: [2, 3, 4]),
      candidate: Candidate(ranks: ["layer2.0.conv1": 2]), batch: 1, kernels: try KernelSelection.best(), seed: 1)
    let recipe = TrainingRecipe(
      model: .resnet8, data: DataSelection(set: .shapes10, trainImages: 5, validationImages: 0, splitSeed: 0), epochs: 2
    )
    let training = Checkpoint.Training(recipe: recipe, seed: 4, epochsDone: 2, testAccuracy: 0.25)
    let finished = network.checkpoint(training: training)
    var unfinished = finished
    unfinished.normalization = .shapes10
    unfinished.unfinished = Checkpoint.Unfinished(
      state: TrainingState(position: .init(), velocities: network.parameters.velocityTree), dataContent: "shapes10",
      context: "{}")
    return try [finished, unfinished].flatMap { checkpoint -> [[UInt8]] in
      let file = try BinaryCheckpointFormat().encoded(checkpoint)
      let headerBytes = Int(file[12]) | Int(file[13]) << 8
      let header = file[24..<24 + headerBytes]
      let lengths = [UInt8(headerBytes >> 8), UInt8(headerBytes & 255)]
      let parts = Array(file[24..<file.count - 4])
      return [[0, 0, 0] + file, [1] + lengths + Array(header), [2] + lengths + parts]
    }
  }
}
