/// The point where a line bends most, farthest above the chord from its first point to its last (Satopää et al. 2011).
package enum Knee {
  /// Bends below this share of the line's height do not count.
  private static let leastBend = 0.1

  /// Finds the knee of a line whose points rise from left to right.
  /// - Returns: The index of the point; `nil` for a line without a bend.
  package static func index(of line: [(x: Double, y: Double)]) -> Int? {
    guard let first = line.first, let last = line.last, line.count > 2 else { return nil }
    func bend(_ index: Int) -> Double {
      (line[index].y - first.y) / (last.y - first.y) - (line[index].x - first.x) / (last.x - first.x)
    }
    return line.indices.max { bend($0) < bend($1) }.flatMap { bend($0) > leastBend ? $0 : nil }
  }
}
