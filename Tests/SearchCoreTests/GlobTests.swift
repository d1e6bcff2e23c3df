import Randomness
import SearchCore
import Testing

@Suite("Globs")
struct GlobTests {
  @Test(
    "patterns match whole names",
    arguments: [
      ("layer*", "layer1.0.conv1", true), ("*conv2", "layer1.0.conv2", true), ("*conv2", "layer1.0.conv21", false),
      ("layer[12].*", "layer2.0.conv1", true), ("layer[12].*", "layer3.0.conv1", false),
      ("layer[!12].*", "layer3.0.conv1", true), ("layer[1-3].0.conv?", "layer2.0.conv1", true),
      ("conv1", "layer1.0.conv1", false), ("conv1", "conv1", true), ("*", "fc", true), ("**", "fc", true),
      ("?", "fc", false), ("??", "fc", true), ("*.0.*1", "layer1.0.conv1", true), ("l*1*1", "layer1.0.conv1", true),
      ("LAYER*", "layer1.0.conv1", false), ("[]]", "]", true), ("a.c", "abc", false),
    ])
  func table(pattern: String, name: String, matches: Bool) throws {
    #expect(try Glob(pattern).matches(name) == matches)
  }

  @Test("backtracking agrees with the recursive definition on random patterns")
  func definition() throws {
    var random = StableRandom(seed: 7)
    let alphabet: [Character] = ["a", "b", "."]
    for _ in 0..<3000 {
      let pattern = String(
        (0..<(1 + random.integer(below: 7))).map { _ in (alphabet + ["*", "?"])[random.integer(below: 5)] })
      let name = String((0..<random.integer(below: 9)).map { _ in alphabet[random.integer(below: 3)] })
      #expect(
        try Glob(pattern).matches(name) == Self.matches(Array(pattern)[...], Array(name)[...]), "\(pattern) on \(name)")
    }
  }

  private static func matches(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>) -> Bool {
    guard let first = pattern.first else { return name.isEmpty }
    if first == "*" {
      return matches(pattern.dropFirst(), name) || (!name.isEmpty && matches(pattern, name.dropFirst()))
    }
    guard let character = name.first, first == "?" || first == character else { return false }
    return matches(pattern.dropFirst(), name.dropFirst())
  }

  @Test("a pattern that cannot be read is refused", arguments: ["", "layer[12", "layer[", "[z-a]", "[]"])
  func refused(pattern: String) {
    #expect(throws: SearchError.self) { try Glob(pattern) }
  }
}
