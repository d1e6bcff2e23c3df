import ImageData
import SearchCore
import SearchProtocol
import StudyStore

/// Reads another study as a source of results (`EarlierResults`).
package enum EarlierStudy {
  /// The results of another study that can be used in this one.
  package struct Reading {
    package var results: EarlierResults
    /// Warnings about results that cannot be used and about facts that cannot be compared, one line each.
    package var warnings: [String]
  }

  /// Reads the results that a study may ask for.
  ///
  /// - Parameters:
  ///   - folder: The folder of the other study, which may be running.
  ///   - definition: The definition of the study that will use the results.
  ///   - studyFolder: The folder of that study, which need not exist yet.
  ///   - data: The data set of the definition; `nil` if it cannot be read.
  ///   - variant: The kernel variant of this machine; `nil` if it is not known yet. Variants of results that the study
  ///     already has take precedence.
  /// - Throws: `StudyError.earlierIsSelf`, `.earlierIsEmpty`, `.earlierIsUnusable`, `StoreError`.
  package static func read(
    _ folder: String, for definition: StudyDefinition, studyFolder: String, data: DataRequirement?, variant: String?
  ) throws -> Reading {
    let store = try StudyStore.open(directory: folder, mode: .readOnly)
    defer { store.close() }
    let identity = try store.identity()
    var own: Set<KernelVariant> = []
    if StudyStore.exists(directory: studyFolder) {
      let mine = try StudyStore.open(directory: studyFolder, mode: .readOnly)
      defer { mine.close() }
      if try mine.identity().studyID == identity.studyID { throw StudyError.earlierIsSelf(folder: folder) }
      let results = StudyReading.results(try mine.jobs())
      let names = KernelVariantNames(results)
      own = Set(results.map { names.group(of: $0.value, for: $0.key) })
    }
    let all = StudyReading.results(try store.jobs())
    guard !all.isEmpty else { throw StudyError.earlierIsEmpty(folder: folder) }
    let template = definition.configuration.template
    let space = EffectSpace(definition.space)
    let usable = all.filter { work, _ in
      guard let rung = template.rung(of: work), space.options(of: work.candidate) != nil else { return false }
      return work == template.work(work.candidate, repetition: work.repetition, rung: rung)
    }
    if usable.isEmpty {
      let differences = differences(definition.newIdentity(), identity, recipe: definition.recipe)
      throw StudyError.earlierIsUnusable(folder: folder, results: all.count, because: differences)
    }
    var warnings: [String] = []
    if let data {
      let there = try Set(store.dataContents())
      if there.isEmpty, !data.set.isDrawn {
        warnings.append(
          "study \(folder) does not record the content of its \(data.set.rawValue); its results are used as if the "
            + "content were the same")
      } else if !there.isSubset(of: [data.contentHash]) {
        throw StudyError.earlierIsUnusable(
          folder: folder, results: all.count, because: [difference(of: data.contentHash, from: there)])
      }
    }
    let names = KernelVariantNames(usable)
    let variants = Dictionary(grouping: usable) { names.group(of: $0.value, for: $0.key) }.mapValues(\.count)
    let wanted = own.isEmpty ? variant.map { [KernelVariant($0)] } ?? Array(variants.keys) : Array(own)
    // Networks that other kernels have trained differ in their bits, and so does what starts from them.
    let start = all.first { if case .startTraining = $0.key.kind { true } else { false } }
      .map { KernelVariant($0.value.kernelVariant).withoutCoreType }
    let computed = variants.keys.filter { there in wanted.contains { fits(there, $0) } }
    let fitting = computed.filter { start == nil || start == $0.withoutCoreType }
    if let start, fitting.isEmpty, !computed.isEmpty {
      throw StudyError.earlierIsUnusable(
        folder: folder, results: all.count,
        because: [
          "the kernel variant of the dense network is \(list(computed.map(\.withoutCoreType))) here and \(start.text) "
            + "there"
        ])
    }
    // Of several variants the one with the most results, to reuse as much as possible; of equal ones the first by name.
    guard let chosen = fitting.max(by: { (variants[$0] ?? 0, $1.text) < (variants[$1] ?? 0, $0.text) }) else {
      // The message names core types only if they are part of the other study's variants.
      let tells = variants.keys.contains(where: \.hasCoreType)
      let (here, there) = (list(tells ? wanted : wanted.map(\.withoutCoreType)), list(variants.keys))
      throw StudyError.earlierIsUnusable(
        folder: folder, results: all.count, because: ["the kernel variant is \(here) here and \(there) there"])
    }
    let results = usable.filter { names.group(of: $0.value, for: $0.key) == chosen }
    if variants.count > 1 {
      let counts = names.counts(usable).sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }
      let name = results.first.map { names.name(of: $0.value, for: $0.key) } ?? chosen.text
      warnings.append(
        "study \(folder) has results of \(variants.count) kernel variants: \(counts.joined(separator: ", ")); those of "
          + "\(name) are used")
    }
    return Reading(
      results: EarlierResults(source: "\(identity.name) (\(folder))", results: results), warnings: warnings)
  }

  /// Whether results of the two variants are equal. If one of them has no core type, its results do not depend on one.
  private static func fits(_ one: KernelVariant, _ other: KernelVariant) -> Bool {
    one == other || (one.hasCoreType != other.hasCoreType && one.withoutCoreType == other.withoutCoreType)
  }

  private static func list(_ variants: some Sequence<KernelVariant>) -> String {
    variants.map(\.text).sorted().joined(separator: ", ")
  }

  /// Describes the different contents of the data sets, which the keys of a configuration do not tell.
  private static func difference(of mine: String, from others: Set<String>) -> String {
    func short(_ content: String) -> String { DataContent(identity: content).short }
    return
      "the data set's content is \(short(mine)) here and \(others.sorted().map(short).joined(separator: ", ")) there"
  }

  /// Returns the differing keys that a work depends on or, if those are equal, the differing keys of the space.
  private static func differences(
    _ mine: StudyIdentity, _ other: StudyIdentity, recipe: TrainingRecipe
  ) -> [String] {
    let differences = mine.differences(from: other)
    let keys = Set(recipe.entries.keys).union(["seed", "strategy.common_seeds"])
    // Either study may have keys of these sections that the other one lacks.
    let sections = ["data.", "proxy.", "start."]
    let ofWorks = differences.filter { difference in
      keys.contains(difference.key) || sections.contains { difference.key.hasPrefix($0) }
    }
    return (ofWorks.isEmpty ? differences.filter { $0.key.hasPrefix("space.") } : ofWorks).map(\.description)
  }
}
