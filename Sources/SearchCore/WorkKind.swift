/// What is computed for a candidate. A kind is a case with everything it depends on besides candidate, repetition and
/// seed.
///
/// A new kind takes a case here with its name, a branch of `init(named:fields:)` that reads it, and a branch in the
/// engine (`BasisEngine.WorkRunner`).
public enum WorkKind: Hashable, Sendable {
  /// Trains for a few epochs, from scratch or from a trained network, and scores on the validation images.
  case proxyTraining(TrainingRecipe)
  /// Trains the dense network that other trainings start with (`TrainedStart.training`); its weights are an artifact.
  case startTraining(TrainingRecipe)
  /// Finds what truncation does to each layer of a trained network, the recipe's `start`; nothing is trained.
  case layerAnalysis(TrainingRecipe)
  /// Trains in full, and scores on the test images.
  case finalTraining(TrainingRecipe)
}

extension WorkKind {
  /// The name in canonical texts; do not reuse one for something else.
  var name: String {
    switch self {
    case .proxyTraining: "proxy-training"
    case .startTraining: "start-training"
    case .layerAnalysis: "layer-analysis"
    case .finalTraining: "final-training"
    }
  }

  private static let names = ["proxy-training", "start-training", "layer-analysis", "final-training"]

  /// The kind without an end before the schedule's.
  var whole: WorkKind {
    func whole(_ recipe: TrainingRecipe) -> TrainingRecipe {
      var recipe = recipe
      recipe.until = nil
      return recipe
    }
    switch self {
    case .proxyTraining(let recipe): return .proxyTraining(whole(recipe))
    case .startTraining(let recipe): return .startTraining(whole(recipe))
    case .layerAnalysis(let recipe): return .layerAnalysis(whole(recipe))
    case .finalTraining(let recipe): return .finalTraining(whole(recipe))
    }
  }

  /// The name in lines for people.
  public var title: String {
    switch self {
    case .proxyTraining: "a training"
    case .startTraining: "the training of the dense network"
    case .layerAnalysis: "the analysis of the layers"
    case .finalTraining: "a final training"
    }
  }

  /// The recipe of the kind's trainings.
  public var recipe: TrainingRecipe {
    switch self {
    case .proxyTraining(let recipe), .startTraining(let recipe), .layerAnalysis(let recipe), .finalTraining(let recipe):
      recipe
    }
  }

  /// Reads what `visitFields` wrote. Throws `SearchError.work` for an unknown name, and for fields that are missing,
  /// cannot be read or are beyond their limits.
  init(named name: String, fields: inout WorkFieldReader) throws(SearchError) {
    switch name {
    case "proxy-training": self = .proxyTraining(try TrainingRecipe(fields: &fields))
    case "start-training": self = .startTraining(try TrainingRecipe(fields: &fields))
    case "layer-analysis": self = .layerAnalysis(try TrainingRecipe(fields: &fields))
    case "final-training": self = .finalTraining(try TrainingRecipe(fields: &fields))
    default: throw .work(problem: "its kind '\(name)' is not known; known: \(Self.names.joined(separator: ", "))")
    }
  }

  /// The number of epochs in which progress is counted; 0 for a kind without any.
  public var epochs: Int {
    switch self {
    case .layerAnalysis: 0
    case .proxyTraining(let recipe), .startTraining(let recipe), .finalTraining(let recipe):
      recipe.until ?? recipe.epochs.begun
    }
  }

  /// The network that the work is about.
  public var model: Model { recipe.model }
  /// The trained network whose weights the work needs; `nil` if it starts from scratch.
  public var start: TrainedStart? { recipe.start }

  func visitFields<Visitor: WorkFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    var recipe = recipe
    try recipe.visitFields(&visitor)
  }

  /// The canonical text: the name, then every field as ` key=value`.
  public var text: String {
    var writer = WorkFieldWriter()
    visitFields(&writer)
    return writer.fields.reduce(into: name) { $0 += " \($1.key)=\($1.value)" }
  }

  public var isProxy: Bool {
    if case .proxyTraining = self { true } else { false }
  }

  /// Whether the work leaves the trained network as a content (`Artifact.weights`), unless it diverges.
  public var leavesWeights: Bool {
    switch self {
    case .startTraining, .finalTraining: true
    case .proxyTraining, .layerAnalysis: false
    }
  }

  /// The metrics that an observation of this kind must have; an observation without them is of another kind.
  public var requiredMetrics: [Metric] {
    switch self {
    case .proxyTraining, .startTraining: [.accuracy, .imagesPerSecond, .peakMemoryBytes, .trainSeconds]
    case .layerAnalysis: [.peakMemoryBytes]
    case .finalTraining: [.imagesPerSecond, .peakMemoryBytes, .testAccuracy, .trainSeconds]
    }
  }

  /// Returns why an observation cannot be the result of such a work; `nil` if it can.
  public func problem(with observation: Observation) -> String? {
    if let missing = requiredMetrics.first(where: { observation[$0] == nil }) { return "it has no \(missing.name)" }
    switch self {
    case .startTraining, .finalTraining:
      // Foreign engines have networks in another form, and leave none.
      let isForeign = KernelVariant(observation.kernelVariant).foreignEngine != nil
      let isMissing = observation.artifacts[Artifact.weights] == nil && !observation.diverged && !isForeign
      return isMissing ? "it has no \(Artifact.weights)" : nil
    case .layerAnalysis:
      guard let errors = observation[.truncationErrors] else { return "it has no \(Curve.truncationErrors)" }
      let wrong = errors.first { !(0...1).contains($0) }
      return wrong.map { "its \(Curve.truncationErrors) contain \($0), which is no share" }
    case .proxyTraining: return nil
    }
  }
}
