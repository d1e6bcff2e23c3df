import ReadableText
import SearchCore

/// Jobs without a result, because their trainings failed too often.
package struct SetAsideSummary: Hashable, Sendable {
  package struct Reason: Hashable, Sendable {
    package var text: String
    package var jobs: Int
  }

  /// The number of jobs.
  package private(set) var jobs = 0
  /// The most frequent reasons with the number of their jobs, at most `reasonsKept`.
  package private(set) var reasons: [Reason] = []

  package static let reasonsKept = 10

  /// - Parameter reasons: One reason for each job.
  package init(reasons: some Sequence<String> = []) {
    var counts: [String: Int] = [:]
    for reason in reasons {
      jobs += 1
      counts[reason, default: 0] += 1
    }
    self.reasons = counts.map { Reason(text: $0.key, jobs: $0.value) }
      .sorted { ($1.jobs, $0.text) < ($0.jobs, $1.text) }.prefix(Self.reasonsKept).map { $0 }
  }
}

/// The number of trainings that one kernel variant computed.
package struct KernelVariantCount: Hashable, Sendable {
  package var name: String
  package var trainings: Int

  package init(name: String, trainings: Int) {
    self.name = name
    self.trainings = trainings
  }
}

// What a reader must know besides the results of a study, in the same words in every format.
extension StudyReport {
  /// The caveats, one sentence each; empty for a study without problems.
  package var caveats: [String] {
    var caveats: [String] = []
    if rows.isEmpty {
      caveats.append("No candidate has a result\(setAside.jobs > 0 ? "" : " yet"): the frontier is empty.")
    } else if frontier.isEmpty {
      caveats.append(
        estimated != nil && rows.contains { !$0.isUntrained && !$0.isDiverged }
          ? "According to the estimates, no candidate meets the study's constraints: the estimated frontier is empty."
          : "No candidate has a sound result: the frontier is empty.")
    }
    let diverged = rows.count { $0.score.divergedSeeds > 0 }
    if diverged > 0 {
      let excluded = rows.count(where: \.isDiverged)
      caveats.append(
        "\(NumberText.plural(divergedTrainings, "training")) of \(NumberText.plural(diverged, "candidate")) diverged; "
          + "\(CandidateScore.divergedMark) marks scores of the other seeds alone, and candidates without a majority "
          + "of sound "
          + "ones (\(NumberText.grouped(excluded))) are not on the frontier.")
    }
    if setAside.jobs > 0 {
      let shown = setAside.reasons.prefix(3)
      let reasons = shown.map { "\($0.text.inOneLine.cut(toCharacters: 160)) (\(NumberText.grouped($0.jobs)))" }
      let rest = setAside.jobs - shown.reduce(0) { $0 + $1.jobs }
      caveats.append(
        "\(NumberText.plural(setAside.jobs, "job")) \(setAside.jobs == 1 ? "was" : "were") set aside without a result: "
          + reasons.joined(separator: "; ") + (rest > 0 ? "; other reasons (\(NumberText.grouped(rest)))" : "") + ".")
    }
    if let mixture { caveats.append(mixture) }
    return caveats + estimateCaveats
  }

  /// A warning about mixed kernel variants; `nil` if a single variant computed all trainings.
  package var mixture: String? { Self.mixture(of: kernelVariants) }

  /// Returns a warning about mixed kernel variants; `nil` if there is at most one variant.
  package static func mixture(of variants: [KernelVariantCount]) -> String? {
    guard variants.count > 1 else { return nil }
    let parts = variants.map { "\($0.name) (\(NumberText.grouped($0.trainings)))" }
    return "Trainings of \(variants.count) kernel variants are mixed: \(parts.joined(separator: ", ")); "
      + "the same training may have slightly different results under each."
  }
}
