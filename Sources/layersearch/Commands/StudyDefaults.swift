import ImageData
import SearchCore
import Studies
import StudyStore

/// What `train --from-study` takes over from a study.
struct StudyDefaults {
  let recipe: TrainingRecipe
  /// As `--data` takes it.
  let data: String
  let names: CandidateNames

  init(directory: String) throws {
    let store = try StudyReading.open(directory)
    let definition = try StudyDefinition(of: store)
    recipe = definition.recipe
    data = recipe.data.set == .shapes10 ? DataPlaces.embedded : definition.dataFolder
    names = CandidateNames(of: store, definition: definition)
  }
}
