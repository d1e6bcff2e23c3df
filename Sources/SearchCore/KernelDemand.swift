/// An engine other than this program's own, in workers that are written elsewhere. Raw values begin the kernel variants
/// of their results, such as `torch-2.15.0+cpu`, and are part of the texts of works: do not reuse one for something
/// else.
public enum ForeignEngine: String, CaseIterable, Sendable {
  case torch
}

/// What a study requires its workers to compute with, if not by default: native kernels, the fastest of each machine.
///
/// Canonical text: `avx2`, `torch`, or for both kinds `torch+any`, `torch+avx512`.
public struct KernelDemand: Hashable, Sendable {
  /// The engine of foreign workers that may join; `nil` if none may.
  public let foreign: ForeignEngine?
  /// Whether native workers may join.
  public let takesNative: Bool
  /// The kernels of native workers; `nil` for the fastest of each machine.
  public let native: InstructionSet?

  private init(foreign: ForeignEngine?, takesNative: Bool, native: InstructionSet?) {
    self.foreign = foreign
    self.takesNative = takesNative
    self.native = native
  }

  public static func native(_ kernels: InstructionSet) -> KernelDemand {
    KernelDemand(foreign: nil, takesNative: true, native: kernels)
  }

  public static func foreign(_ engine: ForeignEngine) -> KernelDemand {
    KernelDemand(foreign: engine, takesNative: false, native: nil)
  }

  /// - Parameter native: The kernels of native workers; `nil` for the fastest of each machine.
  public static func mixed(_ engine: ForeignEngine, _ native: InstructionSet?) -> KernelDemand {
    KernelDemand(foreign: engine, takesNative: true, native: native)
  }

  /// Whether results of both kinds of workers may be compared in the study.
  public var isMixed: Bool { foreign != nil && takesNative }

  /// Returns whether the study accepts results of this variant.
  public func takes(_ variant: KernelVariant) -> Bool {
    if let engine = variant.foreignEngine { return engine == foreign }
    return takesNative && (native == nil || native?.rawValue == variant.kernels)
  }
}

extension KernelDemand: LosslessStringConvertible, Codable {
  public init?(_ description: String) {
    let words = description.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
    let engine = words.first.flatMap(ForeignEngine.init(rawValue:))
    switch (words.count, engine) {
    case (1, nil):
      guard let native = InstructionSet(description) else { return nil }
      self = .native(native)
    case (1, let engine?): self = .foreign(engine)
    case (2, let engine?):
      guard let native = KernelChoice(rawValue: words[1]) else { return nil }
      self = .mixed(engine, native.instructionSet)
    default: return nil
    }
  }

  public var description: String {
    [foreign?.rawValue, takesNative ? native?.rawValue ?? KernelChoice.any.rawValue : nil].compactMap(\.self)
      .joined(separator: "+")
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let demand = KernelDemand(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "there are no kernels \"\(text)\"")
    }
    self = demand
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
