/// What is to be computed for a candidate. A kind is a case with what it depends on besides candidate, repetition and
/// seed.
///
/// A new kind is: a case here with its name, the branch of `init(named:fields:)` that reads it, and a branch in the
/// engine (`BasisEngine.WorkRunner`).
public enum WorkKind: Hashable, Sendable {
  /// Train for a few epochs, from scratch or from a trained network, and judge by the validation images.
  case proxyTraining(TrainingRecipe)
  /// Train the dense network that others start with (`TrainedStart.training`); its weights are an artifact.
  case startTraining(TrainingRecipe)
  /// What truncation does to each layer of a trained network, of the recipe's `start`; nothing is trained.
  case layerAnalysis(TrainingRecipe)
  /// Train in full, and judge by the test images.
  case finalTraining(TrainingRecipe)
}

extension WorkKind {
  /// In canonical texts; never used again for something else.
  var name: String {
    switch self {
    case .proxyTraining: "proxy-training"
    case .startTraining: "start-training"
    case .layerAnalysis: "layer-analysis"
    case .finalTraining: "final-training"
    }
  }

  private static let names = ["proxy-training", "start-training", "layer-analysis", "final-training"]

  /// Without an end before the schedule's.
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

  /// In lines for people.
  public var title: String {
    switch self {
    case .proxyTraining: "a training"
    case .startTraining: "the training of the dense network"
    case .layerAnalysis: "the analysis of the layers"
    case .finalTraining: "a final training"
    }
  }

  /// What its trainings go by.
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
    default: throw .work(problem: "its kind '\(name)' is not known; known are: \(Self.names.joined(separator: ", "))")
    }
  }

  /// As progress is counted; 0 for what has none.
  public var epochs: Int {
    switch self {
    case .layerAnalysis: 0
    case .proxyTraining(let recipe), .startTraining(let recipe), .finalTraining(let recipe):
      recipe.until ?? recipe.epochs.begun
    }
  }

  /// Which network it is about.
  public var model: Model { recipe.model }
  /// The weights of a trained network have to be there; nil where it starts from scratch.
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

  /// The trained network is part of what it finds, unless it diverged: a content (`Artifact.weights`).
  public var leavesWeights: Bool {
    switch self {
    case .startTraining, .finalTraining: true
    case .proxyTraining, .layerAnalysis: false
    }
  }

  /// What an observation of this kind must have; without it, it is of something else.
  public var requiredMetrics: [Metric] {
    switch self {
    case .proxyTraining, .startTraining: [.accuracy, .imagesPerSecond, .peakMemoryBytes, .trainSeconds]
    case .layerAnalysis: [.peakMemoryBytes]
    case .finalTraining: [.imagesPerSecond, .peakMemoryBytes, .testAccuracy, .trainSeconds]
    }
  }

  /// Why this cannot be what such a work finds; nil where it can.
  public func problem(with observation: Observation) -> String? {
    if let missing = requiredMetrics.first(where: { observation[$0] == nil }) { return "it has no \(missing.name)" }
    switch self {
    case .startTraining, .finalTraining:
      // Foreign engines have networks of another form, and leave none.
      let isForeign = KernelVariant(observation.kernelVariant).foreignEngine != nil
      let isMissing = observation.artifacts[Artifact.weights] == nil && !observation.diverged && !isForeign
      return isMissing ? "it has no \(Artifact.weights)" : nil
    case .layerAnalysis where observation[.truncationErrors] == nil: return "it has no \(Curve.truncationErrors)"
    case .proxyTraining, .layerAnalysis: return nil
    }
  }
}
