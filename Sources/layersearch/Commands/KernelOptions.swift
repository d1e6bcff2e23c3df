import ArgumentParser
import SearchCore

extension KernelChoice: ExpressibleByArgument {}
extension InstructionSet: ExpressibleByArgument {
  public init?(argument: String) { self.init(rawValue: argument) }
}

/// Which kernels a command that trains in its own process computes with.
struct KernelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Kernels to compute with, the same bits on every machine that has them (default: the study's or the training's, "
        + "else any: the fastest here).", valueName: "avx2|avx512|any"))
  var kernels: KernelChoice?
}
