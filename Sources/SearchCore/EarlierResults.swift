/// Results of another study, for works that this study may ask for, too: equal works are trained once.
public struct EarlierResults: Sendable {
  /// The other study, as users know it: `tiny (studies/tiny)`.
  public let source: String
  /// The results, all of one kernel variant: a result is a function of its work, images and kernels.
  public let results: [Work: Observation]

  public init(source: String, results: [Work: Observation]) {
    self.source = source
    self.results = results
  }
}
