import ReadableText
import Reporting
import SearchCore
import StudyStore

/// The best candidates of a study under constraints that may differ from its own, from the record, without training.
package struct StudySolution: Encodable {
  package struct Constraints: Encodable {
    package var maxParameters: Int?
    package var maxMultiplyAdds: Int?
    /// In seconds.
    package var maxDeviceTime: Double?
    package var minAccuracy: Double?
  }

  package struct Entry: Encodable {
    package var candidate: String
    package var label: String
    package var parameters: Int
    package var parameterRatio: Double
    package var multiplyAdds: Int
    package var multiplyAddRatio: Double
    /// Seconds; `nil` in a study without a table of device times.
    package var deviceTime: Double?
    package var deviceTimeRatio: Double?
    /// The estimated accuracy, 0…1, with its 90 % interval.
    package var accuracyEstimate: Double
    package var accuracyLow: Double
    package var accuracyHigh: Double
    package var trained: Bool
  }

  package var study: String
  package var directory: String
  package var constraints: Constraints
  /// The number of candidates that meet the constraints and that no other beats; `candidates` are the first of them.
  package var fitting: Int
  package var candidates: [Entry]
  /// Whether the most accurate candidates come first; otherwise the smallest do.
  package var mostAccurateFirst: Bool
  /// The number of trainings that the estimates are based on.
  package var trainings: Int
  /// False if the search rounded costs. The costs of `candidates` are always exact.
  package var exactCosts: Bool
  package var kernelVariants: [String]
  /// A warning that trainings of several kernel variants are mixed; `nil` if they are not.
  let mixture: String?

  private enum CodingKeys: String, CodingKey {
    case study, directory, constraints, fitting, candidates, mostAccurateFirst, trainings, exactCosts, kernelVariants
  }

  /// - Parameter accuracy: The minimum estimated accuracy of candidates, 0…1. If it is the only constraint, the
  ///   smallest candidates come first.
  /// - Throws: `StudyError.nothingToEstimate`; `SearchError.bound` if no candidate is small enough, or if the study has
  ///   no device times to bound; `StudyError.nothingFits` if none of the small enough candidates fits.
  package init(
    store: StudyStore, maxParameters: CostBound?, maxMultiplyAdds: CostBound?, maxDeviceTime: DeviceTimeBound? = nil,
    minAccuracy accuracy: Double?, count: Int
  ) throws {
    let definition = try StudyDefinition(of: store)
    let space = definition.space
    if maxDeviceTime != nil, space.deviceTimes == nil {
      throw SearchError.bound(
        "study \(definition.name): it has no table of device times, so they cannot be bounded")
    }
    let limits = CostConstraints(
      parameters: maxParameters, multiplyAdds: maxMultiplyAdds, deviceTime: maxDeviceTime, dense: space.denseCost)
    if let problem = limits.problem(in: space) { throw SearchError.bound("study \(definition.name): \(problem)") }
    let results = StudyReading.results(try StudyReading.counted(try store.jobs(), in: store, definition: definition))
    guard
      let found = Recommendations(
        space, results: results, template: definition.configuration.template, within: limits)
    else {
      throw StudyError.nothingToEstimate(study: definition.name, results: results.count)
    }
    let isAccuracySought = accuracy == nil || limits != .none
    let fitting = found.best(.max, atLeast: accuracy, isAccuracySought: isAccuracySought)
    if fitting.isEmpty {
      throw StudyError.nothingFits(
        study: definition.name, problem: Self.problem(found.entries.first, below: accuracy, space.architecture))
    }
    study = definition.name
    directory = store.directory
    constraints = Constraints(
      maxParameters: limits.parameters, maxMultiplyAdds: limits.multiplyAdds,
      maxDeviceTime: limits.deviceTime.map { Double($0) / 1e9 }, minAccuracy: accuracy)
    self.fitting = fitting.count
    candidates = fitting.prefix(count).map { entry in
      Entry(
        candidate: entry.candidate.description,
        label: CandidateLabel(entry.candidate, in: space.architecture).text, parameters: entry.cost.parameters,
        parameterRatio: Double(entry.cost.parameters) / Double(space.denseCost.parameters),
        multiplyAdds: entry.cost.multiplyAdds,
        multiplyAddRatio: Double(entry.cost.multiplyAdds) / Double(space.denseCost.multiplyAdds),
        deviceTime: entry.cost.deviceTime.map { Double($0) / 1e9 },
        deviceTimeRatio: entry.cost.deviceTimeRatio(to: space.denseCost),
        accuracyEstimate: entry.accuracy, accuracyLow: entry.low, accuracyHigh: entry.high, trained: entry.isTrained)
    }
    mostAccurateFirst = isAccuracySought
    trainings = found.trainings
    exactCosts = found.isExact
    let variants = KernelVariantNames(results).counts(results)
    kernelVariants = variants.keys.sorted()
    mixture = StudyReport.mixture(
      of: variants.sorted { $0.key < $1.key }.map { KernelVariantCount(name: $0.key, trainings: $0.value) })
    architecture = space.architecture
  }

  private let architecture: Architecture

  private static func problem(
    _ nearest: Recommendations.Entry?, below accuracy: Double?, _ architecture: Architecture
  ) -> String {
    guard let nearest, let accuracy else {
      return "no candidate was found that is small enough and has not mostly diverged in training; relax the limits, "
        + "or train more candidates"
    }
    let label = CandidateLabel(nearest.candidate, in: architecture).text
    return "no candidate that is small enough has an estimated accuracy of \(accuracy); the nearest, \(label), "
      + "has \(NumberText.fixed(nearest.accuracy, 4))"
  }
}

/// The text for readers.
extension StudySolution {
  package var warning: String? { mixture.map { "study \(directory): \($0)" } }

  /// - Parameter width: The number of columns of the terminal; `nil` for an unlimited width.
  package func lines(width: Int? = nil) -> [String] {
    let order = mostAccurateFirst ? "the most accurate first" : "the smallest first"
    let shown = candidates.count < fitting ? "the first \(candidates.count) of \(fitting) candidates" : "all candidates"
    var facts = [
      "\(study): \(shown) \(limits)that no other beats, \(order)",
      "Estimates with 90 % intervals, from \(NumberText.plural(trainings, "training")); nothing was trained for this.",
    ]
    if !exactCosts {
      facts.append("The search rounded costs, because there are too many different ones; the costs shown are exact.")
    }
    var columns: [(String, (Entry) -> String)] = [
      (
        "Estimate",
        {
          "\(NumberText.percent($0.accuracyEstimate)) (\(NumberText.fixed($0.accuracyLow * 100, 1))–"
            + "\(NumberText.fixed($0.accuracyHigh * 100, 1)))"
        }
      ), ("Parameters", { NumberText.count($0.parameters) }), ("of dense", { NumberText.percent($0.parameterRatio) }),
      ("Multiply-adds", { NumberText.count($0.multiplyAdds) }),
      ("of dense", { NumberText.percent($0.multiplyAddRatio) }),
    ]
    if candidates.contains(where: { $0.deviceTime != nil }) {
      columns.append(
        ("Device time", { entry in entry.deviceTime.map { Self.text(seconds: $0) } ?? "" }))
      columns.append(("of dense", { entry in entry.deviceTimeRatio.map { NumberText.percent($0) } ?? "" }))
    }
    let table = CandidateTable(
      columns: columns.map { column in .init(heading: column.0, cells: candidates.map(column.1)) },
      labels: candidates.map { entry in
        // Reads the text that was written from the candidate, so parsing does not fail.
        CandidateLabel((try? Candidate(parsing: entry.candidate)) ?? .dense, in: architecture)
      }, notes: candidates.map { $0.trained ? "" : "(untrained)" }, width: width)
    return facts.flatMap { Wrapping.lines($0, width: width, indent: 2) } + [""] + table.lines
  }

  private static func text(seconds: Double) -> String {
    NumberText.time(nanoseconds: Int((seconds * 1e9).rounded()))
  }

  /// `with at most 107,888 parameters and an accuracy of 0.43 or more `
  private var limits: String {
    var limits: [String] = []
    if let most = constraints.maxParameters { limits.append("at most \(NumberText.grouped(most)) parameters") }
    if let most = constraints.maxMultiplyAdds { limits.append("at most \(NumberText.grouped(most)) multiply-adds") }
    if let most = constraints.maxDeviceTime {
      limits.append("at most \(Self.text(seconds: most)) of device time")
    }
    if let accuracy = constraints.minAccuracy { limits.append("an accuracy of \(accuracy) or more") }
    return limits.isEmpty ? "" : "with \(limits.joined(separator: ", ")) "
  }
}
