import Synchronization

extension Work {
  /// The approximate number of multiply-adds of the whole work, on which forecasts of its time are based.
  package var multiplyAdds: Double {
    let recipe = kind.recipe
    let architecture = Self.architectures.withLock { $0.architecture(of: recipe) }
    return Double(architecture.cost(of: candidate, variant: recipe.variant).multiplyAdds) * max(1, recipe.passes)
  }

  private static let architectures = Mutex(KnownArchitectures())
}

/// The networks of works, each created once: a study has one, or few.
private struct KnownArchitectures: Sendable {
  private struct Key: Hashable {
    var model: Model
    var shape: DataShape
  }

  private var known: [Key: Architecture] = [:]

  mutating func architecture(of recipe: TrainingRecipe) -> Architecture {
    let key = Key(model: recipe.model, shape: recipe.data.shape)
    if let architecture = known[key] { return architecture }
    let architecture = recipe.architecture
    known[key] = architecture
    return architecture
  }
}
