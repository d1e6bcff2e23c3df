import ReadableText

/// Writes safetensors files.
package struct SafeTensorsWriter: Sendable {
  package struct Tensor: Sendable {
    package var name: String
    package var element: TensorElement
    package var shape: [Int]
    /// Little-endian and row-major.
    package var bytes: [UInt8]

    /// - Parameter bytes: The bytes of the numbers; the count must match the shape.
    package init(name: String, element: TensorElement, shape: [Int], bytes: [UInt8]) {
      precondition(bytes.count == shape.reduce(element.bytes, *))
      (self.name, self.element, self.shape, self.bytes) = (name, element, shape, bytes)
    }

    package init(name: String, shape: [Int], floats: [Float]) {
      var bytes = [UInt8](repeating: 0, count: 4 * floats.count)
      bytes.withUnsafeMutableBytes { target in
        for (index, value) in floats.enumerated() {
          target.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
        }
      }
      self.init(name: name, element: .float32, shape: shape, bytes: bytes)
    }
  }

  /// Returns the file, whose bytes depend on the arguments alone: tensors keep their order, and the metadata's keys are
  /// sorted.
  /// - Parameter tensors: The tensors; their names must differ, and must not be `__metadata__`.
  package static func file(_ tensors: [Tensor], metadata: [String: String] = [:]) -> [UInt8] {
    precondition(Set(tensors.map(\.name)).count == tensors.count)
    var entries: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }.map { "\($0.key.inJSON):\($0.value.inJSON)" }
      entries.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
    }
    var end = 0
    for tensor in tensors {
      let begin = end
      end += tensor.bytes.count
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      entries.append(
        "\(tensor.name.inJSON):{\"dtype\":\"\(tensor.element.rawValue)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(begin),\(end)]}")
    }
    var header = Array("{\(entries.joined(separator: ","))}".utf8)
    // Padding, so that the numbers begin at a multiple of eight, as in the output of the format's own writer.
    header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
    var file: [UInt8] = []
    file.reserveCapacity(8 + header.count + end)
    for shift in stride(from: 0, to: 64, by: 8) { file.append(UInt8(truncatingIfNeeded: header.count >> shift)) }
    file += header
    for tensor in tensors { file += tensor.bytes }
    return file
  }
}
