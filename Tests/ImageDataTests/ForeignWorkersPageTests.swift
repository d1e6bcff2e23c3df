import Foundation
import Randomness
import TestSupport
import Testing

@testable import ImageData

/// Checks what the pages for authors of other workers say about random streams, held-out images and drawn images.
@Suite("the pages on foreign workers")
struct ForeignWorkersPageTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../docs").standardizedFileURL

  private func page(_ name: String) throws -> String {
    try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
  }

  private static func list(_ numbers: some Sequence<some BinaryInteger>) -> String {
    numbers.map { "\($0)" }.joined(separator: ", ")
  }

  @Test("the values there are those of this program")
  func vectors() throws {
    var one = StableRandom(seed: 1)
    var held = StableRandom(seed: 7, purpose: "validation images")
    var order = StableRandom(seed: 7, purpose: "x")
    let small = try DataSplit.holdOut(validation: 4, training: 5, of: 20, seed: 1)
    let large = try DataSplit.holdOut(validation: 5000, training: 10_000, of: 50_000, seed: 1)
    let rows = [
      "first three words of `StableRandom(1)` | \(Self.list((0..<3).map { _ in one.next() }))",
      "`text_hash(\"validation images\")` | \(StableHash.fnv1a64("validation images"))",
      "first two words of `StableRandom(7, \"validation images\")` | \(Self.list((0..<2).map { _ in held.next() }))",
      "`StableRandom(7, \"x\").permutation(10)` | \(Self.list(order.permutation(10)))",
      "`split(20, 5, 4, 1)` | training \(Self.list(small.training)); validation \(Self.list(small.validation))",
      "`split(50000, 10000, 5000, 1)`, validation | \(Self.list(large.validation.prefix(8))) … "
        + Self.list(large.validation.suffix(2)),
      "`split(50000, 10000, 5000, 1)`, training | \(Self.list(large.training.prefix(8))) … "
        + Self.list(large.training.suffix(1)),
    ]
    let text = try page("foreign-workers.md")
    for row in rows { #expect(text.contains("| \(row) |"), "\(row)") }
  }

  private static let hasPython = (try? shell("python3 -c 'import numpy' && echo yes")) == "yes\n"

  @Test(
    "the Python there draws the same images and holds out the same",
    .enabled(if: ForeignWorkersPageTests.hasPython, "python3 or its numpy is not installed"))
  func python() throws {
    let code = try ["foreign-workers.md", "shapes10.md"].flatMap { name in
      try page(name).split(separator: "```").filter { $0.hasPrefix("python\n") }.map { $0.dropFirst("python".count) }
    }
    let script = Self.folder.appendingPathComponent("../.build/foreign-workers-\(UUID().uuidString).py")
      .standardizedFileURL
    defer { try? FileManager.default.removeItem(at: script) }
    let check = """
      import hashlib
      for part in ("training", "test"):
          print(hashlib.sha256(b"".join(image(part, i)[0].tobytes() for i in range(50))).hexdigest())
      print(*split(50000, 100, 300, 9)[1])
      """
    try (code.joined(separator: "\n") + "\n" + check).write(to: script, atomically: true, encoding: .utf8)
    let lines = try shell("python3 '\(script.path)'").split(separator: "\n").map(String.init)
    let hashes = try page("shapes10.md").split(separator: "\n").filter { $0.contains(" | ") }
      .compactMap { $0.split(separator: " ").dropLast().last.map(String.init) }.filter { $0.count == 64 }
    #expect(hashes.count == 2 && lines.prefix(2).elementsEqual(hashes))
    let held = try DataSplit.holdOut(validation: 300, training: 100, of: 50_000, seed: 9).validation
    #expect(lines.last == held.map { "\($0)" }.joined(separator: " "))
  }
}
