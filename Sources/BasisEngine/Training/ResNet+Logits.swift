import ImageData
import KernelInterface

extension ResNet {
  /// Returns the classifier's outputs for all `images`, with running statistics and without augmentation:
  /// `[image][class]`.
  package func logits(of images: LabeledImages) -> [Float] {
    let assembler = BatchAssembler(normalization: images.normalization)
    var values: [Float] = []
    values.reserveCapacity(images.count * architecture.classCount)
    for first in stride(from: 0, to: images.count, by: workspace.capacity) {
      let indices = first..<min(first + workspace.capacity, images.count)
      assembler.assemble(images, indices: indices, into: input)
      forward(images: indices.count, mode: .inference)
      values += currentLogits(images: indices.count)
    }
    return values
  }

  /// Returns the logits of the last pass, bias included: `[image][class]`.
  func currentLogits(images: Int) -> [Float] {
    let classes = architecture.classCount
    var internalChannel = Array(0..<classes)
    if let map = classifier.channelMap { for c in 0..<classes { internalChannel[Int(map[c])] = c } }
    var values: [Float] = []
    for image in 0..<images {
      let (block, lane) = image.quotientAndRemainder(dividingBy: laneCount)
      for k in 0..<classes {
        let place = block * logits.blockStride + internalChannel[k] * logits.planeStride
        values.append(logits.base[place][lane] + classifierBias.values[k])
      }
    }
    return values
  }
}
