@testable import TensorFiles

/// Reads safetensors files: each is read or refused, and what is read can be written and comes back equal. Most inputs
/// are a header and numbers that are assembled into a file with the correct header length.
enum SafeTensorsTarget {
  static func body(_ data: UnsafeRawBufferPointer) -> Int32 {
    guard data.count >= 3 else { return 0 }
    let bytes = Array(data.dropFirst(3))
    let file = data[0] == 0 ? bytes : assemble(bytes, headerBytes: Int(data[1]) << 8 | Int(data[2]))
    do {
      let read = try SafeTensors(file)
      var total = 0
      for tensor in read.tensors {
        total += read.bytes(of: tensor).count
        require(read.bytes(of: tensor).count == tensor.shape.reduce(tensor.element.bytes, *), "another count")
        if let floats = try? read.floats(of: tensor) { require(floats.count == tensor.count, "other floats") }
        if let numbers = try? read.integers(of: tensor) { require(numbers.count == tensor.count, "other integers") }
      }
      require(total <= file.count, "more than the file")
      let written = SafeTensorsWriter.file(
        read.tensors.map {
          .init(name: $0.name, element: $0.element, shape: $0.shape, bytes: Array(read.bytes(of: $0)))
        }, metadata: read.metadata)
      let again = try SafeTensors(written)
      require(again.metadata == read.metadata, "other metadata")
      require(Set(again.tensors.map(\.name)) == Set(read.tensors.map(\.name)), "other tensors")
      for tensor in read.tensors {
        require(again[tensor.name].map { again.bytes(of: $0) == read.bytes(of: tensor) } ?? false, "other numbers")
      }
    } catch {
      require(!"\(error)".contains("\n"), "more than a line")
    }
    return 0
  }

  private static func assemble(_ bytes: [UInt8], headerBytes: Int) -> [UInt8] {
    let count = min(headerBytes, bytes.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + bytes
  }

  /// Seeds in the form of the fuzzer's inputs: a kind, the header's length, the header, the numbers.
  static var seeds: [[UInt8]] {
    let files = [
      SafeTensorsWriter.file([]),
      SafeTensorsWriter.file(
        [
          .init(name: "a", shape: [2, 3], floats: [1, 2, 3, 4, 5, 6]), .init(name: "b\n\"", shape: [], floats: [7]),
          .init(name: "c", element: .int64, shape: [1], bytes: [1, 0, 0, 0, 0, 0, 0, 0]),
          .init(name: "d", element: .float16, shape: [0, 4], bytes: []),
        ], metadata: ["format": "pt", "é": "\\"]),
    ]
    return files.map { [0, 0, 0] + $0 }
      + files.map { [1, $0[1], $0[0]] + $0.dropFirst(8) }
  }
}
