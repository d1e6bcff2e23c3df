import ArgumentParser
import SearchCore

/// The updates of decomposed layers to skip.
struct SkipOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Train the coefficients of decomposed layers only at every Nth step (default: 1, every step).", valueName: "n"),
    transform: Number.whole(TrainingLimits.updatesEvery))
  var skipCoefficients: Int?

  @Option(
    help: ArgumentHelp(
      "Train the basis filters of decomposed layers only at every Nth step (default: 1).", valueName: "n"),
    transform: Number.whole(TrainingLimits.updatesEvery))
  var skipBasis: Int?

  /// The requested updates to skip, which may be 1, every step; `nil` if there is no request.
  var skip: SkippedUpdates? {
    skipCoefficients.map { SkippedUpdates(of: .coefficients, every: $0) }
      ?? skipBasis.map { SkippedUpdates(of: .basis, every: $0) }
  }

  func validate() throws {
    if skipCoefficients != nil, skipBasis != nil {
      throw ValidationError(
        "--skip-coefficients and --skip-basis exclude each other: one part is trained in every step")
    }
  }
}
