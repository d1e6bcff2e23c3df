import SearchCore

/// The versions that two communicating builds must agree on.
public enum ProtocolVersion {
  /// The version of the frame layout; it changes only if a receiver could no longer find the type of a message.
  public static let framing: UInt8 = 1
  /// The oldest version of the messages and their meaning. HELLO offers a range, WELCOME chooses a version.
  public static let oldest = 1
  /// The version that the newest message or work needs. The code of each message has the version that introduced it.
  public static let newest = max(withDataSets, withStartRates, newestOfMessages)
  private static let newestOfMessages =
    (WorkerMessage.Code.allCases.map(\.since) + CoordinatorMessage.Code.allCases.map(\.since))
    .reduce(oldest, max)
  /// The first version in which workers can fetch the data set.
  public static let withData = WorkerMessage.Code.contentRequest.since
  /// The first version with contents in both directions, each piece with its content's hash.
  public static let withContents = CoordinatorMessage.Code.contentPiece.since
  /// The first version in which a job can be any work, given by its canonical text.
  public static let withWorks = CoordinatorMessage.Code.job.since
  /// The first version in which a work can start from a trained network, which is a content.
  public static let withStarts = CoordinatorMessage.Code.startedJob.since

  /// The first version with variants of basis convolutions other than `remainder` and `full`, including a variant for
  /// each layer. This version adds no message, but older workers could not read such works.
  public static let withVariants = 5

  /// The first version with batch norm recalibrated on augmented images (`TrainedStart.augment`), which older workers
  /// cannot read.
  public static let withAugmentedStarts = 6

  /// The first version in which a study can ask for the kernels of one instruction set (`TrainingRecipe.kernels`), and
  /// a worker lists those it has.
  public static let withKernels = 7

  /// The first version with described networks and with names of networks beyond the nine that older workers know.
  public static let withNetworks = 8

  /// The first version in which a study can take workers of another kind (`KernelDemand.foreign`).
  public static let withForeignEngines = 8

  /// The first version with data sets other than `cifar10` and `shapes10`, and with augmentation other than crops with
  /// flips.
  public static let withDataSets = 9

  /// The first version in which the dense network that trainings start from can have a learning rate of its own
  /// (`TrainedStart.learningRate`).
  public static let withStartRates = 10

  /// The oldest version a worker must speak to receive this data set.
  public static func needed(for set: ImageSet) -> Int {
    [.cifar10, .shapes10].contains(set) ? oldest : withDataSets
  }

  /// The oldest version a worker must speak to receive this work.
  public static func needed(for work: Work) -> Int {
    let recipe = work.kind.recipe
    if recipe.start?.learningRate != nil { return withStartRates }
    if recipe.augmentation != nil || needed(for: recipe.data.set) == withDataSets { return withDataSets }
    if !recipe.model.isKnownToAll { return withNetworks }
    if let kernels = recipe.kernels { return kernels.foreign == nil ? withKernels : withForeignEngines }
    if recipe.start?.augment == true { return withAugmentedStarts }
    let isKnownToAll =
      [.remainder, .full].contains(recipe.variant)
      && work.candidate.decompositions.allSatisfy { $0.form.variant == nil }
    return isKnownToAll ? needed(for: work.kind) : withVariants
  }

  /// The oldest version a worker must speak to receive works of this kind whose candidates have no variants of their
  /// own.
  private static func needed(for kind: WorkKind) -> Int {
    guard case .proxyTraining(let recipe) = kind else { return withStarts }
    // Older workers would ignore the fields they do not know, and train something else.
    let isKnownToAll = recipe.start == nil && recipe.until == nil && recipe.skip == nil
    return isKnownToAll ? oldest : withStarts
  }
}
