import CVector

/// Two rows of six positions of U or V, `[position][group of channels][column][channel of the group]`, in memory that
/// the operand allocates.
struct WinogradOperand {
  /// At most as many channels as the operand was created for.
  var groups: ChannelGroups
  /// At most as many as the operand was created for.
  var columns: Int
  let positionStride: Int
  private let memory: UnsafeMutablePointer<lane_vector>

  init(groups: ChannelGroups, capacity: Int, columns: Int) {
    self.groups = groups
    self.columns = columns
    // Not a power of two, so that the positions that a transform writes lie in different sets of the cache.
    positionStride = capacity * columns + 5
    memory = .scratch(12 * positionStride)
  }

  func deallocate() { memory.deallocate() }

  /// The location of a channel's columns, which are interleaved with those of the other channels of its group.
  struct Channel {
    var base: UnsafeMutablePointer<lane_vector>
    /// The stride from one column to the next.
    var stride: Int
  }

  func start(channel: Int, column: Int) -> Channel {
    let group = groups.group(of: channel)
    let (first, size) = (groups.start(group), groups.size(group))
    return Channel(base: memory + (first * columns + column * size + channel - first), stride: size)
  }

  func start(position: Int, group: Int) -> UnsafePointer<lane_vector> {
    UnsafePointer(memory + (position * positionStride + groups.start(group) * columns))
  }
}
