import Foundation
import SearchCore
import Testing

@testable import Configuration

/// docs/configuration.md lists every key and every name that a key accepts.
@Suite("The page on configurations")
struct DocumentTests {
  private func page(_ name: String) throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try String(contentsOf: root.appendingPathComponent("docs/\(name)"), encoding: .utf8)
  }

  private func row(of key: String) throws -> Substring? {
    try page("configuration.md").split(separator: "\n").first { $0.hasPrefix("| `\(key)` |") }
  }

  @Test("each key has a row")
  func keys() throws {
    for (section, keys) in ConfigurationKeys.sections {
      for key in keys where !ConfigurationKeys.sections.contains(where: { $0.name == key }) {
        let full = ConfigurationKeys.full(section, key)
        #expect(try row(of: full) != nil, "\(full)")
      }
    }
  }

  @Test("each name that a key may have is in its row")
  func names() throws {
    let names: [(key: String, names: [String])] = [
      ("model", Model.allCases.map(\.rawValue)), ("data.set", ImageSet.allCases.map(\.rawValue)),
      ("space.variant", BasisVariant.allCases.map(\.rawValue)),
      ("proxy.schedule", Schedule.allCases.map(\.rawValue)), ("objectives", Objective.allCases.map(\.rawValue)),
      ("strategy.name", StrategyName.allCases.map(\.rawValue)),
    ]
    for (key, names) in names {
      let row = try #require(try row(of: key))
      let words = row.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
      for name in names { #expect(words.contains(name), "\(key): \(name)") }
    }
  }

  @Test("each strategy has a section on its page", arguments: StrategyName.allCases)
  func strategies(name: StrategyName) throws {
    #expect(try page("strategies.md").contains("\n## `\(name.rawValue)`\n"))
  }
}
