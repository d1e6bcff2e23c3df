import BasisEngine
import Foundation
import ImageData
import SearchCore

/// A training to resume, as recorded in its checkpoint.
package struct Resumption {
  /// What `train` stores in a checkpoint for its own use.
  package struct Context: Codable, Hashable {
    /// The absolute path of the data; `nil` for the embedded set.
    package var dataFolder: String?
    package var testImages: Int
    package var firstSeed: UInt64
    /// The number of seeds; `nil` if it was not given.
    package var seeds: Int?
    /// The networks of earlier seeds, which are finished.
    package var done: [TrainedNetwork]
    /// The path of the checkpoint, absolute if it is a regular file; `nil` if it was not given.
    package var checkpoint: String?
    package var checkpointEvery: Int?
    /// The absolute path of the study whose settings these are.
    package var study: String?
  }

  package let path: String
  package let checkpoint: Checkpoint
  package let training: Checkpoint.Training
  package let unfinished: Checkpoint.Unfinished
  package let context: Context

  package var candidate: Candidate { checkpoint.candidate }
  /// The data set's folder or file, or the name of the embedded set.
  package var data: String { context.dataFolder ?? DataPlaces.embedded }

  /// - Throws: If the file is damaged, or if its training cannot be resumed.
  package init(path: String) throws {
    self.path = path
    checkpoint = try Checkpoint(path: path)
    guard let unfinished = checkpoint.unfinished else {
      let isDone = checkpoint.training.map { $0.epochsDone >= $0.recipe.epochs.begun } ?? false
      throw TrainingError.unusable(
        path: path,
        isDone
          ? "this training is finished, all \(checkpoint.training?.recipe.epochs ?? .none) epochs of it; there is "
            + "nothing to continue"
          : "this checkpoint has a network, but no training state (an older layersearch wrote it, or the training "
            + "diverged); train it again")
    }
    guard let training = checkpoint.training, let context = Context(of: checkpoint),
      training.recipe.beyondLimits.isEmpty, context.isSound(seed: training.seed)
    else {
      throw TrainingError.unusable(
        path: path, "this checkpoint does not record how to continue its training; train it again")
    }
    (self.training, self.unfinished, self.context) = (training, unfinished, context)
  }

  /// - Throws: If the given settings, images or kernels are not those of this training.
  package func require(_ settings: TrainingSettings, kernelVariant: String, allowsOthers: Bool) throws(TrainingError) {
    let differences = differences(from: settings)
    guard differences.isEmpty else { throw .otherSettings(path: path, differences) }
    guard unfinished.dataContent == settings.dataContent else {
      throw .otherImages(path: path, there: unfinished.dataContent, here: settings.dataContent)
    }
    // Earlier versions also recorded OpenBLAS's core type, on which no training from scratch depends.
    guard training.kernelVariant.map({ KernelVariant($0).withoutCoreType.text }) == kernelVariant || allowsOthers else {
      throw .otherKernels(path: path, there: training.kernelVariant ?? "of an unknown name", here: kernelVariant)
    }
  }

  /// The kernel variant to label the results with: it names all kernels that contributed to them.
  package func kernelVariant(here: String) -> String {
    let recorded = training.kernelVariant.map { KernelVariant($0).withoutCoreType.text }
    guard let before = recorded, before != here, !before.hasSuffix(", then \(here)") else { return recorded ?? here }
    return "\(before), then \(here)"
  }

  private static func text(_ arrays: DataShape?) -> String {
    arrays.map { "\($0.trainingImages) images of \($0.classCount) classes, \($0.imageSize)×\($0.imageSize)" } ?? ""
  }

  private func differences(from settings: TrainingSettings) -> [TrainingError.Difference] {
    let (before, now) = (training.recipe, settings.recipe)
    func every(_ part: BasisPart, _ recipe: TrainingRecipe) -> String {
      "\(recipe.skip.map { $0.part == part ? $0.every : 1 } ?? 1)"
    }
    func heldOut(_ data: DataSelection) -> String {
      data.validationImages == 0 ? "none" : "\(data.validationImages) images by seed \(data.splitSeed)"
    }
    let values: [(String, String, String)] = [
      ("model", before.model.rawValue, now.model.rawValue),
      ("candidate", "\(candidate)", "\(settings.candidate)"),
      ("variant", before.variant.rawValue, now.variant.rawValue),
      ("data", before.data.set.rawValue, now.data.set.rawValue),
      ("data", Self.text(before.data.arrays), Self.text(now.data.arrays)),
      ("train-images", "\(before.data.trainImages)", "\(now.data.trainImages)"),
      (HeldOutImages.setting, heldOut(before.data), heldOut(now.data)),
      ("test-images", "\(context.testImages)", "\(settings.testImages)"),
      ("epochs", "\(before.epochs)", "\(now.epochs)"), ("batch", "\(before.batch)", "\(now.batch)"),
      ("learning-rate", "\(before.learningRate)", "\(now.learningRate)"),
      ("schedule", before.schedule.rawValue, now.schedule.rawValue),
      ("momentum", "\(before.momentum)", "\(now.momentum)"),
      ("nesterov", "\(before.nesterov)", "\(now.nesterov)"),
      ("weight-decay", "\(before.weightDecay)", "\(now.weightDecay)"),
      ("augmentation", before.augmentation?.description ?? "usual", now.augmentation?.description ?? "usual"),
      ("no-augment", "\(!before.augment)", "\(!now.augment)"),
      ("kernels", before.kernels?.description ?? "any", now.kernels?.description ?? "any"),
      ("skip-coefficients", every(.coefficients, before), every(.coefficients, now)),
      ("skip-basis", every(.basis, before), every(.basis, now)),
      ("seed", "\(context.firstSeed)", "\(settings.firstSeed)"),
      ("seeds", "\(context.seeds ?? 1)", "\(settings.seeds ?? 1)"),
    ]
    return values.filter { $0.1 != $0.2 }.map { .init(setting: $0, there: $1, here: $2) }
  }
}

extension Resumption.Context {
  /// Returns `nil` unless an interrupted `train` wrote the checkpoint.
  init?(of checkpoint: Checkpoint) {
    guard let unfinished = checkpoint.unfinished,
      let context = try? JSONDecoder().decode(Self.self, from: Data(unfinished.context.utf8))
    else { return nil }
    self = context
  }

  /// The context as JSON.
  package var text: String {
    get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
  }

  fileprivate func isSound(seed: UInt64) -> Bool {
    let seeds = seeds ?? 1
    return TrainingLimits.seeds.contains(seeds) && seed >= firstSeed && seed - firstSeed < UInt64(seeds)
      && UInt64(done.count) == seed - firstSeed && (checkpointEvery.map(TrainingLimits.epochs.contains) ?? true)
      && testImages > 0
  }
}
