/// What kernels are compiled for, and a study may ask of every machine that works on it. Raw values are the names of
/// kernels, and stand in texts of works: never used again for something else.
public enum InstructionSet: String, Codable, CaseIterable, Sendable, LosslessStringConvertible {
  /// AVX2 and FMA: x86-64 processors since 2013.
  case avx2
  case avx512

  public init?(_ description: String) { self.init(rawValue: description) }

  public var description: String { rawValue }
}

/// The kernels of a study as people write them.
public enum KernelChoice: String, CaseIterable, Sendable {
  /// The fastest of each machine.
  case any
  case avx2
  case avx512

  public var instructionSet: InstructionSet? { InstructionSet(rawValue: rawValue) }
}
