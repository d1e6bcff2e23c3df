/// A trained dense network that trainings begin with: each candidate's convolutions are derived from its filters.
public struct TrainedStart: Codable, Hashable, Sendable {
  /// Where the weights come from.
  public enum Origin: Codable, Hashable, Sendable {
    /// The study's own training of the dense network.
    case dense(epochs: Int, trainImages: Int, seed: UInt64)
    /// A checkpoint, by the SHA-256 of its file in lower-case hexadecimal digits.
    case checkpoint(weights: String)
  }

  public var origin: Origin
  /// The highest learning rate of the study's own training of the dense network; `nil` if it is the recipe's. Not used
  /// with a checkpoint.
  public var learningRate: Double?
  /// The number of training images that give the distribution of the layers' outputs, and from which batch norm's
  /// statistics are computed anew.
  public var calibrationImages: Int
  /// Whether batch norm's statistics are those of these images augmented as in training, as the trained network's own
  /// are. Statistics of unaugmented images differ by the padding that a crop brings in, and the network is worse with
  /// them.
  public var augment: Bool

  public static let defaultCalibrationImages = 2000
  /// The maximum size of the weights, since each worker receives them as a whole.
  package static let mostBytes = 256 << 20

  public init(
    origin: Origin, learningRate: Double? = nil, calibrationImages: Int = defaultCalibrationImages,
    augment: Bool = false
  ) {
    self.origin = origin
    self.learningRate = learningRate
    self.calibrationImages = calibrationImages
    self.augment = augment
  }

  /// Returns the recipe that trains the start's weights as part of the study; `nil` if the weights are given.
  package func training(of recipe: TrainingRecipe) -> TrainingRecipe? {
    guard case .dense(let epochs, let trainImages, _) = origin else { return nil }
    var training = recipe
    // The dense network has no part whose updates could be skipped.
    (training.start, training.until, training.curve, training.skip) = (nil, nil, false, nil)
    training.epochs = Epochs(epochs)
    training.data.trainImages = trainImages
    training.learningRate = learningRate ?? recipe.learningRate
    return training
  }
}

extension TrainedStart {
  private enum From: String, CaseIterable, LosslessStringConvertible {
    case dense, checkpoint

    init?(_ description: String) { self.init(rawValue: description) }
    var description: String { rawValue }
  }

  static let seedKey = "start.seed"

  /// Visits the fields of a recipe's start. A recipe without a start has none of them.
  static func visitFields<Visitor: WorkFieldVisitor>(
    _ start: inout TrainedStart?, _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    var from: From? = start.map { if case .dense = $0.origin { .dense } else { .checkpoint } }
    try visitor.optional("start.from", &from)
    guard let from else {
      start = nil
      return
    }
    var read = start ?? TrainedStart(origin: .checkpoint(weights: ""))
    switch from {
    case .dense:
      var (epochs, trainImages, seed) = (0, 0, UInt64(0))
      if case .dense(let a, let b, let c) = read.origin { (epochs, trainImages, seed) = (a, b, c) }
      try visitor.field("start.epochs", &epochs)
      try visitor.field("start.train_images", &trainImages)
      try visitor.field(seedKey, &seed)
      read.origin = .dense(epochs: epochs, trainImages: trainImages, seed: seed)
      try visitor.optional("start.learning_rate", &read.learningRate)
    case .checkpoint:
      var weights = ""
      if case .checkpoint(let known) = read.origin { weights = known }
      try visitor.field("start.weights", &weights)
      read.origin = .checkpoint(weights: weights)
    }
    try visitor.field("start.calibration_images", &read.calibrationImages)
    try visitor.flag("start.augment", &read.augment)
    start = read
  }
}

extension Architecture {
  /// The fewest calibration images with which the covariance of every layer's outputs can have full rank: N + 1 pixels.
  package var fewestCalibrationImages: Int {
    layers.map { layer in
      let pixels = layer.outputSize * layer.outputSize
      return (layer.outputChannels + pixels) / pixels
    }.max() ?? 1
  }
}
