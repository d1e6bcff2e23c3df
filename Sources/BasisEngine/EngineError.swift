import Files

/// An error of the engine, with a one-line description that says what to do.
public enum EngineError: Error, Hashable {
  case unknownLayer(name: String, model: String, nearest: String?)
  case illegalRank(layer: String, rank: Int, legal: Range<Int>)
  /// A layer cannot have this variant at this rank.
  case illegalVariant(layer: String, reason: String)
  case illegalBasisChannels(layer: String, reason: String)
  /// A recipe or a request that cannot be carried out; `reason` says which value and what is allowed.
  case illegalRecipe(reason: String)
  /// A training cannot continue from this state.
  case illegalState(reason: String)
  /// A trained network cannot be converted to a candidate's form; `reason` says what is wrong and what to do.
  case conversion(reason: String)
  /// There are no images to train or to evaluate on.
  case noImages(purpose: String)
  /// The caller's progress callback asked to stop.
  case cancelled
  /// A file system operation failed: `action` is a verb such as "open", `reason` the system's message.
  case file(path: String, action: String, reason: String)
  /// A file cannot be written.
  case output(FileError)
  /// The file is not a complete checkpoint that this program can read.
  case checkpoint(path: String, reason: String)
}

extension EngineError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownLayer(let name, let model, let nearest):
      let hint = nearest.map { "; did you mean \($0)?" } ?? "; names are torchvision's, such as layer1.0.conv1"
      return "model \(model) has no layer \(name)\(hint)"
    case .illegalRank(let layer, let rank, let legal):
      return legal.isEmpty
        ? "layer \(layer) cannot be decomposed: no rank saves parameters; leave it out of the candidate"
        : "rank \(rank) of layer \(layer) is out of range: choose \(legal.lowerBound) to \(legal.upperBound - 1)"
    case .illegalVariant(let layer, let reason):
      return "layer \(layer): \(reason); choose another rank or variant"
    case .illegalBasisChannels(let layer, let reason):
      return "basis channels of layer \(layer): \(reason); give each of its rank's output channels once"
    case .illegalRecipe(let reason): return "training recipe: \(reason)"
    case .illegalState(let reason): return "the training cannot continue from its state: \(reason)"
    case .conversion(let reason): return "the trained network cannot be converted: \(reason)"
    case .noImages(let purpose): return "no images to \(purpose): give the data set at least one"
    case .cancelled: return "training was cancelled"
    case .file(let path, let action, let reason): return "cannot \(action) \(path): \(reason)"
    case .output(let error): return "\(error)"
    case .checkpoint(let path, let reason): return "\(path) is not a usable checkpoint: \(reason)"
    }
  }
}
