import Configuration
import Foundation
import ImageData
import SearchCore
import SearchProtocol
import StudyStore

/// A study that is open for work: what it is, where it is kept, and its data set.
package struct OpenStudy {
  package let definition: StudyDefinition
  package let store: StudyStore
  package let identity: StudyIdentity
  package let strategy: any SearchStrategy
  /// nil where the study is finished and the data are not there any more.
  package let data: DataRequirement?
  /// That the study goes on with another budget than it had, in one line; nil where it has the same.
  package let budgetChange: String?
  /// That the data set contains something else than when the study was worked on last, in one line; nil where it does
  /// not, as far as is known.
  package let dataChange: String?
  /// Results of another study, which this one need not train again.
  package var earlier: EarlierResults?

  package var folder: String { store.directory }

  /// Makes the study's folder, or opens it again where `resume` is given and the configuration is the study's own. With
  /// `mustExist` it is an error where there is nothing to resume.
  ///
  /// A new study is made last of all: whatever is wrong with the data set or shows in `beforeMaking`, which is told
  /// that there is none yet, leaves nothing behind.
  ///
  /// - Parameter known: the definition's data set, where that was read already.
  package init(
    definition: StudyDefinition, folder: String, resume: Bool, mustExist: Bool, data known: DataRequirement? = nil,
    beforeMaking: (StudyError) throws -> Void
  ) throws {
    guard StudyStore.exists(directory: folder) else {
      strategy = try definition.makeStrategy()
      let identity = definition.newIdentity()
      let none = StudyError.missing(folder: folder, similar: StudyFolders.similar(to: folder))
      if mustExist { throw none }
      self.definition = definition
      let data = try known ?? definition.dataRequirement()
      try beforeMaking(none)
      store = try StudyStore.create(directory: folder, identity: identity, dataContent: data.contentHash)
      self.data = data
      self.identity = identity
      budgetChange = nil
      dataChange = nil
      return
    }
    let store = try StudyStore.open(directory: folder, mode: resume ? .readWrite : .readOnly)
    let recorded = try store.identity()
    var definition = definition.continuing(recorded)
    // A budget that was set by hand holds until the configuration names another than it did.
    let namesBudget = definition.jobBudget != StudyConfiguration.jobs(in: recorded.configurationText)
    if !namesBudget { definition = definition.withBudget(ofJobs: recorded.budget) }
    let identity = definition.newIdentity()
    guard resume else {
      // Another configuration is the greater surprise, and names what differs.
      try store.require(identity)
      throw StudyError.exists(folder: folder)
    }
    self.store = store
    strategy = try definition.makeStrategy()
    try store.require(identity)
    budgetChange = try Self.changeBudget(
      of: store, to: definition.configuration.budget, text: identity.configurationText)
    // What may differ, such as where the data are, is kept as it is given.
    if budgetChange == nil, identity.configurationText != recorded.configurationText {
      try store.replaceConfiguration(with: identity.configurationText)
    }
    self.identity = try store.identity()
    // Its own configuration file does not tell what it is called.
    self.definition = definition.named(self.identity.name)
    data = try known ?? (store.isFinished ? try? definition.dataRequirement() : definition.dataRequirement())
    dataChange = try data.flatMap { try Self.recordContent(of: $0, in: store) }
  }

  private static func recordContent(of data: DataRequirement, in store: StudyStore) throws -> String? {
    guard let before = try store.recordDataContent(data.contentHash) else { return nil }
    return "\(data.set.rawValue) contains other images than when the study was worked on last (content "
      + "\(DataContent(identity: data.contentHash).short) now, \(DataContent(identity: before).short) then): trainings "
      + "on both are compared with each other"
  }

  /// An existing study as it is on record, without a configuration file.
  /// - Throws: where there is none, another process works on it, or its data cannot be found.
  package init(resuming folder: String) throws {
    store = try StudyStore.open(directory: folder, mode: .readWrite)
    identity = try store.identity()
    definition = try StudyDefinition(of: store).named(identity.name)
    strategy = try definition.makeStrategy()
    budgetChange = nil
    dataChange = nil
    data = try definition.dataRequirement()
  }

  /// What changed, in one line; nil where the budget is the same.
  private static func changeBudget(of store: StudyStore, to now: SearchBudget, text: String) throws -> String? {
    let before = try StudyDefinition(of: store).configuration.budget
    guard now != before else { return nil }
    return try store.changeBudget(
      toJobs: now.jobs, text: text, (now: now.description, before: before.description),
      isLarger: now.isLarger(than: before))
  }
}
