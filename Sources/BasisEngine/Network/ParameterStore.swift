import SearchCore

/// The name and shape of a tensor, as in torchvision.
public struct TensorDescription: Codable, Hashable, Sendable {
  public var name: String
  public var shape: [Int]
  public var count: Int { shape.reduce(1, *) }

  public init(name: String, shape: [Int]) {
    self.name = name
    self.shape = shape
  }
}

/// The location of a trained tensor: its values and their gradients, `count` floats each, row-major.
struct ParameterSlice {
  var values: UnsafeMutablePointer<Float>
  var gradients: UnsafeMutablePointer<Float>
  var count: Int
}

/// All tensors of a network in flat buffers, so that the optimizer is one call: parallel buffers of values, gradients,
/// and the optimizer's velocities. Every tensor starts on a cache line; the gaps are zero and remain so.
final class ParameterStore {
  let tensors: [TensorDescription]
  /// The number of floats, gaps included.
  let paddedCount: Int
  private let offsets: [String: Int]
  /// Changes whenever `write` or `optimize` changes values, which invalidates everything derived from them.
  private(set) var revision = 0
  private let values: AlignedBuffer<Float>
  private let gradients: AlignedBuffer<Float>
  private let velocity: AlignedBuffer<Float>
  /// For each part of the decomposed layers, the ranges that hold everything else, gaps included, in ascending order.
  private let places: [BasisPart: [Range<Int>]]

  /// `trained` is `false` for tensors without gradients (running statistics).
  init(tensors: [TensorDescription], trained: Bool = true) {
    let floatsInLine = 16
    var offsets: [String: Int] = [:]
    var end = 0
    for tensor in tensors {
      precondition(offsets[tensor.name] == nil, "tensor \(tensor.name) is described twice")
      offsets[tensor.name] = end
      end += (tensor.count + floatsInLine - 1) / floatsInLine * floatsInLine
    }
    self.tensors = tensors
    self.offsets = offsets
    paddedCount = end
    places = Dictionary(
      uniqueKeysWithValues: BasisPart.allCases.map { ($0, Self.places(of: tensors, offsets, end, without: $0)) })
    values = AlignedBuffer(count: end)
    gradients = AlignedBuffer(count: trained ? end : 0)
    velocity = AlignedBuffer(count: trained ? end : 0)
  }

  /// The number of values in all tensors, without the gaps.
  var count: Int { tensors.reduce(0) { $0 + $1.count } }

  /// Runs an optimizer's step over values, gradients, and velocities, `count` floats each, gaps included: once for
  /// everything, or once for each range between the tensors of a skipped part.
  func optimize(
    without skipped: BasisPart? = nil,
    _ step: (
      _ values: UnsafeMutablePointer<Float>, _ gradients: UnsafeMutablePointer<Float>,
      _ velocities: UnsafeMutablePointer<Float>, _ count: Int
    ) -> Void
  ) {
    revision += 1
    for place in skipped.flatMap({ places[$0] }) ?? [0..<paddedCount] {
      let first = place.lowerBound
      step(values.base + first, gradients.base + first, velocity.base + first, place.count)
    }
  }

  private static func places(
    of tensors: [TensorDescription], _ offsets: [String: Int], _ end: Int, without part: BasisPart
  ) -> [Range<Int>] {
    var places: [Range<Int>] = []
    for (index, tensor) in tensors.enumerated() where !tensor.name.hasSuffix(".\(part.rawValue)") {
      let first = offsets[tensor.name] ?? 0
      let next = index + 1 < tensors.count ? offsets[tensors[index + 1].name] ?? end : end
      if let last = places.last, last.upperBound == first {
        places[places.count - 1] = last.lowerBound..<next
      } else {
        places.append(first..<next)
      }
    }
    return places
  }

  /// Clears the gradients, to which weight gradients are added.
  func clearGradients() { gradients.values.update(repeating: 0) }

  /// Returns the slice of a tensor that the store was created with.
  func slice(_ name: String) -> ParameterSlice {
    guard let offset = offsets[name], let tensor = tensors.first(where: { $0.name == name }) else {
      preconditionFailure("the network has no tensor \(name)")
    }
    return ParameterSlice(
      values: values.base + offset, gradients: gradients.count > 0 ? gradients.base + offset : values.base + offset,
      count: tensor.count)
  }

  func contains(_ name: String) -> Bool { offsets[name] != nil }

  /// Returns a tensor's values, row-major.
  func read(_ name: String) -> [Float] {
    let slice = slice(name)
    return Array(UnsafeBufferPointer(start: slice.values, count: slice.count))
  }

  func readGradient(_ name: String) -> [Float] {
    let slice = slice(name)
    return Array(UnsafeBufferPointer(start: slice.gradients, count: slice.count))
  }

  /// Returns the optimizer's velocities of a trained tensor.
  func readVelocity(_ name: String) -> [Float] {
    let (first, count) = place(of: name)
    return Array(UnsafeBufferPointer(start: velocity.base + first, count: count))
  }

  func writeVelocity(_ name: String, _ newValues: [Float]) {
    let (first, count) = place(of: name)
    precondition(newValues.count == count)
    (velocity.base + first).update(from: newValues, count: count)
  }

  private func place(of name: String) -> (first: Int, count: Int) {
    guard velocity.count > 0, let offset = offsets[name], let tensor = tensors.first(where: { $0.name == name }) else {
      preconditionFailure("the network trains no tensor \(name)")
    }
    return (offset, tensor.count)
  }

  func write(_ name: String, _ newValues: [Float]) {
    let slice = slice(name)
    precondition(newValues.count == slice.count)
    revision += 1
    slice.values.update(from: newValues, count: newValues.count)
  }
}
