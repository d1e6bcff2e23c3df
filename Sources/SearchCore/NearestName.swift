/// Returns the known name nearest to a mistyped one, for error messages; `nil` if none is near.
///
/// Near means an edit distance (insertion, deletion, substitution, transposition of neighbors) of at most a third of
/// the longer name, or of at most 2 if that is more. Case is ignored; of equally near names, the first listed is
/// returned.
public func nearest(to text: String, in known: some Sequence<String>) -> String? {
  let wanted = Array(text.lowercased().prefix(200).unicodeScalars)
  var best: (name: String, distance: Int)?
  for name in known {
    let scalars = Array(name.lowercased().unicodeScalars)
    let limit = max(2, max(wanted.count, scalars.count) / 3)
    guard abs(wanted.count - scalars.count) <= limit else { continue }
    let distance = editDistance(wanted, scalars)
    // With a distance as long as the name itself, the two have nothing in common.
    guard distance <= limit, distance < scalars.count else { continue }
    if best.map({ distance < $0.distance }) ?? true { best = (name, distance) }
  }
  return best?.name
}

/// Returns the optimal string alignment distance: insertions, deletions, substitutions and transpositions of neighbors.
func editDistance<Element: Equatable>(_ left: [Element], _ right: [Element]) -> Int {
  var beforePrevious: [Int] = []
  var previous = Array(0...right.count)
  for i in 0..<left.count {
    var current = [i + 1]
    for j in 0..<right.count {
      var cost = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (left[i] == right[j] ? 0 : 1))
      if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { cost = min(cost, beforePrevious[j - 1] + 1) }
      current.append(cost)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[right.count]
}

extension Architecture {
  /// Returns what to suggest for a name or pattern that this network does not have: the nearest name, or a sample of
  /// names.
  func namesNear(_ text: String) -> [String] {
    let names = layers.map(\.name)
    if let name = nearest(to: text, in: names) { return [name] }
    return [names[0], names[1], names[names.count - 2], names[names.count - 1]]
  }
}
