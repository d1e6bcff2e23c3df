@testable import ModelExchange

/// A tensor of a run, row-major.
struct Value {
  var shape: [Int]
  var data: [Float]
}

/// A second implementation of a graph's operators, by which tests compare exported graphs with the engine.
struct GraphRun {
  private var values: [String: Value] = [:]
  private var integers: [String: [Int]] = [:]

  /// The graph's output for an input.
  static func output(of graph: ONNXGraph, _ input: Value) throws -> Value {
    var run = GraphRun()
    run.values[graph.input.name] = input
    for constant in graph.constants {
      switch constant.values {
      case .floats(let values):
        guard values.count == constant.shape.reduce(1, *) else { throw Problem.shape(constant.name) }
        run.values[constant.name] = Value(shape: constant.shape, data: values)
      case .integers(let values): run.integers[constant.name] = values
      }
    }
    for node in graph.nodes { run.values[node.output] = try run.value(of: node) }
    guard let output = run.values[graph.output.name] else { throw Problem.missing(graph.output.name) }
    return output
  }

  enum Problem: Error {
    case missing(String)
    case shape(String)
    case unknown(String)
  }

  private func input(_ node: ONNXGraph.Node, _ index: Int) throws -> Value {
    guard let value = values[node.inputs[index]] else { throw Problem.missing(node.inputs[index]) }
    return value
  }

  private func value(of node: ONNXGraph.Node) throws -> Value {
    let x = try input(node, 0)
    func list(_ index: Int) throws -> [Int] {
      guard let values = integers[node.inputs[index]] else { throw Problem.missing(node.inputs[index]) }
      return values
    }
    switch node.type {
    case "Conv": return try convolution(node, x)
    case "Relu": return Value(shape: x.shape, data: x.data.map { max(0, $0) })
    case "Add": return try broadcast(x, try input(node, 1), +)
    case "Sub": return try broadcast(x, try input(node, 1), -)
    case "Mul": return try broadcast(x, try input(node, 1), *)
    case "Div": return try broadcast(x, try input(node, 1), /)
    case "BatchNormalization":
      let (gamma, beta, mean, variance) = (
        try input(node, 1).data, try input(node, 2).data, try input(node, 3).data, try input(node, 4).data
      )
      guard case .float(let epsilon)? = node.attributes.first?.value else { throw Problem.unknown(node.output) }
      return planes(x, channels: x.shape[1]) { c, read in
        let scale = gamma[c] / (variance[c] + epsilon).squareRoot()
        return { y, column in scale * (read(c, y, column) - mean[c]) + beta[c] }
      }
    case "Concat":
      let other = try input(node, 1)
      let size = x.shape[2] * x.shape[3]
      var result = Value(shape: [x.shape[0], x.shape[1] + other.shape[1], x.shape[2], x.shape[3]], data: [])
      for n in 0..<x.shape[0] {
        result.data += x.data[n * x.shape[1] * size..<(n + 1) * x.shape[1] * size]
        result.data += other.data[n * other.shape[1] * size..<(n + 1) * other.shape[1] * size]
      }
      return result
    case "Gather":
      let places = try list(1)
      return planes(x, channels: places.count) { c, read in { y, column in read(places[c], y, column) } }
    case "Slice":
      let (starts, ends, axes, steps) = (try list(1), try list(2), try list(3), try list(4))
      guard starts == [0, 0], axes == [2, 3], ends == [x.shape[2], x.shape[3]] else { throw Problem.shape(node.output) }
      let (rows, columns) = ((ends[0] + steps[0] - 1) / steps[0], (ends[1] + steps[1] - 1) / steps[1])
      return planes(x, channels: x.shape[1], rows: rows, columns: columns) { c, read in
        { y, column in read(c, y * steps[0], column * steps[1]) }
      }
    case "Pad":
      let pads = try list(1)
      let (inputs, before) = (x.shape[1], pads[1])
      guard pads.enumerated().allSatisfy({ [1, 5].contains($0.offset) || $0.element == 0 }) else {
        throw Problem.shape(node.output)
      }
      return planes(x, channels: before + inputs + pads[5]) { c, read in
        { y, column in (before..<before + inputs).contains(c) ? read(c - before, y, column) : 0 }
      }
    case "MaxPool":
      return planes(x, channels: x.shape[1], rows: (x.shape[2] + 1) / 2, columns: (x.shape[3] + 1) / 2) { c, read in
        { y, column in
          var largest = -Float.infinity
          for dy in -1...1 {
            for dx in -1...1 {
              let (row, place) = (2 * y + dy, 2 * column + dx)
              if row >= 0, place >= 0, row < x.shape[2], place < x.shape[3] {
                largest = max(largest, read(c, row, place))
              }
            }
          }
          return largest
        }
      }
    case "GlobalAveragePool":
      return planes(x, channels: x.shape[1], rows: 1, columns: 1) { c, read in
        { _, _ in
          var sum = 0.0
          for y in 0..<x.shape[2] { for column in 0..<x.shape[3] { sum += Double(read(c, y, column)) } }
          return Float(sum / Double(x.shape[2] * x.shape[3]))
        }
      }
    case "Flatten": return Value(shape: [x.shape[0], x.shape.dropFirst().reduce(1, *)], data: x.data)
    case "Gemm":
      let (weight, bias) = (try input(node, 1), try input(node, 2).data)
      var result = Value(shape: [x.shape[0], weight.shape[0]], data: [])
      for n in 0..<x.shape[0] {
        for k in 0..<weight.shape[0] {
          var sum = Double(bias[k])
          for c in 0..<x.shape[1] {
            sum += Double(weight.data[k * x.shape[1] + c]) * Double(x.data[n * x.shape[1] + c])
          }
          result.data.append(Float(sum))
        }
      }
      return result
    default: throw Problem.unknown(node.type)
    }
  }

  private typealias Read = (_ channel: Int, _ row: Int, _ column: Int) -> Float

  /// Computes a value plane by plane. `plane` gets a channel and a function that reads the image, and returns the
  /// function that computes a pixel.
  private func planes(
    _ x: Value, channels: Int, rows: Int? = nil, columns: Int? = nil,
    _ plane: (_ channel: Int, _ read: @escaping Read) -> (_ row: Int, _ column: Int) -> Float
  ) -> Value {
    let (height, width) = (x.shape[2], x.shape[3])
    let (rows, columns) = (rows ?? height, columns ?? width)
    var result = Value(shape: [x.shape[0], channels, rows, columns], data: [])
    for n in 0..<x.shape[0] {
      for c in 0..<channels {
        let pixel = plane(c) { channel, y, column in
          x.data[((n * x.shape[1] + channel) * height + y) * width + column]
        }
        for y in 0..<rows { for column in 0..<columns { result.data.append(pixel(y, column)) } }
      }
    }
    return result
  }

  private func convolution(_ node: ONNXGraph.Node, _ x: Value) throws -> Value {
    let weight = try input(node, 1)
    let bias = node.inputs.count > 2 ? try input(node, 2).data : nil
    var (group, padding, stride) = (1, 0, 1)
    for (name, value) in node.attributes {
      switch (name, value) {
      case ("group", .integer(let value)): group = value
      case ("pads", .integers(let values)): padding = values[0]
      case ("strides", .integers(let values)): stride = values[0]
      default: break
      }
    }
    let (outputs, inputs, size) = (weight.shape[0], weight.shape[1], weight.shape[2])
    guard inputs * group == x.shape[1] else { throw Problem.shape(node.output) }
    let (height, width) = (x.shape[2], x.shape[3])
    let rows = (height + 2 * padding - size) / stride + 1
    return planes(x, channels: outputs, rows: rows, columns: (width + 2 * padding - size) / stride + 1) { c, read in
      let first = c / (outputs / group) * inputs
      return { y, column in
        var sum = Double(bias?[c] ?? 0)
        for i in 0..<inputs {
          for dy in 0..<size {
            let row = y * stride + dy - padding
            guard row >= 0, row < height else { continue }
            for dx in 0..<size {
              let place = column * stride + dx - padding
              guard place >= 0, place < width else { continue }
              sum +=
                Double(weight.data[((c * inputs + i) * size + dy) * size + dx]) * Double(read(first + i, row, place))
            }
          }
        }
        return Float(sum)
      }
    }
  }

  /// Applies an operation to values of the same shape, or with one number of `b` for each channel, or for each column
  /// if `a` has rank 2.
  private func broadcast(_ a: Value, _ b: Value, _ operation: (Float, Float) -> Float) throws -> Value {
    if a.shape == b.shape { return Value(shape: a.shape, data: zip(a.data, b.data).map(operation)) }
    let size = a.shape.dropFirst(2).reduce(1, *)
    guard b.data.count == a.shape[1] else { throw Problem.shape("\(a.shape) and \(b.shape)") }
    return Value(
      shape: a.shape, data: a.data.enumerated().map { operation($0.element, b.data[$0.offset / size % a.shape[1]]) })
  }
}
