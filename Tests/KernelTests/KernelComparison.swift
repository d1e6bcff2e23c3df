import KernelInterface

@testable import BasisEngine

/// Tables of kernels at the same work as their naive twins, and what they differ in.
///
/// Nothing here needs more than the language and its standard library: `Tests/ARM64` runs it on another processor.
struct KernelComparison {
  let tables: [KernelTable]
  private(set) var differences: [String] = []

  init(_ tables: [KernelTable]) { self.tables = tables }

  mutating func check(_ holds: Bool, _ what: @autoclosure () -> String) {
    if !holds { differences.append(what()) }
  }
}
