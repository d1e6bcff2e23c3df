/// One of the two factors that a decomposed layer is trained as. The raw value is the suffix of its tensors' names,
/// such as `layer1.0.conv1.basis`.
public enum BasisPart: String, Codable, CaseIterable, Sendable {
  /// The coefficients that combine the basis maps.
  case coefficients
  /// The filters of the basis.
  case basis
}

/// A schedule that trains one part of every decomposed layer only at every Kth step. At the steps in between, no
/// gradient of its weights is computed, and neither momentum nor weight decay changes them.
///
/// A reconstruction: public summaries of arXiv 2408.06024 name a scheme that skips training, without its details.
public struct SkippedUpdates: Codable, Hashable, Sendable {
  public var part: BasisPart
  /// K, the number of steps from one update of the part to the next; 1 skips none.
  public var every: Int

  public init(of part: BasisPart, every: Int) {
    self.part = part
    self.every = every
  }

  /// `nil` if no update is skipped.
  package var orNone: SkippedUpdates? { every == 1 ? nil : self }

  /// Returns the part that a step leaves unchanged; `nil` for the steps 0, K, 2K, …, which train everything.
  /// - Parameter step: The number of the step in the training, from 0. The pattern depends on nothing else, so that a
  ///   resumed training keeps to it.
  package func part(skippedIn step: Int) -> BasisPart? { every > 1 && step % every != 0 ? part : nil }

  /// Returns the mean of what a step takes, over the steps from one update of all parts to the next.
  /// - Parameters:
  ///   - whole: What a step that trains everything takes.
  ///   - partial: What one of the steps in between takes.
  package func average(whole: Double, partial: Double) -> Double { partial + (whole - partial) / Double(every) }
}
