import SearchCore
import StudyStore

/// What is to be trained in full of what a study has found.
package struct FinalPlan {
  package var points: Int
  package var epochs: Int
  package var seeds: Int
  /// Nil for all that there are; of drawn images, as many as the study's trainings have.
  package var trainImages: Int?

  package init(points: Int, epochs: Int, seeds: Int, trainImages: Int?) {
    self.points = points
    self.epochs = epochs
    self.seeds = seeds
    self.trainImages = trainImages
  }

  /// As the study's trainings, for so many epochs, on so many images, none of which are held out.
  /// - Throws: `StudyError.nothingToEstimate`, `.noTestImages`, `.tooManyImages`, `.tooFewSteps`.
  package func works(of study: OpenStudy) throws -> [Work] {
    let (definition, space) = (study.definition, study.definition.space)
    let results = StudyReading.results(try study.store.jobs())
    guard
      let candidates = FinalTrainings.candidates(
        space, results: results, template: definition.configuration.template, points: points,
        objectives: definition.objectives,
        within: definition.configuration.strategy.constraints,
        atLeast: definition.configuration.constraints.minAccuracy ?? 0)
    else { throw StudyError.nothingToEstimate(study: definition.name, results: results.count) }
    var recipe = definition.recipe
    guard recipe.data.shape.testImages > 0 else { throw StudyError.noTestImages(study: definition.name) }
    let available = recipe.data.shape.trainingImages
    (recipe.epochs, recipe.until, recipe.curve) = (Epochs(epochs), nil, false)
    recipe.data.trainImages = trainImages ?? (recipe.data.set.isDrawn ? recipe.data.trainImages : available)
    recipe.data.validationImages = 0
    guard recipe.data.trainImages <= available else {
      throw StudyError.tooManyImages(recipe.data.trainImages, available: available)
    }
    if let skip = recipe.skip, skip.every > recipe.stepsPerEpoch {
      throw StudyError.tooFewSteps(recipe.stepsPerEpoch, updatesEvery: skip.every)
    }
    return FinalTrainings.works(candidates, recipe: recipe, seeds: seeds, studySeed: definition.seed)
  }
}
