/// Results that another study has, for works that this one may ask for, too: equal works are trained once.
public struct EarlierResults: Sendable {
  /// The study that they are of, as people know it: `tiny (studies/tiny)`.
  public let source: String
  /// A result is a function of its work, images and kernels: those of one kernel variant.
  public let results: [Work: Observation]

  public init(source: String, results: [Work: Observation]) {
    self.source = source
    self.results = results
  }
}
