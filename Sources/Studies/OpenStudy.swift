import Configuration
import Foundation
import ImageData
import SearchCore
import SearchProtocol
import StudyStore

/// A study that is open for work: its definition, its store, and its data set.
package struct OpenStudy {
  package let definition: StudyDefinition
  package let store: StudyStore
  package let identity: StudyIdentity
  package let strategy: any SearchStrategy
  /// `nil` if the study is finished and the data set no longer exists.
  package let data: DataRequirement?
  /// One line that tells that the study continues with a different budget; `nil` if the budget is the same.
  package let budgetChange: String?
  /// One line that tells that the content of the data set has changed since the study was last worked on; `nil` if it
  /// has not, as far as is known.
  package let dataChange: String?
  /// Results of another study, which this study need not train again.
  package var earlier: EarlierResults?

  package var folder: String { store.directory }

  /// Creates the study's folder, or reopens it if `resume` is given and the configuration is the study's own. With
  /// `mustExist`, it is an error if there is no study to resume.
  ///
  /// A new study is created as the last step, so that a problem with the data set or an error of `beforeMaking` leaves
  /// nothing behind.
  ///
  /// - Parameters:
  ///   - known: The data set of the definition, if it has been read already.
  ///   - beforeMaking: Called before a new study is created, with the error that describes the missing study.
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
    // A budget that was set by hand holds until the configuration names another budget than the recorded one.
    let namesBudget = definition.jobBudget != StudyConfiguration.jobs(in: recorded.configurationText)
    if !namesBudget { definition = definition.withBudget(ofJobs: recorded.budget) }
    let identity = definition.newIdentity()
    guard resume else {
      // A different configuration matters more to the user than the missing `resume`, and its error names the
      // differences.
      try store.require(identity)
      throw StudyError.exists(folder: folder)
    }
    self.store = store
    strategy = try definition.makeStrategy()
    try store.require(identity)
    budgetChange = try Self.changeBudget(
      of: store, to: definition.configuration.budget, text: identity.configurationText)
    // Entries that may differ, such as the path of the data set, are recorded as given.
    if budgetChange == nil, identity.configurationText != recorded.configurationText {
      try store.replaceConfiguration(with: identity.configurationText)
    }
    self.identity = try store.identity()
    // The name on record applies, since the study's own configuration file does not tell its name.
    self.definition = definition.named(self.identity.name)
    data = try known ?? (store.isFinished ? try? definition.dataRequirement() : definition.dataRequirement())
    dataChange = try data.flatMap { try Self.recordContent(of: $0, in: store) }
  }

  private static func recordContent(of data: DataRequirement, in store: StudyStore) throws -> String? {
    guard let before = try store.recordDataContent(data.contentHash) else { return nil }
    return "\(data.set.rawValue) contains other images than when the study last ran (content "
      + "\(DataContent(identity: data.contentHash).short) now, \(DataContent(identity: before).short) then): the "
      + "study compares trainings on both"
  }

  /// Opens an existing study as it is on record, without a configuration file.
  /// - Throws: An error if there is no study, if another process works on it, or if its data set cannot be found.
  package init(resuming folder: String) throws {
    store = try StudyStore.open(directory: folder, mode: .readWrite)
    identity = try store.identity()
    definition = try StudyDefinition(of: store).named(identity.name)
    strategy = try definition.makeStrategy()
    budgetChange = nil
    dataChange = nil
    data = try definition.dataRequirement()
  }

  /// Records the new budget. Returns one line about the change; `nil` if the budget is the same.
  private static func changeBudget(of store: StudyStore, to now: SearchBudget, text: String) throws -> String? {
    let before = try StudyDefinition(of: store).configuration.budget
    guard now != before else { return nil }
    return try store.changeBudget(
      toJobs: now.jobs, text: text, (now: now.description, before: before.description),
      isLarger: now.isLarger(than: before))
  }
}
