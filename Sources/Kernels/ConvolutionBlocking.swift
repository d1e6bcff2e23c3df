/// Channels distributed over register tiles of at most `limit` channels as evenly as possible: 5 is 3 + 2, because a
/// tile of one channel loads as much as it computes.
struct ChannelGroups {
  /// The number of groups.
  let count: Int
  let channels: Int
  /// The number of channels in a group; the first `largerGroups` groups have one more.
  private let baseSize: Int
  private let largerGroups: Int

  init(channels: Int, limit: Int = 4) {
    self.channels = channels
    count = (channels + limit - 1) / limit
    baseSize = channels / count
    largerGroups = channels % count
  }

  func start(_ group: Int) -> Int { group * baseSize + min(group, largerGroups) }
  func size(_ group: Int) -> Int { group < largerGroups ? baseSize + 1 : baseSize }

  /// Returns the group that a channel belongs to.
  func group(of channel: Int) -> Int {
    let inLarger = largerGroups * (baseSize + 1)
    return channel < inLarger ? channel / (baseSize + 1) : largerGroups + (channel - inLarger) / baseSize
  }
}

/// The part of a convolution that is computed at a time, so that the input of a strip of rows stays in the second-level
/// cache while all output groups pass over it. A function of the shape alone, so that results have the same bits at
/// every call.
///
/// Passes over the channels keep wide layers as fast as narrow ones, so that every shape takes this one path. Forward,
/// 128 images, one core of a Zen 4 (peak of bare multiply-adds 117 GFLOP/s), compared with OpenBLAS 0.3.21's sgemm
/// (SkylakeX kernels) for the same product, without the im2col that it would also need:
///
/// | shape                    | this, GFLOP/s | sgemm alone |
/// |--------------------------|---------------|-------------|
/// | 128 → 128, 3×3 on 16×16  | 100–102       | 91          |
/// | 256 → 256, 3×3 on 8×8    | 100–105       | 98          |
/// | 512 → 512, 3×3 on 4×4    | 93–97         | 104         |
struct ConvolutionBlocking {
  /// The number of output rows in a strip.
  var rows: Int
  /// The number of input channels in a pass; a later pass adds to what the earlier ones left in the output.
  var channels: Int

  init(inputChannels: Int, kernelRows: Int, step: Int, inputRowBytes: Int) {
    let passes = (inputChannels + 63) / 64
    channels = (inputChannels + passes - 1) / passes
    let inputRows = Self.budget / (channels * inputRowBytes)
    rows = max(1, (inputRows - kernelRows) / step + 1)
  }

  /// Bytes of input: half of a second-level cache of 1 MB, less the weights and the output.
  private static let budget = 320 << 10
}
