import SearchCore
import StudyStore

/// Which of a study's candidates to train in full, and how.
package struct FinalPlan {
  package enum Choice: Hashable, Sendable {
    /// At most this many candidates of the estimated frontier and its knee, and all layers at each rank.
    case points(Int)
    /// Names that `CandidateNames` reads.
    case named([String])
  }

  /// The candidates besides the dense network, which is always included.
  package var choice: Choice
  package var epochs: Int
  package var seeds: Int
  /// The peak of the learning rate schedule; `nil` for that of the study's trainings.
  package var learningRate: Double?
  /// The number of training images; `nil` for all that the data set has, or for generated images, as many as the
  /// study's trainings have.
  package var trainImages: Int?

  package init(choice: Choice, epochs: Int, seeds: Int, learningRate: Double? = nil, trainImages: Int? = nil) {
    self.choice = choice
    self.epochs = epochs
    self.seeds = seeds
    self.learningRate = learningRate
    self.trainImages = trainImages
  }

  /// Returns the final trainings: the study's recipe with this plan's epochs and images, without held-out images.
  /// - Throws: `StudyError.nothingToEstimate`, `.noTestImages`, `.tooManyImages`, `.tooFewImages`, `.tooFewSteps`,
  ///   `.outsideSpace`, and the errors of `CandidateNames`.
  package func works(of study: OpenStudy) throws -> [Work] {
    let definition = study.definition
    let candidates = try candidates(of: study)
    var recipe = definition.recipe
    guard recipe.data.shape.testImages > 0 else { throw StudyError.noTestImages(study: definition.name) }
    let available = recipe.data.shape.trainingImages
    (recipe.epochs, recipe.until, recipe.curve) = (Epochs(epochs), nil, false)
    recipe.learningRate = learningRate ?? recipe.learningRate
    recipe.data.trainImages = trainImages ?? (recipe.data.set.isDrawn ? recipe.data.trainImages : available)
    recipe.data.validationImages = 0
    guard recipe.data.trainImages <= available else {
      throw StudyError.tooManyImages(recipe.data.trainImages, available: available)
    }
    if let calibration = recipe.start?.calibrationImages, calibration > recipe.data.trainImages {
      throw StudyError.tooFewImages(recipe.data.trainImages, calibrating: calibration)
    }
    if let skip = recipe.skip, skip.every > recipe.stepsPerEpoch {
      throw StudyError.tooFewSteps(recipe.stepsPerEpoch, updatesEvery: skip.every)
    }
    return FinalTrainings.works(candidates, recipe: recipe, seeds: seeds, studySeed: definition.seed)
  }

  private func candidates(of study: OpenStudy) throws -> [Candidate] {
    let (definition, space) = (study.definition, study.definition.space)
    let jobs = try StudyReading.counted(try study.store.jobs(), in: study.store, definition: definition)
    let results = StudyReading.results(jobs)
    let nothing = StudyError.nothingToEstimate(study: definition.name, results: results.count)
    switch choice {
    case .points(let points):
      guard
        let candidates = FinalTrainings.candidates(
          space, results: results, template: definition.configuration.template, points: points,
          objectives: definition.objectives,
          within: definition.configuration.strategy.constraints,
          atLeast: definition.configuration.constraints.minAccuracy ?? 0)
      else { throw nothing }
      return candidates
    case .named(let texts):
      // At least one sound result must exist: the network that trainings start from is among a study's first results.
      guard results.contains(where: { !$0.value.diverged }) else { throw nothing }
      let names = CandidateNames(of: study.store, definition: definition)
      return try texts.reduce(into: [.dense]) { candidates, text in
        let candidate = try names.candidate(text)
        if let problem = space.problem(with: candidate) {
          throw StudyError.outsideSpace(candidate.description, study: definition.name, problem: problem)
        }
        if !candidates.contains(candidate) { candidates.append(candidate) }
      }
    }
  }
}
