import Configuration
import Foundation
import ImageData
import SearchCore
import SearchProtocol
import StudyStore

/// A study that is open for work: what it is, where it is kept, and its data set.
struct OpenStudy {
  let definition: StudyDefinition
  let store: StudyStore
  let identity: StudyIdentity
  let strategy: any SearchStrategy
  /// nil where the study is finished and the data are not there any more.
  let data: DataRequirement?

  var folder: String { store.directory }

  /// Makes the study's folder, or opens it again where `resume` is given and the configuration is the study's own. Says on
  /// standard error where there was nothing to resume; with `mustExist` that is an error.
  ///
  /// A new study is made last of all: whatever is wrong with the data set or shows in `beforeMaking` leaves nothing behind.
  init(
    definition: StudyDefinition, folder: String, resume: Bool, mustExist: Bool, beforeMaking: () throws -> Void
  ) throws {
    strategy = try definition.makeStrategy()
    let identity = definition.newIdentity()
    guard StudyStore.exists(directory: folder) else {
      let similar = StudyFolders.similar(to: folder).map { "; did you mean --study \($0)?" } ?? ""
      if mustExist { throw Failure.usage("study \(folder): there is no study to go on with (--must-exist)\(similar)") }
      self.definition = definition
      data = try definition.dataRequirement()
      try beforeMaking()
      if resume {
        StandardError.shared.writeLine("study \(folder): there is none to go on with, a new one is begun\(similar)")
      }
      store = try StudyStore.create(directory: folder, identity: identity)
      self.identity = identity
      return
    }
    guard resume else {
      // Another configuration is the greater surprise, and names what differs.
      try StudyStore.open(directory: folder, mode: .readOnly).require(identity)
      throw Failure.usage(
        "study \(folder): there is a study already; go on with it with --resume, or choose another folder with --study")
    }
    store = try StudyStore.open(directory: folder, mode: .readWrite)
    try store.require(identity)
    self.identity = try store.identity()
    // Its own configuration file does not tell what it is called.
    self.definition = definition.named(self.identity.name)
    data = try store.isFinished ? try? definition.dataRequirement() : definition.dataRequirement()
  }
}
