/// Chooses a few of many elements, evenly by size.
package enum EvenSpread {
  /// Returns the elements of a sorted list that are nearest to `count` evenly spaced sizes, in order; all elements if
  /// there are no more.
  ///
  /// - Parameter count: At least 1. A single element is near the middle; several include the smallest and the largest.
  package static func choose<Element>(of sorted: [(size: Double, Element)], over count: Int) -> [Element] {
    guard sorted.count > count, let first = sorted.first?.size, let last = sorted.last?.size else {
      return sorted.map(\.1)
    }
    var chosen: Set<Int> = []
    for number in 0..<count {
      let wanted = count == 1 ? (first + last) / 2 : first + (last - first) * Double(number) / Double(count - 1)
      let free = sorted.indices.filter { !chosen.contains($0) }
      guard let nearest = free.min(by: { abs(sorted[$0].size - wanted) < abs(sorted[$1].size - wanted) }) else { break }
      chosen.insert(nearest)
    }
    return chosen.sorted().map { sorted[$0].1 }
  }
}
