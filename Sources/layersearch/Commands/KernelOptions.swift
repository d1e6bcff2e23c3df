import ArgumentParser
import SearchCore

extension KernelChoice: ExpressibleByArgument {}
extension InstructionSet: ExpressibleByArgument {
  public init?(argument: String) { self.init(rawValue: argument) }
}

extension KernelDemand {
  /// Throws unless native workers are allowed; for commands that start such workers.
  func requireNative(otherwise advice: String) throws {
    guard !takesNative else { return }
    throw Failure.usage(
      "the study requires workers with the kernels \(self) (its key kernels), but this command starts native ones; "
        + advice)
  }
}

/// The kernels of a command that trains in its own process.
struct KernelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Kernels to compute with; each gives the same bits on every machine that has it (default: the study's or the \
      resumed training's, otherwise any: the fastest here).
      """, valueName: "avx2|avx512|any"))
  var kernels: KernelChoice?
}
