/// Files of states are named after their training, the stem, and the epochs that were done.
public enum StateFileName {
  public static let ending = ".state"

  public static func path(stem: String, epochs: Int) -> String { "\(stem).\(epochs)\(ending)" }

  /// Nil where `name` is of another training.
  public static func epochs(of name: String, stem: String) -> Int? {
    guard name.hasPrefix(stem + "."), name.hasSuffix(ending) else { return nil }
    return Int(name.dropFirst(stem.count + 1).dropLast(ending.count))
  }
}
