import Randomness

/// One image before it is drawn: ground, distractors, the figure that gives the class, an occluder, noise.
///
/// Every number comes from the image's own stream, in the order in which the initializers draw; the pixels' noise
/// follows.
struct Scene {
  private static let size = Shapes10.side
  /// Standard deviation of the sum of two independent uniform bytes.
  private static let deviationOfTwoBytes = 104.510_764_993_565_4

  private var random: StableRandom
  private let ground: Color
  /// Change of the ground's color from the center to the right edge, and to the lower edge.
  private let shadingX: Color
  private let shadingY: Color
  private let layers: [Layer]
  private let occluder: Occluder?
  private let noise: Double

  init(of figure: Figure, random stream: StableRandom) {
    var random = stream
    let gray = random.uniform(in: Difficulty.ground)
    ground = random.color(in: gray - Difficulty.groundTint...gray + Difficulty.groundTint).clamped
    shadingX = random.colorDirection() * random.uniform(in: 0...Difficulty.shading)
    shadingY = random.colorDirection() * random.uniform(in: 0...Difficulty.shading)
    noise = random.uniform(in: Difficulty.noise)

    let radius = random.uniform(in: Difficulty.radius)
    let middle = 0.5 * Double(Scene.size - 1)
    let centerX = middle + random.uniform(in: -Difficulty.offset...Difficulty.offset)
    let centerY = middle + random.uniform(in: -Difficulty.offset...Difficulty.offset)
    let main = Layer(
      figure, color: Scene.color(on: ground, &random), radius: radius, centerX: centerX, centerY: centerY,
      random: &random)

    var layers: [Layer] = []
    let shapes = Figure.allCases.filter { !$0.isTexture }
    for _ in 0..<random.integer(in: Difficulty.distractors) {
      let shape = shapes[random.integer(below: shapes.count)]
      let color = Scene.color(on: ground, &random)
      let small = radius * random.uniform(in: Difficulty.distractorSize)
      let x = random.uniform(in: 2...Double(Scene.size - 3))
      let y = random.uniform(in: 2...Double(Scene.size - 3))
      layers.append(Layer(shape, color: color, radius: small, centerX: x, centerY: y, random: &random))
    }
    self.layers = layers + [main]

    let isOccluded = random.uniform() < Difficulty.occlusionShare
    let bar = Occluder(
      color: Scene.color(on: ground, &random), centerX: centerX, centerY: centerY, radius: radius,
      random: &random)
    occluder = isOccluded ? bar : nil
    self.random = random
  }

  private static func color(on ground: Color, _ random: inout StableRandom) -> Color {
    let tint = random.colorDirection() * Difficulty.tint
    let lighter = random.uniform(in: Difficulty.contrast)
    return (ground + tint + Color(red: lighter, green: lighter, blue: lighter)).clamped
  }

  /// Draws into `[channel][row][column]`.
  mutating func draw(into image: UnsafeMutableBufferPointer<UInt8>) {
    var canvas = [Color](repeating: ground, count: Scene.size * Scene.size)
    canvas.withUnsafeMutableBufferPointer { canvas in
      shade(canvas)
      for layer in layers { Scene.paint(layer, on: canvas) }
      if let occluder { Scene.paint(occluder, on: canvas) }
      develop(canvas, into: image)
    }
  }

  private func shade(_ canvas: UnsafeMutableBufferPointer<Color>) {
    let middle = 0.5 * Double(Scene.size - 1)
    for row in 0..<Scene.size {
      let left = ground + shadingY * ((Double(row) - middle) / middle)
      for column in 0..<Scene.size {
        canvas[row * Scene.size + column] = left + shadingX * ((Double(column) - middle) / middle)
      }
    }
  }

  private static func paint(_ layer: Layer, on canvas: UnsafeMutableBufferPointer<Color>) {
    let columns = layer.columns(of: size)
    for row in layer.rows(of: size) {
      for column in columns {
        let share = layer.coverage(x: Double(column), y: Double(row))
        blend(layer.color, share: share, into: &canvas[row * size + column])
      }
    }
  }

  private static func paint(_ occluder: Occluder, on canvas: UnsafeMutableBufferPointer<Color>) {
    for row in 0..<size {
      for column in 0..<size {
        let share = occluder.coverage(x: Double(column), y: Double(row))
        blend(occluder.color, share: share, into: &canvas[row * size + column])
      }
    }
  }

  private static func blend(_ color: Color, share: Double, into pixel: inout Color) {
    guard share > 0 else { return }
    pixel = pixel * (1 - share) + color * share
  }

  /// Adds noise and rounds. Takes one word of the stream per pixel: two bytes per channel, whose sum has a triangular
  /// distribution.
  private mutating func develop(
    _ canvas: UnsafeMutableBufferPointer<Color>, into image: UnsafeMutableBufferPointer<UInt8>
  ) {
    let plane = Scene.size * Scene.size
    let factor = noise / Scene.deviationOfTwoBytes
    for pixel in 0..<plane {
      let word = random.next()
      func grain(_ shift: UInt64) -> Double {
        factor * Double(Int((word >> shift) & 255) + Int((word >> (shift + 8)) & 255) - 255)
      }
      let color = canvas[pixel]
      image[pixel] = Scene.byte(color.red + grain(0))
      image[plane + pixel] = Scene.byte(color.green + grain(16))
      image[2 * plane + pixel] = Scene.byte(color.blue + grain(32))
    }
  }

  private static func byte(_ level: Double) -> UInt8 {
    UInt8(min(255, max(0, level)) + 0.5)
  }
}

/// A straight bar from edge to edge that hides part of the figure.
private struct Occluder {
  let color: Color
  private let turn: Rotation
  private let halfWidth: Double
  private let distance: Double

  init(color: Color, centerX: Double, centerY: Double, radius: Double, random: inout StableRandom) {
    self.color = color
    turn = Rotation(halfTangent: random.uniform(in: -1...1))
    halfWidth = random.uniform(in: Difficulty.occluderHalfWidth)
    let across = turn.applied(centerX, centerY).1
    distance = across + random.uniform(in: -0.8...0.8) * radius
  }

  func coverage(x: Double, y: Double) -> Double {
    min(1, max(0, halfWidth - abs(turn.applied(x, y).1 - distance) + 0.5))
  }
}
