import Digests

/// What a training may be asked to do: one set of limits for configurations, command lines and messages. The upper ones
/// keep a typing error from asking for months of training, or for more memory than there is.
public enum TrainingLimits {
  public static let epochs = 1...1000
  /// Epochs of a training with a trained start.
  public static let partialEpochs = NumberLimit("0 to 1000, with three decimals at most") {
    $0 <= 1000 && Epochs($0) != nil
  }
  public static let calibrationImages = 1...100_000
  /// Images per step.
  public static let batch = 1...4096
  public static let learningRate = NumberLimit("more than 0, at most 100") { $0 > 0 && $0 <= 100 }
  public static let momentum = NumberLimit("at least 0 and less than 1") { $0 >= 0 && $0 < 1 }
  public static let weightDecay = NumberLimit("from 0 to 1") { $0 >= 0 && $0 <= 1 }
  /// Steps from one update to the next; no more than an epoch has.
  public static let updatesEvery = 1...100_000
  /// Seeds of a candidate, or of one command.
  public static let seeds = 1...1000

  /// Images of any data set, to train on or to score.
  public static let images = DataShape.imageCounts
}

/// Which decimal numbers are allowed, and how messages say that. Infinities and NaN are never allowed.
public struct NumberLimit: Sendable, CustomStringConvertible {
  public let description: String
  private let isAllowed: @Sendable (Double) -> Bool

  public init(_ description: String, _ isAllowed: @escaping @Sendable (Double) -> Bool) {
    self.description = description
    self.isAllowed = isAllowed
  }

  public func contains(_ value: Double) -> Bool { value.isFinite && isAllowed(value) }
}

extension TrainingRecipe {
  /// The fields beyond their limits, with what is allowed.
  public var beyondLimits: [(field: String, value: String, allowed: String)] {
    let images = max(1, data.shape.trainingImages)
    let whole: [(String, Int, ClosedRange<Int>)] = [
      ("trainImages", data.trainImages, 1...images), ("validationImages", data.validationImages, 0...images),
      ("batch", batch, TrainingLimits.batch),
    ]
    let numbers: [(String, Double, NumberLimit)] = [
      ("learningRate", learningRate, TrainingLimits.learningRate), ("momentum", momentum, TrainingLimits.momentum),
      ("weightDecay", weightDecay, TrainingLimits.weightDecay),
    ]
    return networkBeyondLimits + startBeyondLimits + augmentationBeyondLimits
      + whole.filter { !$0.2.contains($0.1) }.map { ($0.0, "\($0.1)", "\($0.2.lowerBound) to \($0.2.upperBound)") }
      + numbers.filter { !$0.2.contains($0.1) }.map { ($0.0, "\($0.1)", $0.2.description) }
  }

  /// Problems of the images, or of the network for these images.
  private var networkBeyondLimits: [(field: String, value: String, allowed: String)] {
    let problems = data.shapeBeyondLimits
    guard problems.isEmpty, let problem = model.problem(imageSize: data.shape.imageSize) else { return problems }
    return [("model", model.rawValue, "none that \(problem)")]
  }

  private var augmentationBeyondLimits: [(field: String, value: String, allowed: String)] {
    guard let augmentation, !augment else { return [] }
    return [("augmentation", "\(augmentation)", "none, as images are not augmented")]
  }

  private var startBeyondLimits: [(field: String, value: String, allowed: String)] {
    func range(_ bounds: ClosedRange<Int>) -> String { "\(bounds.lowerBound) to \(bounds.upperBound)" }
    var problems: [(field: String, value: String, allowed: String)] = []
    func check(_ field: String, _ value: Int, _ bounds: ClosedRange<Int>) {
      if !bounds.contains(value) { problems.append((field, "\(value)", range(bounds))) }
    }
    if let until { check("until", until, 1...max(1, epochs.begun)) }
    if let skip, skip.every < 2 || skip.every > stepsPerEpoch {
      let allowed = stepsPerEpoch < 2 ? "none, as an epoch has one step" : "2 to \(stepsPerEpoch)"
      problems.append(("skip.\(skip.part.rawValue)", "\(skip.every)", allowed))
    }
    guard let start else {
      if epochs.whole.map(TrainingLimits.epochs.contains) != true {
        problems.append(("epochs", "\(epochs)", range(TrainingLimits.epochs)))
      }
      return problems
    }
    if !TrainingLimits.partialEpochs.contains(epochs.count) {
      problems.append(("epochs", "\(epochs)", TrainingLimits.partialEpochs.description))
    }
    let images = max(1, data.shape.trainingImages)
    check("calibrationImages", start.calibrationImages, 1...images)
    switch start.origin {
    case .dense(let epochs, let trainImages, _):
      check("start.epochs", epochs, TrainingLimits.epochs)
      check("start.trainImages", trainImages, 1...images)
      if let rate = start.learningRate, !TrainingLimits.learningRate.contains(rate) {
        problems.append(("start.learningRate", "\(rate)", TrainingLimits.learningRate.description))
      }
    case .checkpoint(let weights):
      if !SHA256.isHexadecimal(weights) {
        problems.append(("start.weights", weights, "64 lower-case hexadecimal digits"))
      }
    }
    return problems
  }
}
