import Configuration
import Foundation
import Testing

/// Files and texts that are not YAML at all, or are crafted to do harm.
@Suite("Unreadable configurations")
struct UnreadableInputTests {
  /// The two required lines, which tests append theirs to.
  private static let head = "model: resnet20\ndata: {set: cifar10}\n"

  @Test("YAML that cannot be read is told with its line")
  func unreadable() {
    for (text, line) in [
      ("a: [1\nb: 2\n", 2), ("a: 'x\n\n", 3), ("\tb: 1\n", 1), ("a: 1\n b: 2\n", 2), ("a: 1\n---\nb: 2\n", 2),
    ] {
      let lines = problems(text)
      #expect(lines.count == 1)
      #expect(lines.first?.hasPrefix("x.yaml:\(line): not readable as YAML: ") == true, "\(text): \(lines)")
    }
    #expect(problems("a: 1\nb: \u{1}\n").first?.hasPrefix("x.yaml:2: not readable as YAML") == true)
  }

  @Test("a file name that cannot name a study asks for one")
  func fileName() {
    #expect(
      problems(Self.head, fileName: "my study.yaml") == [
        "my study.yaml:1: key 'study' is missing; allowed: letters, digits, '.', '_' and '-', at most 100, "
          + "not beginning with '.' or '-' (the file's name 'my study' cannot be the study's)"
      ])
  }

  @Test("deep nesting, long keys and endless aliases are refused, not followed")
  func bombs() {
    for text in [
      String(repeating: "[", count: 100_000), String(repeating: "a: {", count: 50_000),
      String(repeating: "- ", count: 100_000), String(repeating: "? ", count: 100_000),
      String(repeating: "[", count: 900) + String(repeating: "]", count: 900),
      Self.head + "proxy: " + String(repeating: "[", count: 900) + String(repeating: "]", count: 900),
      String(repeating: "k", count: 500_000) + ": 1\n" + Self.head,
      "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n",
      "\"a\":&a x\n", "? &a x\n: 1\n", "[&a x]: 1\n", "!!map &a {x: 1}\n",
    ] {
      let lines = problems(text)
      #expect(!lines.isEmpty)
      #expect(lines.allSatisfy { !$0.contains("\n") && $0.count < 2_000 }, "\(text.prefix(20))")
    }
  }

  @Test("random damage to a legal file is an error or a legal file, never a trap")
  func fuzz() throws {
    let legal = """
      study: x
      model: resnet20
      data: {set: cifar10, train_images: 100, validation_images: 50}
      space:
        rank_fractions: [0.25, 0.5]
        include: ["layer*"]
      proxy: {epochs: 3, batch: 16, learning_rate: 0.1, schedule: step, augment: true}
      objectives: [accuracy, parameters]
      strategy: {name: random, seeds: 1}
      budget: {jobs: 5}
      seed: 7
      """
    var generator = SplitMix(state: 7)
    let pieces = [
      "\n", " ", ":", "- ", "[", "]", "{", "}", "'", "\"", "&a", "*a", "#", "|", ">", "?", "!", "%", "@", "~", "0", "-",
      "é", "\u{0}", "\u{FEFF}", "---", "<<",
    ]
    for _ in 0..<500 {
      var characters = Array(legal)
      for _ in 0...Int.random(in: 0...3, using: &generator) {
        let place = Int.random(in: 0..<characters.count, using: &generator)
        switch Int.random(in: 0...2, using: &generator) {
        case 0: characters.remove(at: place)
        case 1: characters.insert(contentsOf: pieces.randomElement(using: &generator) ?? "", at: place)
        default: characters.swapAt(place, Int.random(in: 0..<characters.count, using: &generator))
        }
      }
      for line in problems(String(characters)) { #expect(line.hasPrefix("x.yaml") && !line.contains("\n")) }
    }
  }

  @Test("files that cannot be read are told as such")
  func files() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("configuration-\(UUID().uuidString)")
      .path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func load(_ path: String) -> [String] { descriptions { _ = try StudyConfiguration.load(path: path) } }
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
      try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      return "\(folder)/\(name)"
    }
    #expect(load("\(folder)/none.yaml") == ["\(folder)/none.yaml: there is no such configuration file; check the path"])
    #expect(load(folder) == ["\(folder): this is a folder; name a configuration file"])
    let latin = try file("latin.yaml", Array("model: resnet20\nstudy: ".utf8) + [0xE4, 10])
    #expect(load(latin) == ["\(latin):2: the text is not UTF-8; save the file as UTF-8"])
    let large = try file("large.yaml", Array(repeating: 35, count: 1 << 20 + 1))
    #expect(load(large) == ["\(large): the file is longer than 1 MiB; a configuration has a few dozen lines"])
    #expect(load("/dev/zero") == ["/dev/zero: the file is longer than 1 MiB; a configuration has a few dozen lines"])
    let wide = try file("wide.yaml", [0xFF, 0xFE] + Self.head.utf8.flatMap { [$0, 0] as [UInt8] })
    #expect(load(wide) == ["\(wide): the text is UTF-16; save the file as UTF-8"])
    let marked = try file("marked.yaml", [0xEF, 0xBB, 0xBF] + Self.head.replacing("\n", with: "\r\n").utf8)
    #expect(load(marked) == [])
    let legal = try file("legal.yaml", Array(Self.head.utf8))
    #expect(try StudyConfiguration.load(path: legal).study == "legal")
  }
}

private struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
