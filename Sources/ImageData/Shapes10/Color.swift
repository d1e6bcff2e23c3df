import Randomness

/// Gray levels from 0 to 255, not rounded.
struct Color {
  var red: Double
  var green: Double
  var blue: Double

  static func + (a: Color, b: Color) -> Color {
    Color(red: a.red + b.red, green: a.green + b.green, blue: a.blue + b.blue)
  }

  static func * (a: Color, factor: Double) -> Color {
    Color(red: a.red * factor, green: a.green * factor, blue: a.blue * factor)
  }

  var clamped: Color {
    Color(red: min(255, max(0, red)), green: min(255, max(0, green)), blue: min(255, max(0, blue)))
  }
}

extension StableRandom {
  mutating func uniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + uniform() * (range.upperBound - range.lowerBound)
  }

  mutating func integer(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + integer(below: range.count)
  }

  mutating func color(in range: ClosedRange<Double>) -> Color {
    let red = uniform(in: range)
    let green = uniform(in: range)
    let blue = uniform(in: range)
    return Color(red: red, green: green, blue: blue)
  }

  /// A color difference of length 1, uniform in direction (a point of the unit ball, scaled).
  mutating func colorDirection() -> Color {
    while true {
      let point = color(in: -1...1)
      let square = point.red * point.red + point.green * point.green + point.blue * point.blue
      if square > 0.01, square <= 1 { return point * (1 / square.squareRoot()) }
    }
  }
}
