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

  /// Makes the study's folder, or opens it again where `resume` is given and the configuration is the study's own.
  ///
  /// A new study is made last of all: whatever is wrong with the data set or shows in `beforeMaking` leaves nothing behind.
  init(
    definition: StudyDefinition, folder: String, resume: Bool, beforeMaking: () throws -> Void
  ) throws {
    self.definition = definition
    strategy = try definition.makeStrategy()
    let identity = definition.newIdentity()
    guard StudyStore.exists(directory: folder) else {
      data = try definition.dataRequirement()
      try beforeMaking()
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
    data = try store.isFinished ? try? definition.dataRequirement() : definition.dataRequirement()
  }
}
