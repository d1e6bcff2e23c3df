/// Chooses from a sequence of marks those that do not overlap on the page.
struct PointThinning {
  /// The minimum distance between two marks in page units.
  let distance: Double
  private var kept: [(x: Double, y: Double)] = []

  init(distance: Double) { self.distance = distance }

  /// Adds a mark that is drawn even if it overlaps others.
  mutating func add(x: Double, y: Double) { kept.append((x, y)) }

  /// Returns whether there is room for the mark. If so, the mark is added.
  mutating func fits(x: Double, y: Double) -> Bool {
    let isFree = kept.allSatisfy { ($0.x - x) * ($0.x - x) + ($0.y - y) * ($0.y - y) >= distance * distance }
    if isFree { add(x: x, y: y) }
    return isFree
  }
}
