import SearchCore

extension WorkTemplate {
  /// Proxy trainings of a small recipe.
  static func example(studySeed: UInt64 = 1) -> WorkTemplate {
    let recipe = TrainingRecipe(
      model: .resnet20, data: DataSelection(set: .shapes10, trainImages: 100, validationImages: 10, splitSeed: 1),
      epochs: 1)
    return WorkTemplate(kind: .proxyTraining(recipe), studySeed: studySeed)
  }
}

extension WorkTemplate {
  /// Proxy trainings of six epochs, with lower rungs.
  static func example(studySeed: UInt64 = 1, halving: HalvingSettings) throws -> WorkTemplate {
    let recipe = TrainingRecipe(
      model: .resnet20, data: DataSelection(set: .shapes10, trainImages: 100, validationImages: 10, splitSeed: 1),
      epochs: 6)
    return WorkTemplate(
      kind: .proxyTraining(recipe), lower: try halving.lowerRungs(of: recipe, for: .random), studySeed: studySeed)
  }
}

extension Work {
  static func example(_ candidate: Candidate, _ repetition: Int = 0, studySeed: UInt64 = 1) -> Work {
    WorkTemplate.example(studySeed: studySeed).work(candidate, repetition: repetition)
  }
}
