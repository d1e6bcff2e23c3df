import ReadableText
import Reporting
import SearchCore
import StudyStore

/// The results of a study's final trainings: accuracy on the test images, with intervals.
package struct FinalResults: Encodable, Sendable {
  package struct Entry: Encodable, Sendable {
    package var candidate: String
    package var label: String
    package var parameters: Int
    package var parameterRatio: Double
    package var multiplyAdds: Int
    package var multiplyAddRatio: Double
    /// Seconds; `nil` in a study without a table of device times.
    package var deviceTime: Double?
    package var deviceTimeRatio: Double?
    package var trainImages: Int
    package var epochs: Double
    /// The peak of the schedule.
    package var learningRate: Double
    package var seeds: Int
    package var divergedSeeds: Int
    /// Mean over the seeds that did not diverge, 0…1; `nil` if all diverged.
    package var testAccuracy: Double?
    /// The difference to the dense network under the same seeds, with a 95 % interval; `nil` if fewer than two seeds
    /// have results of both.
    package var difference: Double?
    package var differenceLow: Double?
    package var differenceHigh: Double?
    /// The files of the trained networks, seed by seed.
    package var networks: [String]
  }

  package var study: String
  /// Sorted by recipe, then by size, the largest first.
  package var candidates: [Entry]
  /// The number of final trainings without a result yet, and of those that were set aside.
  package var open: Int
  package var setAside: Int

  private enum CodingKeys: String, CodingKey {
    case study, candidates, open, setAside
  }

  private let architecture: Architecture

  /// - Throws: `StudyError.noFinalResults` if there are none.
  package init(store: StudyStore) throws {
    let definition = try StudyDefinition(of: store)
    let jobs = try store.jobs().filter { FinalTrainings.includes($0.id) }
    let space = definition.space
    study = definition.name
    architecture = space.architecture
    open = jobs.count { $0.state == .waiting || $0.state == .running }
    setAside = jobs.count { $0.state == .setAside }
    let entries = FinalTrainings.entries(StudyReading.results(jobs))
    guard !entries.isEmpty else {
      throw StudyError.noFinalResults(study: definition.name, open: open, setAside: setAside)
    }
    candidates = entries.map { entry in
      let cost = space.cost(of: entry.candidate)
      return Entry(
        candidate: entry.candidate.description,
        label: CandidateLabel(entry.candidate, in: space.architecture).text, parameters: cost.parameters,
        parameterRatio: Double(cost.parameters) / Double(space.denseCost.parameters), multiplyAdds: cost.multiplyAdds,
        multiplyAddRatio: Double(cost.multiplyAdds) / Double(space.denseCost.multiplyAdds),
        deviceTime: cost.deviceTime.map { Double($0) / 1e9 },
        deviceTimeRatio: cost.deviceTimeRatio(to: space.denseCost),
        trainImages: entry.recipe.data.trainImages, epochs: entry.recipe.epochs.count,
        learningRate: entry.recipe.learningRate, seeds: entry.seeds, divergedSeeds: entry.diverged,
        testAccuracy: entry.accuracy, difference: entry.difference, differenceLow: entry.low,
        differenceHigh: entry.high,
        // The path at which a coordinator keeps contents in its study's folder.
        networks: entry.networks.map { "\(store.directory)/contents/\($0)/content" })
    }.sorted { left, right in
      (left.epochs, left.trainImages, left.learningRate, -left.parameters, left.candidate)
        < (right.epochs, right.trainImages, right.learningRate, -right.parameters, right.candidate)
    }
  }
}

extension FinalResults {
  private static var columns: [(name: String, field: (Entry) -> String)] {
    [
      ("candidate", \.candidate), ("label", \.label), ("parameters", { "\($0.parameters)" }),
      ("parameter_ratio", { NumberText.ratio($0.parameterRatio) }), ("multiply_adds", { "\($0.multiplyAdds)" }),
      ("multiply_add_ratio", { NumberText.ratio($0.multiplyAddRatio) }), ("train_images", { "\($0.trainImages)" }),
      ("epochs", { "\(Epochs($0.epochs) ?? .none)" }), ("seeds", { "\($0.seeds)" }),
      ("diverged_seeds", { "\($0.divergedSeeds)" }), ("test_accuracy", { $0.testAccuracy.map { "\($0)" } ?? "" }),
      ("difference", { $0.difference.map { "\($0)" } ?? "" }),
      ("difference_low", { $0.differenceLow.map { "\($0)" } ?? "" }),
      ("difference_high", { $0.differenceHigh.map { "\($0)" } ?? "" }),
      ("networks", { $0.networks.joined(separator: ";") }),
    ]
  }

  private var hasTimes: Bool { candidates.contains { $0.deviceTime != nil } }
  private var hasLearningRates: Bool { Set(candidates.map(\.learningRate)).count > 1 }
  private var hasImages: Bool { Set(candidates.map(\.trainImages)).count > 1 }

  /// The label, with the parts of the recipe in which these final trainings differ.
  package func name(of entry: Entry) -> String {
    var parts = [entry.label]
    if Set(candidates.map(\.epochs)).count > 1 { parts.append("\(Epochs(entry.epochs) ?? .none) epochs") }
    if hasImages { parts.append("\(entry.trainImages) images") }
    if hasLearningRates { parts.append("rate \(NumberText.shortest(entry.learningRate))") }
    return parts.joined(separator: ", ")
  }

  package var csv: String {
    let times: [(name: String, field: (Entry) -> String)] =
      hasTimes
      ? [
        ("device_time", { $0.deviceTime.map { "\($0)" } ?? "" }),
        ("device_time_ratio", { $0.deviceTimeRatio.map { NumberText.ratio($0) } ?? "" }),
      ] : []
    let rates: [(name: String, field: (Entry) -> String)] =
      hasLearningRates ? [("learning_rate", { "\($0.learningRate)" })] : []
    let columns = Self.columns + times + rates
    return StudyReport.csv([columns.map(\.name)] + candidates.map { entry in columns.map { $0.field(entry) } })
  }

  /// Returns the lines of a text for readers.
  /// - Parameter width: The number of columns of the terminal; `nil` for an unlimited width.
  package func lines(width: Int? = nil) -> [String] {
    var facts = [
      "\(study): final trainings, judged by the test images; differences to dense under the same seeds, with 95 % "
        + "intervals that hold simultaneously."
    ]
    if open > 0 { facts.append("\(NumberText.plural(open, "final training")) still to be done.") }
    if setAside > 0 { facts.append("\(NumberText.plural(setAside, "final training")) set aside.") }
    var cells: [(String, (Entry) -> String)] = [
      ("Test accuracy", { $0.testAccuracy.map { NumberText.percent($0) } ?? "" }), ("Difference", \.interval),
      ("Seeds", { "\($0.seeds)" }), ("Epochs", { "\(Epochs($0.epochs) ?? .none)" }),
      ("Parameters", { NumberText.count($0.parameters) }), ("of dense", { NumberText.percent($0.parameterRatio) }),
      ("Multiply-adds", { NumberText.percent($0.multiplyAddRatio) }),
    ]
    if hasImages { cells.append(("Images", { NumberText.grouped($0.trainImages) })) }
    if hasLearningRates { cells.append(("Learning rate", { NumberText.shortest($0.learningRate) })) }
    if hasTimes { cells.append(("Device time", { $0.deviceTimeRatio.map { NumberText.percent($0) } ?? "" })) }
    let table = CandidateTable(
      columns: cells.map { column in .init(heading: column.0, cells: candidates.map(column.1)) },
      labels: candidates.map { CandidateLabel((try? Candidate(parsing: $0.candidate)) ?? .dense, in: architecture) },
      notes: candidates.map { $0.divergedSeeds > 0 ? "(\($0.divergedSeeds) diverged)" : "" }, width: width)
    return facts.flatMap { Wrapping.lines($0, width: width, indent: 2) } + [""] + table.lines
  }
}

extension FinalResults.Entry {
  /// `−0.42 (−0.80 to −0.04)`, in points.
  fileprivate var interval: String {
    guard let difference, let low = differenceLow, let high = differenceHigh else { return "" }
    func points(_ value: Double) -> String {
      let text = NumberText.fixed(value * 100, 2)
      return text.hasPrefix("-") ? "−" + text.dropFirst() : "+" + text
    }
    return "\(points(difference)) (\(points(low)) to \(points(high)))"
  }
}
