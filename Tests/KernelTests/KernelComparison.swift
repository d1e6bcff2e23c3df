import KernelInterface

@testable import BasisEngine

/// Compares kernel tables with their naive twins and collects the differences.
///
/// Needs only the language and its standard library: `Tests/ARM64` runs it on another processor.
struct KernelComparison {
  let tables: [KernelTable]
  private(set) var differences: [String] = []

  init(_ tables: [KernelTable]) { self.tables = tables }

  mutating func check(_ holds: Bool, _ what: @autoclosure () -> String) {
    if !holds { differences.append(what()) }
  }
}
