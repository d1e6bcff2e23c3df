import ImageData
import KernelInterface
import Randomness
import Testing

/// Activations filled with a value that no assembler writes, which reveals untouched elements.
private final class Activations {
  static let untouched: Float = -99
  let memory: UnsafeMutablePointer<Lanes>
  let view: LaneView
  let halo: Int

  init(blocks: Int, halo: Int) {
    let count = LaneView.elementCount(blocks: blocks, channels: 3, height: 32, width: 32, halo: halo)
    memory = .allocate(capacity: count)
    memory.initialize(repeating: Lanes(repeating: Activations.untouched), count: count)
    view = LaneView(memory: memory, channels: 3, height: 32, width: 32, halo: halo)
    self.halo = halo
  }

  deinit { memory.deallocate() }

  func value(image: Int, channel: Int, row: Int, column: Int) -> Float {
    let element =
      image / laneCount * view.blockStride + channel * view.planeStride + row * view.rowStride
      + column * view.columnStride
    return view.base[element][image % laneCount]
  }

  /// Returns the values of one image, `[channel][row][column]`.
  func image(_ image: Int) -> [Float] {
    var values: [Float] = []
    for channel in 0..<3 {
      for row in 0..<32 {
        for column in 0..<32 { values.append(value(image: image, channel: channel, row: row, column: column)) }
      }
    }
    return values
  }
}

@Suite("batch assembly") struct BatchAssemblerTests {
  static func noise(count: Int) -> LabeledImages {
    var random = StableRandom(seed: 5)
    let pixels = (0..<count * CIFARFormat.imageBytes).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    return LabeledImages(
      pixels: pixels, labels: (0..<count).map { UInt16($0 % 10) }, normalization: .cifar10)
  }

  static let images = noise(count: 40)

  /// Computes an image in the plainest way: pad the bytes, crop, mirror, normalize.
  func expected(_ index: Int, crop: Augmentation.Crop = .none) -> [Float] {
    let mean: [Float] = [0.4914, 0.4822, 0.4465]
    let deviation: [Float] = [0.2470, 0.2435, 0.2616]
    let image = Array(BatchAssemblerTests.images[index].pixels)
    var values: [Float] = []
    for channel in 0..<3 {
      for row in 0..<32 {
        for column in 0..<32 {
          let sourceRow = row + crop.row
          let sourceColumn = (crop.flipped ? 31 - column : column) + crop.column
          let inside = (0..<32).contains(sourceRow) && (0..<32).contains(sourceColumn)
          let byte = inside ? image[channel * 1024 + sourceRow * 32 + sourceColumn] : 0
          values.append((Float(byte) / 255 - mean[channel]) / deviation[channel])
        }
      }
    }
    return values
  }

  @Test("images as they are land in their lanes, normalized", arguments: [0, 1])
  func plain(halo: Int) {
    let activations = Activations(blocks: 2, halo: halo)
    let indices = [7, 3, 3, 39, 0] + Array(10..<25)
    BatchAssembler(normalization: .cifar10).assemble(
      BatchAssemblerTests.images, indices: indices, into: activations.view)
    for (place, index) in indices.enumerated() { #expect(activations.image(place) == expected(index)) }
  }

  @Test("lanes beyond the batch are zero, later blocks and the halo untouched")
  func remainder() {
    let activations = Activations(blocks: 3, halo: 1)
    BatchAssembler(normalization: .cifar10, augmentation: .standard).assemble(
      BatchAssemblerTests.images, indices: Array(0..<18), into: activations.view)
    for place in 18..<32 { #expect(activations.image(place).allSatisfy { $0 == 0 }) }
    #expect(activations.image(32).allSatisfy { $0 == Activations.untouched })
    let view = activations.view
    for row in -1...32 {
      for column in -1...32 where row == -1 || row == 32 || column == -1 || column == 32 {
        let element = view.base[2 * view.planeStride + row * view.rowStride + column * view.columnStride]
        #expect(element == Lanes(repeating: Activations.untouched))
      }
    }
  }

  @Test("augmented images are the padded bytes' windows, mirrored or not")
  func augmented() {
    let activations = Activations(blocks: 3, halo: 1)
    let indices = Array(0..<40)
    BatchAssembler(normalization: .cifar10, augmentation: .standard, seed: 9).assemble(
      BatchAssemblerTests.images, indices: indices, epoch: 2, position: 1000, into: activations.view)
    for index in indices {
      let crop = Augmentation.standard.crop(seed: 9, epoch: 2, position: 1000 + index)
      #expect(activations.image(index) == expected(index, crop: crop))
    }
  }

  @Test("the padding is the black byte normalized, not zero")
  func padding() throws {
    let position = try #require(
      (0..<1000).first { Augmentation.standard.crop(seed: 1, epoch: 0, position: $0).row == -4 })
    let activations = Activations(blocks: 1, halo: 0)
    BatchAssembler(normalization: .cifar10, augmentation: .standard, seed: 1).assemble(
      BatchAssemblerTests.images, indices: [4], position: position, into: activations.view)
    let blacks: [Float] = [-0.4914 / 0.2470, -0.4822 / 0.2435, -0.4465 / 0.2616]
    for (channel, black) in blacks.enumerated() {
      #expect(abs(activations.value(image: 0, channel: channel, row: 3, column: 16) - black) < 1e-6)
    }
  }

  @Test("how an epoch is cut into batches does not change any image")
  func batchSize() {
    let order = EpochOrder(count: 40, seed: 3)(epoch: 1)
    let assembler = BatchAssembler(normalization: .cifar10, augmentation: .standard, seed: 3)
    let whole = Activations(blocks: 3, halo: 0)
    assembler.assemble(BatchAssemblerTests.images, indices: order, epoch: 1, into: whole.view)
    for first in stride(from: 0, to: 40, by: 7) {
      let batch = order[first..<min(first + 7, 40)]
      let part = Activations(blocks: 1, halo: 0)
      assembler.assemble(BatchAssemblerTests.images, indices: batch, epoch: 1, position: first, into: part.view)
      for place in batch.indices { #expect(part.image(place - first) == whole.image(place)) }
    }
  }

  @Test("an empty batch writes nothing")
  func empty() {
    let activations = Activations(blocks: 1, halo: 0)
    BatchAssembler(normalization: .cifar10).assemble(BatchAssemblerTests.images, indices: [], into: activations.view)
    #expect(activations.image(0).allSatisfy { $0 == Activations.untouched })
    #expect([0, 1, 16, 17, 128].map { BatchAssembler.blocks(for: $0) } == [0, 1, 1, 2, 8])
  }

  @Test("images of another size, and squares that are cut out")
  func cutout() {
    let side = 12
    let count = 3
    let pixels = (0..<count * 3 * side * side).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    let images = LabeledImages(pixels: pixels, labels: [0, 1, 2], side: side, classCount: 3, normalization: .shapes10)
    let augmentation = Augmentation(imageSide: side, crops: false, flips: false, cutsOut: true)
    let buffer = UnsafeMutablePointer<Lanes>.allocate(capacity: 3 * side * side)
    buffer.initialize(repeating: Lanes(repeating: 9), count: 3 * side * side)
    defer { buffer.deallocate() }
    let view = LaneView(memory: buffer, channels: 3, height: side, width: side, halo: 0)
    BatchAssembler(normalization: .shapes10, augmentation: augmentation, seed: 2).assemble(
      images, indices: [2, 0, 1], epoch: 1, position: 50, into: view)
    for (lane, index) in [2, 0, 1].enumerated() {
      let hole = augmentation.crop(seed: 2, epoch: 1, position: 50 + lane).hole
      for place in 0..<3 * side * side {
        let (row, column) = (place / side % side, place % side)
        let isCut = hole.map { $0.rows.contains(row) && $0.columns.contains(column) } ?? false
        let channel = place / (side * side)
        let value = ChannelNormalization.shapes10(images.pixels[index * 432 + place], channel: channel)
        #expect(buffer[place][lane] == (isCut ? 0 : value))
      }
    }
  }
}
