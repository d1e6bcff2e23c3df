/// A rectangle on the page; y increases downwards.
struct PlotBox {
  var left: Double
  var top: Double
  var right: Double
  var bottom: Double

  func overlaps(_ other: PlotBox) -> Bool {
    left < other.right && other.left < right && top < other.bottom && other.top < bottom
  }

  func contains(_ other: PlotBox) -> Bool {
    left <= other.left && other.right <= right && top <= other.top && other.bottom <= bottom
  }
}

/// Places the labels of points so that they cover neither points nor other labels, and stay within the plot.
struct LabelPlacement {
  let bounds: PlotBox
  /// The areas that labels should not cover, with the cost of covering each.
  private(set) var obstacles: [(box: PlotBox, cost: Double)] = []

  init(bounds: PlotBox) { self.bounds = bounds }

  mutating func avoid(_ box: PlotBox, cost: Double) { obstacles.append((box, cost)) }

  /// Returns the left end of the baseline for a text, and reserves its place.
  mutating func place(_ text: String, size: Double, atX x: Double, y: Double, gap: Double) -> (x: Double, y: Double) {
    let width = Self.width(of: text, size: size)
    var best: (box: PlotBox, cost: Double)?
    for distance in [gap, gap * 2, gap * 3.5, gap * 5.5] {
      for (dx, dy) in [(1.0, 0.0), (1, -1), (-1, -1), (0, -1), (1, 1), (-1, 0), (0, 1), (-1, 1)] {
        let left = x + dx * distance - (dx < 0 ? width : dx == 0 ? width / 2 : 0)
        let middle = y + dy * (distance + size * 0.4)
        let box = PlotBox(left: left, top: middle - size * 0.6, right: left + width, bottom: middle + size * 0.6)
        var cost = obstacles.reduce(distance * 0.05) { $1.box.overlaps(box) ? $0 + $1.cost : $0 }
        if !bounds.contains(box) { cost += 1000 }
        if best.map({ cost < $0.cost }) ?? true { best = (box, cost) }
      }
    }
    guard let box = best?.box else { return (x, y) }
    avoid(box, cost: 100)
    return (box.left, box.bottom - size * 0.25)
  }

  /// The estimated width, from the character widths of Helvetica, which similar fonts share.
  static func width(of text: String, size: Double) -> Double {
    text.reduce(0) { $0 + size * relativeWidth($1) }
  }

  private static func relativeWidth(_ character: Character) -> Double {
    switch character {
    case "i", "j", "l", "'", "|": return 0.22
    case " ", "f", "t", "r", ".", ",", ":", ";", "(", ")", "-": return 0.31
    case "m", "w", "%", "M", "W", "±": return 0.82
    case _ where character.isUppercase: return 0.69
    default: return 0.545
    }
  }
}
