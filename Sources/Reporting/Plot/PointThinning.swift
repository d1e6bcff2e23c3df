/// Chooses, of marks that come one after the other, those that do not overlap on the page.
struct PointThinning {
  /// Between two marks, as the page measures.
  let distance: Double
  private var kept: [(x: Double, y: Double)] = []

  init(distance: Double) { self.distance = distance }

  /// A mark that is drawn whatever is there already.
  mutating func add(x: Double, y: Double) { kept.append((x, y)) }

  /// Whether there is room for the mark, which is drawn then.
  mutating func fits(x: Double, y: Double) -> Bool {
    let isFree = kept.allSatisfy { ($0.x - x) * ($0.x - x) + ($0.y - y) * ($0.y - y) >= distance * distance }
    if isFree { add(x: x, y: y) }
    return isFree
  }
}
