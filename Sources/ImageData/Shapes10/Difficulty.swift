/// The parameters of `shapes10`'s difficulty. Changing a number here changes every image: give `Shapes10.identity` a
/// new version, measure `ChannelNormalization.shapes10` again and pin the new pixels in the tests.
///
/// Lengths are pixels, colors are gray levels from 0 to 255.
enum Difficulty {
  /// Half the extent of the figure that gives the class.
  static let radius = 7.5...12.0
  /// The largest distance of the figure's center from the image's, along each axis.
  static let offset = 4.0
  /// Ratio of the figure's two extents, either way.
  static let stretch = 1.0...1.3
  /// Tangent of half the largest rotation of a shape: 0.2 is ±23°.
  static let shapeTurn = 0.2
  /// The same for stripes, whose direction distinguishes their classes: 0.17 is ±19°.
  static let stripeTurn = 0.17
  /// The period of a texture.
  static let period = 5.0...8.0
  /// Share of squares, triangles, crosses and stars that are drawn as outlines, and the outlines' half width.
  static let outlineShare = 0.15
  static let outlineHalfWidth = 0.9...1.5

  /// The ground's gray level, and the largest departure of each channel from it.
  static let ground = 30.0...130.0
  static let groundTint = 30.0
  /// The lightness of everything on the ground relative to the ground, and the length of its color's departure from
  /// that gray. One polarity only: when figures could also be darker than the ground (and had stronger colors),
  /// ResNet-8 was still at chance after 250 steps of 64 images.
  static let contrast = 60.0...130.0
  static let tint = 40.0
  /// Largest change of the ground's color from its center to an edge.
  static let shading = 20.0
  /// Standard deviation of the noise of every pixel and channel; drawn per image.
  static let noise = 4.0...16.0

  /// The number of small shapes of random classes beside the main figure, and their extent relative to it.
  static let distractors = 0...1
  static let distractorSize = 0.22...0.42
  /// Share of images in which a bar of a third color lies over the figure, and half the bar's width.
  static let occlusionShare = 0.2
  static let occluderHalfWidth = 1.0...2.0
}
