import KernelInterface
import Testing

@testable import BasisEngine

@Suite struct BatchPortionTests {
  @Test(
    "portions hold every block and row once, and planes that Winograd's tiles fill in portions that they fill",
    arguments: 1...300)
  func rows(size: Int) {
    let batch = BatchExtent(images: 40)
    let portions = BatchPortion.all(of: batch, size: size)
    let rows = portions.flatMap { portion in
      (0..<portion.extent.blocks).flatMap { block in portion.rows.map { (portion.firstBlock + block) * size + $0 } }
    }
    #expect(rows.sorted() == Array(0..<batch.blocks * size))
    for portion in portions {
      #expect(portion.rows.count <= BatchPortion.rows(size: size))
      #expect(portion.rows.count % 4 == 0 || size % 4 > 0)
    }
  }
}
