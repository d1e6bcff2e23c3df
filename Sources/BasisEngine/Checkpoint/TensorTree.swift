import ReadableText

/// One tensor with its name.
package struct NamedTensor: Sendable {
  package let description: TensorDescription
  /// Row-major; as many as the shape has places.
  package let values: [Float]

  package var name: String { description.name }
  package var shape: [Int] { description.shape }

  /// - Throws: where the shape is none, or has another number of places.
  package init(name: String, shape: [Int], values: [Float]) throws(CheckpointProblem) {
    guard let count = TensorDescription.checkedCount(shape) else {
      throw CheckpointProblem("tensor \(name.inOneLine) has the shape \(shape.dimensions), which is none")
    }
    guard values.count == count else {
      throw CheckpointProblem(
        "tensor \(name.inOneLine) has \(values.count) numbers where its shape \(shape.dimensions) has \(count)")
    }
    self.init(TensorDescription(name: name, shape: shape), values)
  }

  fileprivate init(_ description: TensorDescription, _ values: [Float]) {
    (self.description, self.values) = (description, values)
  }
}

extension NamedTensor: Equatable {
  /// To the bit: a number that is none is itself, and 0 is not −0.
  package static func == (a: NamedTensor, b: NamedTensor) -> Bool {
    a.description == b.description && a.values.count == b.values.count
      && zip(a.values, b.values).allSatisfy { $0.bitPattern == $1.bitPattern }
  }
}

/// Tensors by their names, in an order that stays.
///
/// A name is a path through the network's modules, its parts joined by dots, as in PyTorch's `state_dict`:
/// `layer1.0.conv1.weight`, `bn1.running_mean`. A basis convolution has `layer1.0.conv1.basis`, r filters of the shape
/// [r][C][k][k], and `layer1.0.conv1.coefficients`, the matrix that makes the other outputs of their maps, in the
/// place of `layer1.0.conv1.weight`.
package struct TensorTree: Equatable, Sendable {
  package let tensors: [NamedTensor]
  private let places: [String: Int]

  /// - Throws: where a name occurs twice.
  package init(_ tensors: [NamedTensor]) throws(CheckpointProblem) {
    var places: [String: Int] = [:]
    for (place, tensor) in tensors.enumerated() where places.updateValue(place, forKey: tensor.name) != nil {
      throw CheckpointProblem("tensor \(tensor.name.inOneLine) is in it twice")
    }
    (self.tensors, self.places) = (tensors, places)
  }

  /// For names that are known to differ.
  fileprivate init(distinct tensors: [NamedTensor]) {
    self.tensors = tensors
    places = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($0.element.name, $0.offset) })
  }

  package subscript(name: String) -> NamedTensor? { places[name].map { tensors[$0] } }

  package var descriptions: [TensorDescription] { tensors.map(\.description) }

  /// All numbers, tensor after tensor.
  package var values: [Float] { tensors.flatMap(\.values) }

  /// - Throws: the first tensor that is missing or has another shape, or that nothing asks for.
  package func require(_ expected: [TensorDescription]) throws(CheckpointProblem) {
    for description in expected {
      guard let tensor = self[description.name] else {
        throw CheckpointProblem("tensor \(description.name) is missing")
      }
      guard tensor.shape == description.shape else {
        throw CheckpointProblem(
          "tensor \(description.name) has the shape \(tensor.shape.dimensions), its network's has "
            + description.shape.dimensions)
      }
    }
    let names = Set(expected.map(\.name))
    if let extra = tensors.first(where: { !names.contains($0.name) }) {
      throw CheckpointProblem("tensor \(extra.name.inOneLine) is none of its network")
    }
  }
}

extension TensorDescription {
  /// Places of a shape that comes from outside; nil where it is none that numbers of this machine can have.
  package static func checkedCount(_ shape: [Int]) -> Int? {
    var count = 1
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard size > 0, !overflow else { return nil }
      count = product
    }
    return count
  }
}

extension [Int] {
  /// `16×3×3×3`.
  fileprivate var dimensions: String { isEmpty ? "of a single number" : map(String.init).joined(separator: "×") }
}

extension ParameterStore {
  /// A copy of all tensors' values.
  var tree: TensorTree { TensorTree(distinct: tensors.map { NamedTensor($0, read($0.name)) }) }

  /// A copy of the optimizer's velocities, each under its parameter's name.
  var velocityTree: TensorTree { TensorTree(distinct: tensors.map { NamedTensor($0, readVelocity($0.name)) }) }
}

extension TensorTree {
  /// The tensors of both, whose names differ.
  static func joined(_ first: ParameterStore, _ second: ParameterStore) -> TensorTree {
    TensorTree(distinct: first.tree.tensors + second.tree.tensors)
  }
}
