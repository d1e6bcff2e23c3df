import Configuration
import Files
import Foundation
import ImageData
import SearchCore
import SearchProtocol
import StudyStore

/// The definition of a study: its configuration, under the name that the study has.
package struct StudyDefinition {
  package private(set) var name: String
  package let configuration: StudyConfiguration

  /// The folder that relative paths in the configuration start from; `nil` for the working folder.
  private let base: String?

  /// Reads and checks a configuration file; `-` is standard input.
  /// - Parameters:
  ///   - study: The folder of the study that continues with this configuration; `nil` for the study that the file
  ///     belongs to, or else the one in the usual folder. If the checkpoint that trainings start from is missing, its
  ///     hash is taken from this study's record.
  ///   - readsStart, readsTimes: False for a definition whose trained network or table of device times may still be
  ///     missing. No study can be created from it.
  package init(
    file: String, study: String? = nil, readsStart: Bool = true, readsTimes: Bool = true
  ) throws(ConfigurationError) {
    let base = Self.folder(of: file)
    let own = StudyFolders.study(ofConfiguration: file)
    self.base = base
    let loaded = try StudyConfiguration.load(
      path: file,
      hashOfFile: { path throws(StartProblem) in
        guard readsStart else { return String(repeating: "0", count: 64) }
        let checkpoint = Self.absolute(path, base: base)
        if access(FilePath.expandingTilde(checkpoint), F_OK) != 0,
          let weights = Self.recorded(in: study ?? own ?? Self.usualFolder(of: file))?["start.weights"]
        {
          return weights
        }
        return try StartFile.hash(checkpoint)
      },
      tableOfFile: { path throws(DeviceTimeProblem) -> DeviceTimeTable? in
        guard readsTimes else { return nil }
        // A study's own configuration does not need the file: the table is on record.
        if let entries = Self.recorded(in: own), let table = try? StudyConfiguration.recordedTable(in: entries)(file) {
          return table
        }
        return try DeviceTimeTable(path: FilePath.expandingTilde(Self.absolute(path, base: base)))
      },
      shapeOfArrays: { path throws(StartProblem) in
        do { return try DataPlace.arrays(Self.absolute(path, base: base)).shape() } catch {
          throw StartProblem("\(error)")
        }
      })
    // Kept as an absolute path, so that the study finds its data when it is opened from another folder.
    let folder = loaded.dataPath.map { Self.absolute($0, base: base) }
    configuration = folder.flatMap { $0 == loaded.dataPath ? nil : loaded.replacingDataPath(with: $0) } ?? loaded
    name = configuration.study
  }

  /// Reads the definition that a study was created with.
  package init(of store: StudyStore) throws {
    let identity = try store.identity()
    base = store.directory
    configuration = try StudyConfiguration.recorded(
      entries: identity.entries, budget: identity.budget, text: identity.configurationText,
      fileName: "\(store.directory)/configuration.yaml")
    name = identity.name
  }

  /// The definition with which the recorded study continues: entries that this configuration leaves open keep their
  /// recorded values.
  package func continuing(_ recorded: StudyIdentity) -> StudyDefinition {
    StudyDefinition(name: name, configuration: configuration.continuing(recorded.entries), base: base)
  }

  /// The same definition with another maximum number of jobs. The text of the configuration file stays as it is.
  package func withBudget(ofJobs jobs: Int?) -> StudyDefinition {
    StudyDefinition(name: name, configuration: configuration.withBudget(ofJobs: jobs), base: base)
  }

  private init(name: String, configuration: StudyConfiguration, base: String?) {
    self.name = name
    self.configuration = configuration
    self.base = base
  }

  /// The same definition under another name.
  package func named(_ name: String) -> StudyDefinition {
    var definition = self
    definition.name = name
    return definition
  }

  package var recipe: TrainingRecipe { configuration.recipe }
  package var space: SearchSpace { configuration.space }
  package var objectives: [Objective] { configuration.objectives }
  package var seed: UInt64 { configuration.seed }
  package var jobBudget: Int? { configuration.budgetJobs }
  package var timeLimits: TimeLimits {
    TimeLimits(
      ofWorkers: configuration.budget.workerHours.map { $0 * 3600 },
      onClock: configuration.budget.hours.map { $0 * 3600 })
  }

  /// Returns an identity with a new study ID at each call.
  package func newIdentity() -> StudyIdentity {
    StudyIdentity(
      studyID: UUID().uuidString.lowercased(), name: name, configurationText: configuration.text,
      fingerprint: configuration.fingerprint, entries: configuration.entries, budget: jobBudget)
  }

  package func makeStrategy() throws(SearchError) -> any SearchStrategy {
    try SearchCore.makeStrategy(
      configuration.strategy, space: space, budget: jobBudget, template: configuration.template)
  }

  /// Returns the data set with the hash of its content on this machine. Reads the files of a data set that is not
  /// generated.
  package func dataRequirement() throws(ImageDataError) -> DataRequirement {
    let place = dataPlace
    let content = try place.content().identity
    guard !place.set.isDrawn else { return DataRequirement(set: place.set, contentHash: content, pathHint: nil) }
    var requirement = DataRequirement(set: place.set, contentHash: content, pathHint: dataFolder)
    if case .arrays(let path) = place {
      let file = try ArraysFile(path: path)
      guard file.shape == recipe.data.shape else {
        throw .unusable(
          path: path, what: "it contains other images than when the study was made",
          remedy: "restore the file, or start a new study")
      }
      requirement.bytes = file.bytes
    }
    return requirement
  }

  package var dataPlace: DataPlace { DataPlace(recipe.data.set, at: dataFolder) }

  /// The absolute path of the data set, so that workers started in other folders find it too: a folder, or a file of
  /// arrays.
  package var dataFolder: String {
    let absolute = Self.absolute(configuration.dataPath ?? DataPlaces.standard(recipe.data.set) ?? "", base: base)
    // Without `..`, which workers do not follow. If there is no such path, the error names it as it was written.
    guard let real = realpath(FilePath.expandingTilde(absolute), nil) else { return FilePath.expandingTilde(absolute) }
    defer { free(real) }
    return String(cString: real)
  }

  /// The checkpoint that trainings start from, if the configuration names one.
  package var startCheckpoint: String? {
    configuration.startCheckpoint.map { FilePath.expandingTilde(Self.absolute($0, base: base)) }
  }

  /// Returns the entries that a study has on record; `nil` if there is no study.
  private static func recorded(in folder: String?) -> [String: String]? {
    guard let folder, StudyStore.exists(directory: folder),
      let store = try? StudyStore.open(directory: folder, mode: .readOnly)
    else { return nil }
    defer { store.close() }
    return (try? store.identity())?.entries
  }

  /// Returns the default folder of a study with this configuration.
  private static func usualFolder(of file: String) -> String? {
    (try? StudyDefinition(file: file, readsStart: false, readsTimes: false)).map(\.usualFolder)
  }

  /// The default folder of a study with this name.
  package var usualFolder: String { "studies/\(name)" }

  /// Makes a relative path absolute, starting from `base`. If nothing exists there, but something does under the
  /// working folder, the latter is returned: earlier versions started from there, and studies begun with them must
  /// continue. A path that starts with `~` is left unchanged.
  private static func absolute(_ path: String, base: String?) -> String {
    guard !path.hasPrefix("/"), !path.hasPrefix("~") else { return path }
    let working = FileManager.default.currentDirectoryPath
    var relative = path[...]
    while relative.hasPrefix("./") { relative = relative.dropFirst(2).drop { $0 == "/" } }
    let places = [base ?? working, working].map { folder in
      let whole = folder.hasPrefix("/") ? folder : folder == "." ? working : "\(working)/\(folder)"
      return "\(whole == "/" ? "" : whole)/\(relative)"
    }
    return places.first { access($0, F_OK) == 0 } ?? places[0]
  }

  /// Returns the folder of a regular file; `nil` for anything else, such as a pipe, which is in no folder.
  private static func folder(of file: String) -> String? {
    var status = stat()
    guard file != "-", stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    guard let slash = file.lastIndex(of: "/") else { return nil }
    return slash == file.startIndex ? "/" : String(file[..<slash])
  }
}
