import SearchCore

/// Why trainings cannot start from a file, on one line.
package struct StartProblem: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

/// Reads what trainings start from: the section `start`.
struct StartReader {
  let section: SectionReader

  /// The values of `start.from`.
  private enum From: String, CaseIterable {
    case scratch, dense, checkpoint
  }

  private static let keysOf: [From: Set<String>] = [
    .dense: ["epochs", "train_images", "learning_rate", "calibration_images", "augment"],
    .checkpoint: ["checkpoint", "weights", "calibration_images", "augment"],
  ]

  private let from: From

  init(section: SectionReader) {
    self.section = section
    from = section.choice("from") ?? .scratch
  }

  /// Whether trainings start from trained weights.
  var isTrained: Bool { from != .scratch }

  /// The path in `start.checkpoint`, as it is written.
  var checkpoint: String? { section.isSet("checkpoint") ? section.text("checkpoint") : nil }

  /// - Parameters:
  ///   - data: The images of the study; `nil` if they could not be read.
  ///   - architecture: The network for these images; `nil` if it is not known.
  ///   - augments: Whether the recipe augments images; the default of `start.augment`.
  ///   - learningRate: The recipe's, the default of `start.learning_rate`.
  ///   - hashOfFile: Returns the SHA-256 of a checkpoint.
  func read(
    data: DataSelection?, architecture: Architecture?, augments: Bool, learningRate: Double,
    seed: UInt64, hashOfFile: StudyConfiguration.FileHash
  ) -> TrainedStart? {
    for key in ConfigurationKeys.allowed(in: "start") where key != "from" && section.isSet(key) {
      if Self.keysOf[from]?.contains(key) == true { continue }
      let owners = Self.keysOf.filter { $0.value.contains(key) }.map(\.key.rawValue).sorted()
      section.report(
        key,
        "requires start.from: \(owners.joined(separator: " or ")), but start.from is \(from.rawValue): leave it out")
    }
    let images = data?.shape.trainingImages ?? 50_000
    let calibration = section.integer(
      "calibration_images", default: min(TrainedStart.defaultCalibrationImages, data?.trainImages ?? .max),
      in: 1...images)
    if let data, calibration > data.trainImages, from != .scratch {
      section.report(
        "calibration_images", "is \(calibration), but must be at most data.train_images, which is \(data.trainImages)")
    }
    if let architecture, calibration < architecture.fewestCalibrationImages, from != .scratch {
      section.report(
        "calibration_images",
        "is \(calibration), but \(architecture.model.rawValue) needs at least \(architecture.fewestCalibrationImages): "
          + "with fewer, the covariance of a layer's outputs is singular")
    }
    let augment = section.boolean("augment", default: augments)
    switch from {
    case .scratch: return nil
    case .dense:
      let all = data.map { $0.set.isDrawn ? $0.trainImages : images - $0.validationImages } ?? images
      let trainImages = section.integer("train_images", default: max(1, all), in: 1...images)
      if let data, trainImages > images - data.validationImages {
        section.report(
          "train_images",
          "is \(trainImages), but only \(images - data.validationImages) are left beside the validation images")
      }
      if let data {
        var own = data
        own.trainImages = trainImages
        if own.drawnFrom != data.drawnFrom {
          section.report(
            "train_images",
            "is \(trainImages), and data.train_images is \(data.trainImages): neither may be more than 50000 together "
              + "with the validation images, or the dense network would train on images that are held out")
        }
      }
      return TrainedStart(
        origin: .dense(
          epochs: section.integer("epochs", default: 30, in: TrainingLimits.epochs), trainImages: trainImages,
          seed: seed),
        learningRate: section.number("learning_rate", in: TrainingLimits.learningRate).flatMap { own in
          own == learningRate ? nil : own
        },
        calibrationImages: calibration, augment: augment)
    case .checkpoint:
      return TrainedStart(
        origin: .checkpoint(weights: weights(hashOfFile) ?? String(repeating: "0", count: 64)),
        calibrationImages: calibration, augment: augment)
    }
  }

  /// Returns the SHA-256 of the checkpoint, which must equal `start.weights` if both are given.
  private func weights(_ hashOfFile: StudyConfiguration.FileHash) -> String? {
    let said = section.text("weights")
    if let said, said.utf8.count != 64 || !said.allSatisfy({ "0123456789abcdef".contains($0) }) {
      section.report("weights", "is '\(said.prefix(80))', but must be a SHA-256: 64 lower-case hexadecimal digits")
      return nil
    }
    guard let path = checkpoint else {
      if said == nil {
        section.reportMissing("checkpoint", allowed: "the file of a dense network, as train --checkpoint writes it")
      }
      return said
    }
    do {
      let found = try hashOfFile(path)
      if let said, said != found {
        section.report("checkpoint", "is not the file that start.weights specifies: its SHA-256 is \(found)")
      }
      return found
    } catch {
      section.report("checkpoint", "cannot be used: \(error)")
      return nil
    }
  }
}
