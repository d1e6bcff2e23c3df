import Configuration
import Files
import Foundation
import ImageData
import SearchCore
import SearchProtocol
import StudyStore

/// What a study is to do: its configuration under the name that the study has.
package struct StudyDefinition {
  package private(set) var name: String
  package let configuration: StudyConfiguration

  /// Where the configuration's data path begins, where it is a relative one.
  private let base: String?

  /// Reads and checks a configuration file; `-` is standard input.
  /// - Parameters:
  ///   - study: folder of the study that goes on with it; nil for the one whose own configuration it is, or the usual
  ///     one. Where the checkpoint that it starts from is gone, the study still has it.
  ///   - readsStart, readsTimes: false for a definition whose trained network or table of times may still be missing,
  ///     and which no study is made of.
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
        // Its own configuration needs the table no more.
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
    // Kept whole, so that the study finds its data from wherever it is looked at later.
    let folder = loaded.dataPath.map { Self.absolute($0, base: base) }
    configuration = folder.flatMap { $0 == loaded.dataPath ? nil : loaded.replacingDataPath(with: $0) } ?? loaded
    name = configuration.study
  }

  /// The definition that a study was made with.
  package init(of store: StudyStore) throws {
    let identity = try store.identity()
    base = store.directory
    configuration = try StudyConfiguration.recorded(
      entries: identity.entries, budget: identity.budget, text: identity.configurationText,
      fileName: "\(store.directory)/configuration.yaml")
    name = identity.name
  }

  /// As the recorded study goes on with it: what it leaves open is as it was.
  package func continuing(_ recorded: StudyIdentity) -> StudyDefinition {
    StudyDefinition(name: name, configuration: configuration.continuing(recorded.entries), base: base)
  }

  /// The same with another number of jobs at most; what the configuration file says is left as it is.
  package func withBudget(ofJobs jobs: Int?) -> StudyDefinition {
    StudyDefinition(name: name, configuration: configuration.withBudget(ofJobs: jobs), base: base)
  }

  private init(name: String, configuration: StudyConfiguration, base: String?) {
    self.name = name
    self.configuration = configuration
    self.base = base
  }

  /// The same under another name.
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

  /// With a study ID of its own at each call.
  package func newIdentity() -> StudyIdentity {
    StudyIdentity(
      studyID: UUID().uuidString.lowercased(), name: name, configurationText: configuration.text,
      fingerprint: configuration.fingerprint, entries: configuration.entries, budget: jobBudget)
  }

  package func makeStrategy() throws(SearchError) -> any SearchStrategy {
    try SearchCore.makeStrategy(
      configuration.strategy, space: space, budget: jobBudget, template: configuration.template)
  }

  /// The data set's content as it is on this machine. Reads it where it is files.
  package func dataRequirement() throws(ImageDataError) -> DataRequirement {
    let place = dataPlace
    let content = try place.content().identity
    guard !place.set.isDrawn else { return DataRequirement(set: place.set, contentHash: content, pathHint: nil) }
    var requirement = DataRequirement(set: place.set, contentHash: content, pathHint: dataFolder)
    if case .arrays(let path) = place {
      let file = try ArraysFile(path: path)
      guard file.shape == recipe.data.shape else {
        throw .unusable(
          path: path, what: "it holds other images than when the study was made",
          remedy: "put the file back, or begin a new study")
      }
      requirement.bytes = file.bytes
    }
    return requirement
  }

  package var dataPlace: DataPlace { DataPlace(recipe.data.set, at: dataFolder) }

  /// Where the configuration says that the data set is, absolute, so that workers started elsewhere find it too: a
  /// folder, or a file of arrays.
  package var dataFolder: String {
    let absolute = Self.absolute(configuration.dataPath ?? DataPlaces.standard(recipe.data.set) ?? "", base: base)
    // Without steps upwards, which no worker follows. Where there is nothing, the error names what was written.
    guard let real = realpath(FilePath.expandingTilde(absolute), nil) else { return FilePath.expandingTilde(absolute) }
    defer { free(real) }
    return String(cString: real)
  }

  /// The checkpoint that trainings start from, where the configuration names it.
  package var startCheckpoint: String? {
    configuration.startCheckpoint.map { FilePath.expandingTilde(Self.absolute($0, base: base)) }
  }

  /// The entries that a study has on record; nil where there is none.
  private static func recorded(in folder: String?) -> [String: String]? {
    guard let folder, StudyStore.exists(directory: folder),
      let store = try? StudyStore.open(directory: folder, mode: .readOnly)
    else { return nil }
    defer { store.close() }
    return (try? store.identity())?.entries
  }

  /// Where a study of this configuration is, unless another folder is named.
  private static func usualFolder(of file: String) -> String? {
    (try? StudyDefinition(file: file, readsStart: false, readsTimes: false)).map(\.usualFolder)
  }

  /// Where a study of this name is, unless another folder is named.
  package var usualFolder: String { "studies/\(name)" }

  /// Relative paths begin in `base`. Where there is nothing, but something under the working folder, that is meant: so
  /// it was in earlier versions, and studies that were begun with them go on. A home folder is left as it was written.
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

  /// Nil for what is no file: a pipe stands nowhere.
  private static func folder(of file: String) -> String? {
    var status = stat()
    guard file != "-", stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    guard let slash = file.lastIndex(of: "/") else { return nil }
    return slash == file.startIndex ? "/" : String(file[..<slash])
  }
}
