/// An instruction set that kernels are compiled for, and that a study may require of every machine that works on it.
/// Raw values are the names of kernels and part of the texts of works: do not reuse one for something else.
public enum InstructionSet: String, Codable, CaseIterable, Sendable, LosslessStringConvertible {
  /// AVX2 and FMA: x86-64 processors since 2013.
  case avx2
  case avx512

  public init?(_ description: String) { self.init(rawValue: description) }

  public var description: String { rawValue }
}

/// The kernels of a study, as users write them.
public enum KernelChoice: String, CaseIterable, Sendable {
  /// The fastest kernels of each machine.
  case any
  case avx2
  case avx512

  public var instructionSet: InstructionSet? { InstructionSet(rawValue: rawValue) }
}
