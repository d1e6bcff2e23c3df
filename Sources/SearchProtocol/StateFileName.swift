/// The names of state files: the stem, which identifies the training, and the number of completed epochs.
public enum StateFileName {
  public static let ending = ".state"

  public static func path(stem: String, epochs: Int) -> String { "\(stem).\(epochs)\(ending)" }

  /// Returns the number of epochs in `name`; `nil` if the file belongs to another training.
  public static func epochs(of name: String, stem: String) -> Int? {
    guard name.hasPrefix(stem + "."), name.hasSuffix(ending) else { return nil }
    return Int(name.dropFirst(stem.count + 1).dropLast(ending.count))
  }
}
