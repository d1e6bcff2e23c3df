import CVector
import KernelInterface

extension UnsafeMutablePointer<Lanes> {
  /// The same memory as the vectors that kernels work on, LANE_VECTOR_PARTS for each element.
  @inline(__always)
  var vectors: UnsafeMutablePointer<lane_vector> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: lane_vector.self)
  }
}

extension UnsafeMutablePointer<lane_vector> {
  /// Allocates uninitialized scratch memory, which the caller deallocates. It is aligned to cache lines, which
  /// `lane_sums` relies on: a SIMD type's own alignment may be less.
  static func scratch(_ count: Int) -> Self {
    UnsafeMutableRawPointer.allocate(
      byteCount: count * MemoryLayout<lane_vector>.stride, alignment: 64
    ).assumingMemoryBound(to: lane_vector.self)
  }
}

extension LaneView {
  /// The first pixel of a row of a plane.
  @inline(__always)
  func vectors(block: Int, channel: Int, row: Int = 0) -> UnsafeMutablePointer<lane_vector> {
    (base + (block * blockStride + channel * planeStride + row * rowStride)).vectors
  }
}
