/// The learning rate over the steps of a training.
public enum Schedule: String, Codable, CaseIterable, Sendable {
  case constant
  /// Times 0.1 after half of the steps and again after three quarters.
  case step
  /// peak · (1 + cos(π t / T)) / 2
  case cosine
  /// Linear up over the first ⌈T/5⌉ steps, then cosine to 0.
  case onecycle
}

/// The images that a training uses. Validation images are held out of the training files by `splitSeed`.
public struct DataSelection: Codable, Hashable, Sendable {
  public var set: ImageSet
  public var trainImages: Int
  public var validationImages: Int
  public var splitSeed: UInt64
  /// What a file of arrays holds; nil for the other sets, of which that is known.
  public var arrays: DataShape?

  public init(
    set: ImageSet, trainImages: Int, validationImages: Int, splitSeed: UInt64, arrays: DataShape? = nil
  ) {
    self.set = set
    self.arrays = arrays
    self.trainImages = trainImages
    self.validationImages = validationImages
    self.splitSeed = splitSeed
  }
}

extension DataSelection {
  /// Images from which those that are held out are drawn: all that a set has; of one without an end so many that the
  /// images held out are the same for more or fewer to train on.
  package var drawnFrom: Int {
    self.set.isDrawn ? max(50_000, max(0, validationImages) + max(0, trainImages)) : shape.trainingImages
  }
}

/// Everything but candidate and seed that a training's result depends on.
public struct TrainingRecipe: Codable, Hashable, Sendable {
  public var model: Model
  public var variant: BasisVariant
  public var data: DataSelection
  /// Whole from scratch; from a trained start also a part of one, or none.
  public var epochs: Epochs
  public var batch: Int
  public var learningRate: Double
  public var schedule: Schedule
  public var momentum: Double
  public var nesterov: Bool
  public var weightDecay: Double
  public var augment: Bool
  /// How training images are varied where they are; nil for crops and flips.
  public var augmentation: AugmentationChoice?
  /// The validation images are scored after every epoch, too. The training itself stays the same to the bit.
  public var curve = false
  /// What the training begins with; nil for weights that are drawn.
  public var start: TrainedStart?
  /// The training ends after so many epochs, of a schedule that goes on to `epochs`; nil for all of it.
  public var until: Int?
  /// Updates of decomposed layers that are skipped; nil for none.
  public var skip: SkippedUpdates?
  /// What it is computed with on every machine; nil for native kernels, the fastest of each.
  public var kernels: KernelDemand?

  public init(
    model: Model, variant: BasisVariant = .remainder, data: DataSelection, epochs: Epochs, batch: Int = 128,
    learningRate: Double = 0.1, schedule: Schedule = .onecycle, momentum: Double = 0.9, nesterov: Bool = false,
    weightDecay: Double = 1e-4, augment: Bool = true, augmentation: AugmentationChoice? = nil, curve: Bool = false,
    start: TrainedStart? = nil, until: Int? = nil, skip: SkippedUpdates? = nil, kernels: KernelDemand? = nil
  ) {
    self.model = model
    self.variant = variant
    self.data = data
    self.epochs = epochs
    self.batch = batch
    self.learningRate = learningRate
    self.schedule = schedule
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
    self.augment = augment
    self.augmentation = augmentation
    self.curve = curve
    self.start = start
    self.until = until
    self.skip = skip
    self.kernels = kernels
  }

  /// The network, for the images and classes of the data set.
  public var architecture: Architecture {
    Architecture(model, imageSize: data.shape.imageSize, classCount: data.shape.classCount)
  }

  /// Steps of an epoch: a last partial batch is dropped, unless it is the only one.
  package var stepsPerEpoch: Int { max(1, data.trainImages / max(1, batch)) }

  /// A training step runs through a network forwards and twice as long backwards.
  package static let passesOfStep = 3.0

  /// Images that pass through the network, once each way counted: times the network's multiply-adds it is a training's
  /// work.
  package var passes: Double {
    let trained = until.map { Double($0) } ?? epochs.count
    // A start's conversion and its batch norm are one pass each.
    let calibration = start.map { 2 * Double($0.calibrationImages) } ?? 0
    return Self.passesOfStep * trained * Double(data.trainImages) + calibration
      + max(1, curve ? trained.rounded(.down) : 1) * Double(data.validationImages)
  }

  /// Without what those do not know that read recipes in this form, older workers and checkpoints: `curve`, which
  /// changes nothing of what a training finds; `start` and `until`, with which no work is said to those workers.
  /// `augmentation`, `skip` and `kernels` are there only where they are set, of which the same is true; checkpoints
  /// of trainings that go on need them.
  private enum CodingKeys: String, CodingKey {
    case model, variant, data, epochs, batch, learningRate, schedule, momentum, nesterov, weightDecay, augment,
      augmentation, skip, kernels
  }
}
