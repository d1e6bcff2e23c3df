import KernelInterface
import SearchCore

/// The regions of a workspace's memory, one after another: their names, shapes, and offsets.
///
/// A function of architecture and batch size; the layout is the same for every form of a network.
struct WorkspaceLayout {
  /// A part of the memory, by its purpose. Regions of an output size are shared by all layers of that size, and have
  /// the channels of the widest; `layer` is an index into the architecture's layers.
  enum Region: Hashable {
    /// The images, haloed.
    case images
    /// y of a layer, the output of its convolution. A `NormalizedBasis` divides it (`BasisRegions`); y of the last
    /// layer is the logits.
    case convolutionOutput(layer: Int)
    /// z of the stem or of a block, haloed, under the index of its last layer. Between a block's convolutions, z is
    /// computed again where it is needed.
    case activation(layer: Int)
    case pooled
    case pooledGradient
    case logitsGradient
    /// The output of max pooling after the stem, haloed.
    case pooledStem
    /// dz, then g, of a block's output and, in the same place, of its input if the shape stays the same. Before the
    /// backward pass, when there are no gradients yet, a block's projected input.
    case blockGradient(size: Int, channels: Int)
    /// dz, then g, of z after the first or the second convolution of a block, unless it is the last.
    case innerGradient(size: Int, place: Int)
    /// z after such a convolution in inference, haloed, of one block of images.
    case inferredInner(size: Int, place: Int)
    /// z after such a convolution in a training step, haloed, of one portion of the next convolution, whose outputs
    /// have `outputSize`, and its neighboring rows: small, so that it stays in the cache.
    case innerPortion(size: Int, outputSize: Int)
    /// dy of one portion and its neighboring rows, haloed; small for the same reason.
    case convolutionGradientPortion(size: Int)
  }

  struct Place {
    let region: Region
    /// The offset of the region's first element, halo included.
    let offset: Int
    let blocks: Int
    let channels: Int
    let rows: Int
    let columns: Int
    let halo: Int

    var elementCount: Int {
      LaneView.elementCount(blocks: blocks, channels: channels, height: rows, width: columns, halo: halo)
    }

    func view(in memory: UnsafeMutablePointer<Lanes>) -> LaneView {
      LaneView(memory: memory + offset, channels: channels, height: rows, width: columns, halo: halo)
    }
  }

  private(set) var places: [Place] = []
  /// The number of elements of all regions.
  var elementCount: Int { places.last.map { $0.offset + $0.elementCount } ?? 0 }

  /// - Parameter capacity: The maximum number of images in a batch.
  init(_ architecture: Architecture, capacity: Int) {
    let blocks = BatchExtent(images: capacity).blocks
    let layers = architecture.layers
    let (stem, classifier) = (layers[architecture.stem], layers[architecture.classifier])
    add(.images, blocks, channels: stem.inputChannels, size: stem.inputSize, halo: (stem.kernelSize - 1) / 2)
    let kept = Set(architecture.blocks.map(\.last) + [architecture.stem])
    var widest: [Int: Int] = [:]
    for (index, layer) in layers.enumerated() {
      let (channels, size) = (layer.outputChannels, layer.outputSize)
      add(.convolutionOutput(layer: index), blocks, channels: channels, size: size)
      if kept.contains(index) { add(.activation(layer: index), blocks, channels: channels, size: size, halo: 1) }
      if index != architecture.classifier { widest[size] = max(widest[size] ?? 0, channels) }
    }
    add(.pooled, blocks, channels: classifier.inputChannels, size: 1)
    add(.pooledGradient, blocks, channels: classifier.inputChannels, size: 1)
    add(.logitsGradient, blocks, channels: classifier.outputChannels, size: 1)
    var gradients: [Int: Set<Int>] = [:]
    for layer in kept.map({ layers[$0] }) { gradients[layer.outputSize, default: []].insert(layer.outputChannels) }
    if architecture.poolsStem {
      let size = pooledSize(stem.outputSize)
      add(.pooledStem, blocks, channels: stem.outputChannels, size: size, halo: 1)
      gradients[size, default: []].insert(stem.outputChannels)
    }
    let inner = Self.innerChannels(of: architecture)
    let sizes = widest.sorted { $0.key > $1.key }
    for (size, _) in sizes {
      for channels in (gradients[size] ?? []).sorted() {
        add(.blockGradient(size: size, channels: channels), blocks, channels: channels, size: size)
      }
      for region in Self.innerPlaces.map({ Region.innerGradient(size: size, place: $0) }) {
        if let channels = inner[region] { add(region, blocks, channels: channels, size: size) }
      }
    }
    for (size, _) in sizes {
      for region in Self.innerPlaces.map({ Region.inferredInner(size: size, place: $0) }) {
        if let channels = inner[region] { add(region, 1, channels: channels, size: size, halo: 1) }
      }
    }
    for (size, channels) in sizes {
      for outputSize in Set([size, (size + 1) / 2]).sorted(by: >) {
        let region = Region.innerPortion(size: size, outputSize: outputSize)
        guard let channels = inner[region] else { continue }
        let rows = BatchPortion.rows(size: outputSize) * (size == outputSize ? 1 : 2)
        add(
          region, min(blocks, BatchPortion.blocks(size: outputSize)), channels: channels, rows: rows, size: size,
          halo: 1
        )
      }
      let (portion, rows) = (min(blocks, BatchPortion.blocks(size: size)), BatchPortion.rows(size: size))
      add(.convolutionGradientPortion(size: size), portion, channels: channels, rows: rows, size: size, halo: 1)
    }
  }

  /// The places of a block's convolutions, except the last.
  private static let innerPlaces = 0...1

  /// The largest number of channels between the convolutions of blocks, by region.
  private static func innerChannels(of architecture: Architecture) -> [Region: Int] {
    var widest: [Region: Int] = [:]
    for block in architecture.blocks {
      for (place, pair) in zip(block.convolutions, block.convolutions.dropFirst()).enumerated() {
        let (layer, next) = (architecture.layers[pair.0], architecture.layers[pair.1])
        for region in [
          Region.innerGradient(size: layer.outputSize, place: place),
          .inferredInner(size: layer.outputSize, place: place),
          .innerPortion(size: layer.outputSize, outputSize: next.outputSize),
        ] { widest[region] = max(widest[region] ?? 0, layer.outputChannels) }
      }
    }
    return widest
  }

  private mutating func add(
    _ region: Region, _ blocks: Int, channels: Int, rows: Int? = nil, size: Int, halo: Int = 0
  ) {
    places.append(
      Place(
        region: region, offset: elementCount, blocks: blocks, channels: channels, rows: rows ?? size, columns: size,
        halo: halo))
  }
}
