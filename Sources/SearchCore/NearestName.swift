/// The known name nearest to a mistyped one, for error messages; nil where none is near.
///
/// Near means an edit distance (insertion, deletion, substitution, exchange of neighbors) of at most a third of the
/// longer name, and at least 2. Upper and lower case count as the same; ties go to the name that is listed first.
public func nearest(to text: String, in known: some Sequence<String>) -> String? {
  let wanted = Array(text.lowercased().prefix(200).unicodeScalars)
  var best: (name: String, distance: Int)?
  for name in known {
    let scalars = Array(name.lowercased().unicodeScalars)
    let limit = max(2, max(wanted.count, scalars.count) / 3)
    guard abs(wanted.count - scalars.count) <= limit else { continue }
    let distance = editDistance(wanted, scalars)
    // A distance as long as the name itself has nothing in common with it.
    guard distance <= limit, distance < scalars.count else { continue }
    if best.map({ distance < $0.distance }) ?? true { best = (name, distance) }
  }
  return best?.name
}

/// Optimal string alignment distance: insertions, deletions, substitutions and exchanges of neighbors.
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
  /// What to suggest for a name or pattern that this network does not have: the nearest name, or a sample of them.
  func namesNear(_ text: String) -> [String] {
    let names = layers.map(\.name)
    if let name = nearest(to: text, in: names) { return [name] }
    return [names[0], names[1], names[names.count - 2], names[names.count - 1]]
  }
}
