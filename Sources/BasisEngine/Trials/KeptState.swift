import Foundation
import ImageData
import SearchCore

/// The state of a work's training, in a file: at the end of an epoch on the way, or where the recipe's `until` ended
/// the training. The same work, also with a later end, continues from it. The file is only a cache: without it, the
/// earlier part is trained again, to the same bits.
struct KeptState {
  let checkpoint: Checkpoint
  /// The `Curve.conditionNumbers` of the conversion that the training began with.
  let conditionNumbers: [Double]?

  private struct Context: Codable {
    /// The work's text without the recipe's `until`, as if it ran to the end of its schedule.
    var training: String
    var conditionNumbers: [Double]?
  }

  init(
    _ end: TrainingMoment, of work: Work, kernelVariant: String, normalization: ChannelNormalization,
    conditionNumbers: [Double]?
  ) {
    let context = Context(training: work.whole.description, conditionNumbers: conditionNumbers)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    // Encoding cannot fail: the context has only strings and finite numbers.
    let text = (try? encoder.encode(context)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let recipe = work.kind.recipe
    var checkpoint = end.checkpoint(
      recipe: recipe, seed: work.seed, kernelVariant: kernelVariant, dataContent: recipe.data.set.rawValue,
      context: text)
    checkpoint.normalization = normalization
    (self.checkpoint, self.conditionNumbers) = (checkpoint, conditionNumbers)
  }

  /// - Throws: `EngineError.file` or `.checkpoint` if the file is not a state, `.illegalState` if the state is of
  ///   another training or of other kernels.
  init(path: String, of work: Work, kernelVariant: String) throws(EngineError) {
    checkpoint = try Checkpoint(path: path)
    guard let unfinished = checkpoint.unfinished,
      let context = try? JSONDecoder().decode(Context.self, from: Data(unfinished.context.utf8)),
      context.training == work.whole.description
    else { throw .illegalState(reason: "\(path) belongs to another training") }
    guard let kernels = checkpoint.training?.kernelVariant,
      KernelVariant(kernels).counting(for: work) == KernelVariant(kernelVariant).counting(for: work)
    else {
      throw .illegalState(reason: "\(path) was written with other kernels than \(kernelVariant)")
    }
    conditionNumbers = context.conditionNumbers
  }
}
