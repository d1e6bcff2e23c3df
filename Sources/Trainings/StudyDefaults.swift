import ImageData
import SearchCore
import Studies
import StudyStore

/// What a training takes from a study.
package struct StudyDefaults {
  /// The folder as the user named it.
  package let folder: String
  package let recipe: TrainingRecipe
  /// The data set's folder or file, or the name of the embedded set.
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
