import ArgumentParser
import Services
import Studies
import Terminal

/// How a coordinator handles jobs that fail; options of `run` and `coordinator`.
struct FailureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      End with an error after this many failures in a row, or this many jobs set aside in a row, without a result in \
      between.
      """,
      valueName: "n"), reading: Number.whole(1...1_000_000))
  var giveUpAfter: Int = 10

  /// Also accepted under the name of earlier versions.
  @Flag(
    name: [.customLong("retry-set-aside"), .customLong("retry-failed")],
    help: "With --resume: retry the jobs that were set aside, as if they had never failed.")
  var retrySetAside = false

  @Option(
    help: ArgumentHelp(
      "With --resume: set job N aside, so that the study continues without it; may be given several times.",
      valueName: "n"),
    transform: Number.whole(1...Int.max))
  var setAside: [Int] = []

  func check(resume: Bool) throws {
    if retrySetAside, !resume { throw ValidationError("--retry-set-aside requires --resume") }
    if !setAside.isEmpty, !resume { throw ValidationError("--set-aside requires --resume") }
  }

  var rules: FailureRules { FailureRules(giveUpAfter: giveUpAfter, leftOut: Set(setAside.map(Int64.init))) }

  /// Reopens the jobs that were set aside, if requested, and checks that the jobs to leave out exist and have no
  /// result.
  func prepare(_ study: OpenStudy) throws {
    if retrySetAside {
      let count = try study.store.reopenSetAside()
      StandardError.shared.writeLine(
        count == 0
          ? "no job was set aside; there is nothing to retry" : "\(count) jobs that were set aside are tried again")
    }
    guard !setAside.isEmpty else { return }
    let open = Set(try study.store.jobs().filter { $0.state != .finished }.map(\.id))
    if let job = setAside.first(where: { !open.contains(Int64($0)) }) {
      throw Failure.usage("--set-aside \(job): the study has no job \(job) without a result")
    }
  }
}
