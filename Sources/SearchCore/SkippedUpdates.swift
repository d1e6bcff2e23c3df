/// One of the two factors that a decomposed layer is trained as. The raw value ends the names of its tensors, such as
/// `layer1.0.conv1.basis`.
public enum BasisPart: String, Codable, CaseIterable, Sendable {
  /// What the basis maps are combined with.
  case coefficients
  /// The filters of the basis.
  case basis
}

/// One part of every decomposed layer is trained at every Kth step only. At the steps in between no gradient of its
/// weights is computed, and neither momentum nor weight decay touches them.
///
/// A reconstruction: public summaries of arXiv 2408.06024 name a scheme that skips training, without its details.
public struct SkippedUpdates: Codable, Hashable, Sendable {
  public var part: BasisPart
  /// K: steps from one update of the part to the next; 1 skips none.
  public var every: Int

  public init(of part: BasisPart, every: Int) {
    self.part = part
    self.every = every
  }

  /// Nil where it skips none.
  package var orNone: SkippedUpdates? { every == 1 ? nil : self }

  /// The part that a step leaves as it is; nil for steps 0, K, 2K, …, which train everything.
  /// - Parameter step: of the training, from 0. Nothing else takes part, so that a training that goes on keeps to the
  ///   pattern.
  package func part(skippedIn step: Int) -> BasisPart? { every > 1 && step % every != 0 ? part : nil }

  /// Of the steps from one update of all parts to the next, what one takes on average.
  /// - Parameters:
  ///   - whole: a step that trains everything.
  ///   - partial: one of those between.
  package func average(whole: Double, partial: Double) -> Double { partial + (whole - partial) / Double(every) }
}
