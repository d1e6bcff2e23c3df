import SearchCore

extension TrainingRecipe {
  static let example = TrainingRecipe(
    model: .resnet20, data: DataSelection(set: .shapes10, trainImages: 100, validationImages: 10, splitSeed: 1),
    epochs: 1)
}

extension WorkTemplate {
  static func example(studySeed: UInt64 = 1) -> WorkTemplate {
    WorkTemplate(kind: .proxyTraining(.example), studySeed: studySeed)
  }
}

extension Work {
  static func example(_ candidate: Candidate, _ repetition: Int = 0, studySeed: UInt64 = 1) -> Work {
    WorkTemplate.example(studySeed: studySeed).work(candidate, repetition: repetition)
  }
}
