/// The learning rate over the steps of a training.
public enum Schedule: String, Codable, CaseIterable, Sendable {
  case constant
  /// Multiplied by 0.1 after half of the steps, and again after three quarters.
  case step
  /// peak · (1 + cos(π t / T)) / 2
  case cosine
  /// Rises linearly over the first ⌈T/5⌉ steps, then falls to 0 along a cosine.
  case onecycle
}

/// The images that a training uses. Validation images are held out of the training files by `splitSeed`.
public struct DataSelection: Codable, Hashable, Sendable {
  public var set: ImageSet
  public var trainImages: Int
  public var validationImages: Int
  public var splitSeed: UInt64
  /// The shape of a file of arrays; `nil` for the other sets, whose shapes are known.
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
  /// The number of images from which the held-out images are drawn: all images of a set. For a set without an end, it
  /// is at least 50,000, so that the images held out are the same for more or fewer training images.
  package var drawnFrom: Int {
    self.set.isDrawn ? max(50_000, max(0, validationImages) + max(0, trainImages)) : shape.trainingImages
  }
}

/// Everything but candidate and seed that a training's result depends on.
public struct TrainingRecipe: Codable, Hashable, Sendable {
  public var model: Model
  public var variant: BasisVariant
  public var data: DataSelection
  /// Whole from scratch; from a trained start also a part of an epoch, or none.
  public var epochs: Epochs
  public var batch: Int
  public var learningRate: Double
  public var schedule: Schedule
  public var momentum: Double
  public var nesterov: Bool
  public var weightDecay: Double
  public var augment: Bool
  /// How training images are varied if `augment` is set; `nil` for crops and flips.
  public var augmentation: AugmentationChoice?
  /// Whether the validation images are also scored after every epoch. The training itself stays the same to the bit.
  public var curve = false
  /// What the training begins with; `nil` for randomly drawn weights.
  public var start: TrainedStart?
  /// The number of epochs after which the training ends, while its schedule goes on to `epochs`; `nil` for the whole
  /// schedule.
  public var until: Int?
  /// The updates of decomposed layers that are skipped; `nil` for none.
  public var skip: SkippedUpdates?
  /// What the training is computed with on every machine; `nil` for native kernels, the fastest of each machine.
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

  /// The network for the images and classes of the data set.
  public var architecture: Architecture {
    Architecture(model, imageSize: data.shape.imageSize, classCount: data.shape.classCount)
  }

  /// The number of steps in an epoch. A last partial batch is dropped, unless it is the only one.
  package var stepsPerEpoch: Int { max(1, data.trainImages / max(1, batch)) }

  /// The passes of a training step: one forward, and a backward pass that takes twice as long.
  package static let passesOfStep = 3.0

  /// The number of images times forward passes through the network, of which a backward pass counts as two. Times the
  /// network's multiply-adds, it is the work of a training.
  package var passes: Double {
    let trained = until.map { Double($0) } ?? epochs.count
    // The conversion of the start and the recalibration of batch norm are one pass each.
    let calibration = start.map { 2 * Double($0.calibrationImages) } ?? 0
    return Self.passesOfStep * trained * Double(data.trainImages) + calibration
      + max(1, curve ? trained.rounded(.down) : 1) * Double(data.validationImages)
  }

  /// Leaves out fields unknown to the older workers and checkpoints that read recipes in this form: `curve`, which
  /// changes nothing of what a training finds, and `start` and `until`, since no work with these is sent to such
  /// workers. `augmentation`, `skip` and `kernels` are present only if they are set, and no work with these is sent to
  /// such workers either; checkpoints of trainings that are resumed need them.
  private enum CodingKeys: String, CodingKey {
    case model, variant, data, epochs, batch, learningRate, schedule, momentum, nesterov, weightDecay, augment,
      augmentation, skip, kernels
  }
}
