import ArgumentParser
import SearchCore

extension KernelChoice: ExpressibleByArgument {}
extension InstructionSet: ExpressibleByArgument {
  public init?(argument: String) { self.init(rawValue: argument) }
}

extension KernelDemand {
  /// For commands that start native workers.
  func requireNative(otherwise advice: String) throws {
    guard !takesNative else { return }
    throw Failure.usage(
      "the study takes workers that compute with \(self) (its key kernels), and this command would start native ones: "
        + advice)
  }
}

/// Which kernels a command that trains in its own process computes with.
struct KernelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Kernels to compute with, the same bits on every machine that has them (default: the study's or the training's, "
        + "else any: the fastest here).", valueName: "avx2|avx512|any"))
  var kernels: KernelChoice?
}
