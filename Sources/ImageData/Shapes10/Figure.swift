/// The ten classes. A figure is described by its depth: the signed distance in pixels, positive inside, from a point
/// to its edge (exact or nearly so), which gives smooth edges of one pixel's width.
enum Figure: String, CaseIterable, Sendable {
  case disc, ring, square, triangle, cross, star
  case horizontalStripes = "horizontal stripes"
  case diagonalStripes = "diagonal stripes"
  case checkerboard, dots

  var isTexture: Bool {
    switch self {
    case .disc, .ring, .square, .triangle, .cross, .star: false
    case .horizontalStripes, .diagonalStripes, .checkerboard, .dots: true
    }
  }

  /// Whether the shape may be drawn as an outline. A disc may not: its outline is a ring.
  var mayBeOutline: Bool { !isTexture && self != .disc && self != .ring }

  /// Depth of a shape of extent `radius` about the origin at (u, v). Textures have none: see `textureDepth`.
  func shapeDepth(_ u: Double, _ v: Double, radius: Double) -> Double {
    switch self {
    case .ring:
      return 0.2 * radius - abs((u * u + v * v).squareRoot() - 0.72 * radius)
    case .square:
      return 0.8 * radius - max(abs(u), abs(v))
    case .triangle:
      let slope = 0.866_025_403_784_438_6 * abs(u) - 0.5 * v
      return 0.58 * radius - max(v, slope)
    case .cross:
      let arm = 0.3 * radius
      let upright = min(arm - abs(u), radius - abs(v))
      let level = min(radius - abs(u), arm - abs(v))
      return max(upright, level)
    case .star:
      return Figure.pentagramDepth(u, v, radius: radius)
    default:
      return 0.88 * radius - (u * u + v * v).squareRoot()
    }
  }

  /// A point is inside the pentagram if it is on the inner side of at least four of its five lines.
  private static func pentagramDepth(_ u: Double, _ v: Double, radius: Double) -> Double {
    let inner = 0.36 * radius
    // Sine and cosine of 18° and 54°: the lines' normals, symmetric in u.
    let a = abs(u)
    let x1 = 0.951_056_516_295_153_5 * a
    let x2 = 0.587_785_252_292_473_1 * a
    let y1 = 0.309_016_994_374_947_4 * v
    let y2 = 0.809_016_994_374_947_4 * v
    var lowest = inner - v
    var second = Double.infinity
    func take(_ distance: Double) {
      second = min(second, max(lowest, distance))
      lowest = min(lowest, distance)
    }
    take(inner - (x1 + y1))
    take(inner - (y1 - x1))
    take(inner - (x2 - y2))
    take(inner + (x2 + y2))
    return second
  }

  /// Depth of the endless texture that repeats every `period` pixels at (u, v). Shapes have none.
  func textureDepth(_ u: Double, _ v: Double, period: Double) -> Double {
    switch self {
    case .checkerboard:
      // Cells of 0.75 period: with a whole period, coarseness alone would distinguish the checkerboard from stripes.
      let side = 0.75 * period
      let a = Figure.wave(u, side)
      let b = Figure.wave(v, side)
      return max(min(a, b), min(-a, -b))
    case .dots:
      let x = Figure.wrapped(u, period)
      let y = Figure.wrapped(v, period)
      return 0.33 * period - (x * x + y * y).squareRoot()
    default:
      return 0.25 * period - abs(Figure.wrapped(v, period))
    }
  }

  /// `x` modulo `period`, in ±period / 2.
  private static func wrapped(_ x: Double, _ period: Double) -> Double {
    let turns = x / period
    return (turns - (turns + 0.5).rounded(.down)) * period
  }

  /// Signed distance to the nearest edge between cells of width `side`, positive in every second cell.
  private static func wave(_ x: Double, _ side: Double) -> Double {
    0.5 * side - abs(wrapped(x, 2 * side))
  }
}
