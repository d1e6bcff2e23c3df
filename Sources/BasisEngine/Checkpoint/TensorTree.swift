import ReadableText

/// One tensor with its name.
package struct NamedTensor: Sendable {
  package let description: TensorDescription
  /// The values, row-major, one for each element of the shape.
  package let values: [Float]

  package var name: String { description.name }
  package var shape: [Int] { description.shape }

  /// - Throws: A problem if the shape is invalid or has another number of elements.
  package init(name: String, shape: [Int], values: [Float]) throws(CheckpointProblem) {
    guard let count = TensorDescription.checkedCount(shape) else {
      throw CheckpointProblem("tensor \(name.inOneLine) has the invalid shape \(shape.dimensions)")
    }
    guard values.count == count else {
      throw CheckpointProblem(
        "tensor \(name.inOneLine) has \(values.count) numbers, but its shape \(shape.dimensions) has \(count)")
    }
    self.init(TensorDescription(name: name, shape: shape), values)
  }

  fileprivate init(_ description: TensorDescription, _ values: [Float]) {
    (self.description, self.values) = (description, values)
  }
}

extension NamedTensor: Equatable {
  /// Compares bits: a NaN equals itself, and 0 differs from −0.
  package static func == (a: NamedTensor, b: NamedTensor) -> Bool {
    a.description == b.description && a.values.count == b.values.count
      && zip(a.values, b.values).allSatisfy { $0.bitPattern == $1.bitPattern }
  }
}

/// Tensors by name, in a fixed order.
///
/// A name is a path through the network's modules, its parts joined by dots, as in PyTorch's `state_dict`:
/// `layer1.0.conv1.weight`, `bn1.running_mean`. In place of `layer1.0.conv1.weight`, a basis convolution has
/// `layer1.0.conv1.basis`, r filters of shape [r][C][k][k], and `layer1.0.conv1.coefficients`, the matrix that combines
/// their maps into the other outputs.
package struct TensorTree: Equatable, Sendable {
  package let tensors: [NamedTensor]
  private let places: [String: Int]

  /// - Throws: A problem if a name occurs twice.
  package init(_ tensors: [NamedTensor]) throws(CheckpointProblem) {
    var places: [String: Int] = [:]
    for (place, tensor) in tensors.enumerated() where places.updateValue(place, forKey: tensor.name) != nil {
      throw CheckpointProblem("tensor \(tensor.name.inOneLine) appears twice")
    }
    (self.tensors, self.places) = (tensors, places)
  }

  /// Creates a tree of tensors whose names are known to differ.
  fileprivate init(distinct tensors: [NamedTensor]) {
    self.tensors = tensors
    places = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($0.element.name, $0.offset) })
  }

  package subscript(name: String) -> NamedTensor? { places[name].map { tensors[$0] } }

  package var descriptions: [TensorDescription] { tensors.map(\.description) }

  /// The values of all tensors, one tensor after another.
  package var values: [Float] { tensors.flatMap(\.values) }

  /// Checks that the tree has exactly the expected tensors.
  /// - Throws: A problem that names the first tensor that is missing, has another shape, or is not expected.
  package func require(_ expected: [TensorDescription]) throws(CheckpointProblem) {
    for description in expected {
      guard let tensor = self[description.name] else {
        throw CheckpointProblem("tensor \(description.name) is missing")
      }
      guard tensor.shape == description.shape else {
        throw CheckpointProblem(
          "tensor \(description.name) has the shape \(tensor.shape.dimensions), but its network's has "
            + description.shape.dimensions)
      }
    }
    let names = Set(expected.map(\.name))
    if let extra = tensors.first(where: { !names.contains($0.name) }) {
      throw CheckpointProblem("tensor \(extra.name.inOneLine) does not belong to its network")
    }
  }
}

extension TensorDescription {
  /// Returns the number of elements of a shape from an untrusted source; `nil` if a size is not positive or the product
  /// overflows.
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
  /// Returns the tensors of both stores, whose names must differ.
  static func joined(_ first: ParameterStore, _ second: ParameterStore) -> TensorTree {
    TensorTree(distinct: first.tree.tensors + second.tree.tensors)
  }
}
