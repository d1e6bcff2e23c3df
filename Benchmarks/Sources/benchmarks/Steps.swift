import ArgumentParser
import BasisEngine
import SearchCore

struct Steps: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Training and inference rates of a network's forms on one core.")

  @Option(help: "resnet20, resnet18, …")
  var model: Model = .resnet20

  @Option(help: "Images a step.")
  var batch = 128

  func run() throws {
    print("| \(model.rawValue), batch \(batch) | training, images/s | inference, images/s | memory, MB |")
    print("|---|---|---|---|")
    let architecture = Architecture(model)
    for (name, rank) in Self.forms {
      let ranks = architecture.layers.enumerated().compactMap { index, layer -> (String, Int)? in
        guard layer.kernelSize == 3, index != architecture.stem, let rank = rank?(layer.outputChannels) else {
          return nil
        }
        return (layer.name, rank)
      }
      let candidate = Candidate(ranks: Dictionary(uniqueKeysWithValues: ranks))
      let measured = try Benchmark.run(model: model, candidate: candidate, batch: batch)
      print(
        "| \(name) | \(fixed(measured.trainingImagesPerSecond)) | \(fixed(measured.inferenceImagesPerSecond)) | "
          + "\(measured.peakMemoryBytes >> 20) |")
    }
  }

  private static let forms: [(String, (@Sendable (Int) -> Int)?)] = [
    ("dense", nil), ("r = C/2", { $0 / 2 }), ("r = C/4", { $0 / 4 }), ("r = 3", { _ in 3 }),
  ]
}

extension Model: @retroactive ExpressibleByArgument {}
