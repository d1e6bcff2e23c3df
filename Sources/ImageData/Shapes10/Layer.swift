import Randomness

/// A figure of one color at its position: a shape, or a texture in a window.
struct Layer {
  let color: Color
  private let figure: Figure
  private let radius: Double
  private let centerX: Double
  private let centerY: Double
  private let stretch: Double
  private let turn: Rotation
  /// `nil` for a filled shape.
  private let outlineHalfWidth: Double?
  private let texture: Texture?

  private struct Texture {
    /// The shape of the patch that shows the texture; independent of the class.
    let window: Figure
    let turn: Rotation
    let period: Double
    let shiftU: Double
    let shiftV: Double
  }

  init(_ figure: Figure, color: Color, radius: Double, centerX: Double, centerY: Double, random: inout StableRandom) {
    self.figure = figure
    self.color = color
    self.radius = radius
    self.centerX = centerX
    self.centerY = centerY
    let ratio = random.uniform(in: Difficulty.stretch).squareRoot()
    stretch = random.uniform() < 0.5 ? ratio : 1 / ratio
    turn = Rotation(halfTangent: random.uniform(in: -Difficulty.shapeTurn...Difficulty.shapeTurn))
    let hasOutline = random.uniform() < Difficulty.outlineShare
    let halfWidth = random.uniform(in: Difficulty.outlineHalfWidth)
    outlineHalfWidth = hasOutline && figure.mayBeOutline ? halfWidth : nil
    texture = figure.isTexture ? Layer.texture(of: figure, random: &random) : nil
  }

  private static func texture(of figure: Figure, random: inout StableRandom) -> Texture {
    let windows: [Figure] = [.disc, .square, .triangle]
    let window = windows[random.integer(below: windows.count)]
    let tilt = Rotation(halfTangent: random.uniform(in: -Difficulty.stripeTurn...Difficulty.stripeTurn))
    let free = Rotation(halfTangent: random.uniform(in: -1...1))
    let rises = random.uniform() < 0.5
    let turn =
      switch figure {
      case .horizontalStripes: tilt
      case .diagonalStripes: tilt.followed(by: rises ? .eighth : .minusEighth)
      default: free
      }
    let period = random.uniform(in: Difficulty.period)
    let shiftU = random.uniform() * period
    let shiftV = random.uniform() * period
    return Texture(window: window, turn: turn, period: period, shiftU: shiftU, shiftV: shiftV)
  }

  /// An upper bound of the distance of any part of the figure, its edge included, from its center.
  private var reach: Double { 1.45 * radius + 1 }

  /// Rows and columns that the figure may touch, of an image of `size` pixels along either axis.
  func rows(of size: Int) -> Range<Int> { Layer.pixels(around: centerY, reach: reach, size: size) }
  func columns(of size: Int) -> Range<Int> { Layer.pixels(around: centerX, reach: reach, size: size) }

  private static func pixels(around center: Double, reach: Double, size: Int) -> Range<Int> {
    let first = min(size, max(0, Int((center - reach).rounded(.down))))
    return first..<max(first, min(size, Int((center + reach).rounded(.up)) + 1))
  }

  /// The fraction of the pixel at (x, y) that the figure covers, from 0 to 1.
  func coverage(x: Double, y: Double) -> Double {
    min(1, max(0, depth(x: x, y: y) + 0.5))
  }

  private func depth(x: Double, y: Double) -> Double {
    let dx = x - centerX
    let dy = y - centerY
    let (p, q) = turn.applied(dx, dy)
    let u = p * stretch
    let v = q / stretch
    guard let texture else {
      let depth = figure.shapeDepth(u, v, radius: radius)
      guard let outlineHalfWidth else { return depth }
      return outlineHalfWidth - abs(depth - outlineHalfWidth)
    }
    let window = texture.window.shapeDepth(u, v, radius: 1.15 * radius)
    guard window > -0.5 else { return window }
    let (s, t) = texture.turn.applied(dx, dy)
    return min(window, figure.textureDepth(s + texture.shiftU, t + texture.shiftV, period: texture.period))
  }
}

/// A rotation about the origin. Built from the tangent of half its angle, which needs no sine or cosine: those of the
/// C library differ between machines in the last bit.
struct Rotation {
  let cosine: Double
  let sine: Double

  private init(cosine: Double, sine: Double) {
    self.cosine = cosine
    self.sine = sine
  }

  init(halfTangent t: Double) {
    let square = t * t
    self.init(cosine: (1 - square) / (1 + square), sine: 2 * t / (1 + square))
  }

  static let eighth = Rotation(cosine: 0.707_106_781_186_547_5, sine: 0.707_106_781_186_547_5)
  static let minusEighth = Rotation(cosine: 0.707_106_781_186_547_5, sine: -0.707_106_781_186_547_5)

  func followed(by other: Rotation) -> Rotation {
    Rotation(
      cosine: cosine * other.cosine - sine * other.sine, sine: sine * other.cosine + cosine * other.sine)
  }

  func applied(_ x: Double, _ y: Double) -> (Double, Double) {
    (cosine * x + sine * y, cosine * y - sine * x)
  }
}
