import SearchCore

/// What two builds that speak with each other must agree on.
public enum ProtocolVersion {
  /// Of the frames' layout; changes only if a receiver could not even find the type of a message.
  public static let framing: UInt8 = 1
  /// Of the messages and what they mean. HELLO offers a range, WELCOME chooses.
  public static let oldest = 1
  /// What the newest message or work needs: each message's code says since which version there is one.
  public static let newest = max(withNetworks, withForeignEngines, withDataSets, newestOfMessages)
  private static let newestOfMessages =
    (WorkerMessage.Code.allCases.map(\.since) + CoordinatorMessage.Code.allCases.map(\.since))
    .reduce(oldest, max)
  /// Workers may fetch the data set.
  public static let withData = WorkerMessage.Code.contentRequest.since
  /// Contents are exchanged in both directions, each piece with its content's hash.
  public static let withContents = CoordinatorMessage.Code.contentPiece.since
  /// A job is any work, as its canonical text.
  public static let withWorks = CoordinatorMessage.Code.job.since
  /// A work may start from a trained network, which is a content.
  public static let withStarts = CoordinatorMessage.Code.startedJob.since

  /// A work may have other variants of basis convolutions than `remainder` and `full`, also one for each layer. It
  /// needs no message of its own: older workers could not read what it says.
  public static let withVariants = 5

  /// Batch norm may be recalibrated on augmented images (`TrainedStart.augment`), of which older workers cannot read.
  public static let withAugmentedStarts = 6

  /// A study may ask for kernels of one instruction set (`TrainingRecipe.kernels`), and a worker says which it has.
  public static let withKernels = 7

  /// A work may be about a network that is described, or has a name that came later than this: older workers know nine
  /// names.
  public static let withNetworks = 8

  /// A study may take workers of another kind (`KernelDemand.foreign`).
  public static let withForeignEngines = 8

  /// There are other data sets than `cifar10` and `shapes10`, and other augmentation than crops with flips.
  public static let withDataSets = 9

  /// What a worker must speak to have such a data set.
  public static func needed(for set: ImageSet) -> Int {
    [.cifar10, .shapes10].contains(set) ? oldest : withDataSets
  }

  /// What a worker must speak to be given such a work.
  public static func needed(for work: Work) -> Int {
    let recipe = work.kind.recipe
    if recipe.augmentation != nil || needed(for: recipe.data.set) == withDataSets { return withDataSets }
    if !recipe.model.isKnownToAll { return withNetworks }
    if let kernels = recipe.kernels { return kernels.foreign == nil ? withKernels : withForeignEngines }
    if recipe.start?.augment == true { return withAugmentedStarts }
    let isKnownToAll =
      [.remainder, .full].contains(recipe.variant)
      && work.candidate.decompositions.allSatisfy { $0.form.variant == nil }
    return isKnownToAll ? needed(for: work.kind) : withVariants
  }

  /// What a worker must speak to be given works of this kind, of candidates in the kind's own variant.
  private static func needed(for kind: WorkKind) -> Int {
    guard case .proxyTraining(let recipe) = kind else { return withStarts }
    // Older workers would leave out what they do not know, and train something else.
    let isKnownToAll = recipe.start == nil && recipe.until == nil && recipe.skip == nil
    return isKnownToAll ? oldest : withStarts
  }
}
