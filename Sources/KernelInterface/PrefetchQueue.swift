/// Memory that later passes will read from beyond the second-level cache. Kernels that compute more than they load ask
/// for it line by line while they compute, so that those passes find it in the cache.
///
/// It changes no result. Kernels that have nothing to hide a load behind leave the queue as it is.
public struct PrefetchQueue {
  /// Cache lines that lie side by side.
  public struct Segment {
    public var line: UnsafeRawPointer
    public var count: Int

    public init(line: UnsafeRawPointer, count: Int) {
      self.line = line
      self.count = count
    }
  }

  /// The first segment that is not asked for in full; `end` where there is none.
  public var next: UnsafeMutablePointer<Segment>
  public var end: UnsafeMutablePointer<Segment>

  public init(segments: UnsafeMutableBufferPointer<Segment>) {
    // An empty buffer has no address; any will do, as nothing is read from it.
    next = segments.baseAddress ?? UnsafeMutablePointer(bitPattern: MemoryLayout<Segment>.alignment)!
    end = next + segments.count
  }
}
