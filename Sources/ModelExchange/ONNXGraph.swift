/// A network as ONNX operators, in the form that is written to a file.
package struct ONNXGraph: Sendable {
  package enum Attribute: Hashable, Sendable {
    case integer(Int)
    case integers([Int])
    case float(Float)
  }

  /// An operator with one output.
  package struct Node: Sendable {
    package var type: String
    package var inputs: [String]
    package var output: String
    package var attributes: [(name: String, value: Attribute)] = []
  }

  package struct Constant: Sendable {
    package enum Values: Sendable {
      case floats([Float])
      case integers([Int])
    }

    package var name: String
    package var shape: [Int]
    package var values: Values
  }

  /// Images: any number of them, then channels, rows, columns.
  package var input: (name: String, shape: [Int])
  /// Logits: the same number of images, then classes.
  package var output: (name: String, shape: [Int])
  package var nodes: [Node] = []
  package var constants: [Constant] = []

  /// The version of ONNX's operator set. The operators used here have not changed since version 13 or 15; runtimes of
  /// 2022 support version 17.
  static let operatorSet = 17
  /// The version of the file format that was introduced with that operator set.
  static let formatVersion = 8

  /// The file (`onnx.proto`, a `ModelProto`).
  package func file(name: String, metadata: [(key: String, value: String)]) -> [UInt8] {
    var graph = ProtobufMessage()
    for node in nodes { graph.append(1, Self.message(node)) }
    graph.append(2, name)
    for constant in constants { graph.append(5, Self.message(constant)) }
    graph.append(11, Self.message(input))
    graph.append(12, Self.message(output))
    var operators = ProtobufMessage()
    operators.append(1, "")
    operators.append(2, Self.operatorSet)
    var model = ProtobufMessage()
    model.append(1, Self.formatVersion)
    model.append(2, "layersearch")
    model.append(7, graph)
    model.append(8, operators)
    for (key, value) in metadata {
      var entry = ProtobufMessage()
      entry.append(1, key)
      entry.append(2, value)
      model.append(14, entry)
    }
    return model.bytes
  }

  /// A `NodeProto`.
  private static func message(_ node: Node) -> ProtobufMessage {
    var message = ProtobufMessage()
    for input in node.inputs { message.append(1, input) }
    message.append(2, node.output)
    message.append(3, node.output)
    message.append(4, node.type)
    for (name, value) in node.attributes {
      var attribute = ProtobufMessage()
      attribute.append(1, name)
      switch value {
      case .float(let value):
        attribute.append(2, value)
        attribute.append(20, 1)
      case .integer(let value):
        attribute.append(3, value)
        attribute.append(20, 2)
      case .integers(let values):
        attribute.append(8, values)
        attribute.append(20, 7)
      }
      message.append(5, attribute)
    }
    return message
  }

  private static let floats = 1
  private static let integers = 7

  /// A `TensorProto`.
  private static func message(_ constant: Constant) -> ProtobufMessage {
    var message = ProtobufMessage()
    message.append(1, constant.shape)
    switch constant.values {
    case .floats(let values):
      message.append(2, floats)
      message.append(8, constant.name)
      message.append(9, littleEndian(values.map(\.bitPattern)))
    case .integers(let values):
      message.append(2, integers)
      message.append(8, constant.name)
      message.append(9, littleEndian(values))
    }
    return message
  }

  private static func littleEndian<Number: FixedWidthInteger>(_ values: [Number]) -> [UInt8] {
    values.map(\.littleEndian).withUnsafeBytes { Array($0) }
  }

  /// A `ValueInfoProto` of floats whose first dimension is `batch`.
  private static func message(_ value: (name: String, shape: [Int])) -> ProtobufMessage {
    var shape = ProtobufMessage()
    var batch = ProtobufMessage()
    batch.append(2, "batch")
    shape.append(1, batch)
    for size in value.shape {
      var dimension = ProtobufMessage()
      dimension.append(1, size)
      shape.append(1, dimension)
    }
    var tensor = ProtobufMessage()
    tensor.append(1, floats)
    tensor.append(2, shape)
    var type = ProtobufMessage()
    type.append(1, tensor)
    var message = ProtobufMessage()
    message.append(1, value.name)
    message.append(2, type)
    return message
  }
}
