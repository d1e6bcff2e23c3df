/// What is to be computed for a candidate. A kind is a case with what it depends on besides candidate, repetition and
/// seed.
///
/// A new kind is: a case here with its name, the branch of `init(named:fields:)` that reads it, and a branch in the
/// engine (`BasisEngine.WorkRunner`).
public enum WorkKind: Hashable, Sendable {
  /// Train from scratch for a few epochs, and judge by the validation images.
  case proxyTraining(TrainingRecipe)
}

extension WorkKind {
  /// In canonical texts; never used again for something else.
  var name: String {
    switch self {
    case .proxyTraining: "proxy-training"
    }
  }

  private static let names = ["proxy-training"]

  /// Reads what `visitFields` wrote. Throws `SearchError.work` for an unknown name, and for fields that are missing,
  /// cannot be read or are beyond their limits.
  init(named name: String, fields: inout WorkFieldReader) throws(SearchError) {
    switch name {
    case "proxy-training": self = .proxyTraining(try TrainingRecipe(fields: &fields))
    default: throw .work(problem: "its kind '\(name)' is not known; known are: \(Self.names.joined(separator: ", "))")
    }
  }

  /// As progress is counted; 0 for what has none.
  public var epochs: Int {
    switch self {
    case .proxyTraining(let recipe): recipe.epochs
    }
  }

  /// Which network it is about.
  public var model: Model {
    switch self {
    case .proxyTraining(let recipe): recipe.model
    }
  }

  func visitFields<Visitor: WorkFieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure) {
    switch self {
    case .proxyTraining(var recipe): try recipe.visitFields(&visitor)
    }
  }

  /// The canonical text: the name, then every field as ` key=value`.
  public var text: String {
    var writer = WorkFieldWriter()
    visitFields(&writer)
    return writer.fields.reduce(into: name) { $0 += " \($1.key)=\($1.value)" }
  }

  /// What an observation of this kind must have; without it, it is of something else.
  public var requiredMetrics: [Metric] {
    switch self {
    case .proxyTraining: [.accuracy, .imagesPerSecond, .peakMemoryBytes, .trainSeconds]
    }
  }

  /// Why this cannot be what such a work finds; nil where it can.
  public func problem(with observation: Observation) -> String? {
    requiredMetrics.first { observation[$0] == nil }.map { "it has no \($0.name)" }
  }
}
