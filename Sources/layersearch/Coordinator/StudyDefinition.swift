import Configuration
import Foundation
import ImageData
import SearchCore
import SearchProtocol
import StudyStore

/// What a study is to do: its configuration under the name that the study has.
struct StudyDefinition {
  private(set) var name: String
  let configuration: StudyConfiguration

  /// Reads and checks a configuration file.
  init(file: String) throws(ConfigurationError) {
    configuration = try StudyConfiguration.load(path: file)
    name = configuration.study
  }

  /// The definition that a study was made with.
  init(of store: StudyStore) throws {
    let identity = try store.identity()
    configuration = try StudyConfiguration.parse(
      text: identity.configurationText, fileName: "\(store.directory)/configuration.yaml")
    name = identity.name
  }

  /// The same under another name.
  func named(_ name: String) -> StudyDefinition {
    var definition = self
    definition.name = name
    return definition
  }

  var recipe: TrainingRecipe { configuration.recipe }
  var space: SearchSpace { configuration.space }
  var objectives: [Objective] { configuration.objectives }
  var seed: UInt64 { configuration.seed }
  var jobBudget: Int? { configuration.budgetJobs }

  /// With a study ID of its own at each call.
  func newIdentity() -> StudyIdentity {
    StudyIdentity(
      studyID: UUID().uuidString.lowercased(), name: name, configurationText: configuration.text,
      fingerprint: configuration.fingerprint, entries: configuration.entries)
  }

  func makeStrategy() throws(SearchError) -> any SearchStrategy {
    try SearchCore.makeStrategy(configuration.strategy, space: space, budget: jobBudget, studySeed: seed)
  }

  /// The data set's content as it is on this machine. Reads it where it is files.
  func dataRequirement() throws(ImageDataError) -> DataRequirement {
    switch recipe.data.set {
    case .shapes10:
      return DataRequirement(set: .shapes10, contentHash: DataContent.shapes10.identity, pathHint: nil)
    case .cifar10:
      let content = try DataContent.cifar10(directory: dataFolder)
      return DataRequirement(set: .cifar10, contentHash: content.identity, pathHint: dataFolder)
    }
  }

  /// Where the configuration says that CIFAR-10 is, absolute, so that workers started elsewhere find it too.
  var dataFolder: String {
    let path = expandingTilde(configuration.dataPath ?? DataPlaces.standardCIFAR10)
    let absolute = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    // Without steps upwards, which no worker follows. Where there is nothing, the error names what was written.
    guard let real = realpath(absolute, nil) else { return absolute }
    defer { free(real) }
    return String(cString: real)
  }
}
