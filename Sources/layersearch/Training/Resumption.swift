import BasisEngine
import Foundation
import ImageData
import SearchCore

/// A training to go on with, as its checkpoint has it.
struct Resumption {
  /// What `train` keeps in a checkpoint for itself.
  struct Context: Codable, Hashable {
    /// Absolute; nil for the embedded set.
    var dataFolder: String?
    var testImages: Int
    var firstSeed: UInt64
    /// As `--seeds`; nil where it was not given.
    var seeds: Int?
    /// Those that were trained before.
    var done: [TrainedNetwork]
    /// As `--checkpoint`, absolute; nil where it was not given.
    var checkpoint: String?
    var checkpointEvery: Int?
    /// Absolute, of the study whose settings these are.
    var study: String?
  }

  let path: String
  let checkpoint: Checkpoint
  let training: Checkpoint.Training
  let unfinished: Checkpoint.Unfinished
  let context: Context

  var candidate: Candidate { checkpoint.candidate }
  /// As `--data` takes it.
  var data: String { context.dataFolder ?? DataPlaces.embedded }

  /// - Throws: for a file that is damaged, or of a training that cannot go on.
  init(path: String) throws {
    self.path = path
    checkpoint = try Checkpoint(path: path)
    guard let unfinished = checkpoint.unfinished else {
      let isDone = checkpoint.training.map { $0.epochsDone >= $0.recipe.epochs } ?? false
      throw Failure.failed(
        isDone
          ? "\(path): this training is finished, all \(checkpoint.training?.recipe.epochs ?? 0) epochs of it; there is nothing to go on with"
          : "\(path): this checkpoint has a network, but not the state of a training (an older layersearch wrote it, or the training "
            + "diverged); train it anew")
    }
    guard let training = checkpoint.training, let context = Context(of: checkpoint),
      training.recipe.beyondLimits.isEmpty, context.isSound(seed: training.seed)
    else {
      throw Failure.failed("\(path): this checkpoint does not tell how its training is to go on; train it anew")
    }
    (self.training, self.unfinished, self.context) = (training, unfinished, context)
  }

  /// - Throws: where what was given to go on with is another training than this.
  func require(_ settings: TrainingSettings, kernelVariant: String, allowsOthers: Bool) throws(Failure) {
    let differences = differences(from: settings)
    guard differences.isEmpty else {
      throw .usage(
        "--resume-from \(path): that training has other settings (\(differences.joined(separator: "; "))); leave these options out, "
          + "or train anew without --resume-from")
    }
    guard unfinished.dataContent == settings.dataContent else {
      throw .usage(
        "--resume-from \(path): that training had other images (content \(unfinished.dataContent.prefix(12))…, here "
          + "\(settings.dataContent.prefix(12))…); give its data set with --data")
    }
    guard training.kernelVariant == kernelVariant || allowsOthers else {
      throw .failed(
        "\(path): that training was computed by the kernels \(training.kernelVariant ?? "of an unknown name"), here they are "
          + "\(kernelVariant), which give other bits; go on where it began, or here with --other-kernels")
    }
  }

  /// What the results are to be labeled with: all kernels that had a part in them.
  func kernelVariant(here: String) -> String {
    guard let before = training.kernelVariant, before != here, !before.hasSuffix(", then \(here)") else {
      return training.kernelVariant ?? here
    }
    return "\(before), then \(here)"
  }

  private func differences(from settings: TrainingSettings) -> [String] {
    let (before, now) = (training.recipe, settings.recipe)
    let values: [(String, String, String)] = [
      ("--model", before.model.rawValue, now.model.rawValue),
      ("--candidate", "\(candidate)", "\(settings.candidate)"),
      ("--variant", before.variant.rawValue, now.variant.rawValue),
      ("--data", before.data.set.rawValue, now.data.set.rawValue),
      ("--train-images", "\(before.data.trainImages)", "\(now.data.trainImages)"),
      ("--test-images", "\(context.testImages)", "\(settings.testImages)"),
      ("--epochs", "\(before.epochs)", "\(now.epochs)"), ("--batch", "\(before.batch)", "\(now.batch)"),
      ("--learning-rate", "\(before.learningRate)", "\(now.learningRate)"),
      ("--schedule", before.schedule.rawValue, now.schedule.rawValue),
      ("--momentum", "\(before.momentum)", "\(now.momentum)"),
      ("--nesterov", "\(before.nesterov)", "\(now.nesterov)"),
      ("--weight-decay", "\(before.weightDecay)", "\(now.weightDecay)"),
      ("--no-augment", "\(!before.augment)", "\(!now.augment)"),
      ("--seed", "\(context.firstSeed)", "\(settings.firstSeed)"),
      ("--seeds", "\(context.seeds ?? 1)", "\(settings.seeds ?? 1)"),
    ]
    return values.filter { $0.1 != $0.2 }.map { "\($0) is \($1) there, \($2) here" }
  }
}

extension Resumption.Context {
  /// Nil for a network that no interrupted `train` wrote.
  init?(of checkpoint: Checkpoint) {
    guard let unfinished = checkpoint.unfinished,
      let context = try? JSONDecoder().decode(Self.self, from: Data(unfinished.context.utf8))
    else { return nil }
    self = context
  }

  /// JSON.
  var text: String {
    get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
  }

  fileprivate func isSound(seed: UInt64) -> Bool {
    let seeds = seeds ?? 1
    return TrainingLimits.seeds.contains(seeds) && seed >= firstSeed && seed - firstSeed < UInt64(seeds)
      && UInt64(done.count) == seed - firstSeed && (checkpointEvery.map(TrainingLimits.epochs.contains) ?? true)
      && testImages > 0
  }
}
