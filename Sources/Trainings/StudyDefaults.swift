import ImageData
import SearchCore
import Studies
import StudyStore

/// What a training takes over from a study.
package struct StudyDefaults {
  /// As it was named.
  package let folder: String
  package let recipe: TrainingRecipe
  /// The data set's folder or file, or the embedded set's name.
  package let data: String
  package let names: CandidateNames

  package init(of store: StudyStore, folder: String) throws {
    self.folder = folder
    let definition = try StudyDefinition(of: store)
    recipe = definition.recipe
    data = recipe.data.set.isDrawn ? DataPlaces.embedded : definition.dataFolder
    names = CandidateNames(of: store, definition: definition)
  }
}
