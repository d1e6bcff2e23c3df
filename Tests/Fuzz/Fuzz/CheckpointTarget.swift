import Foundation

@testable import BasisEngine

/// Checkpoint files. Plain bytes seldom get past the checksum; so that the rest is reached, most inputs are a header and
/// a payload, put together to a file with the right lengths and checksum.
enum CheckpointTarget {
  private static let kernels = KernelSelection.available[0]

  static func body(_ data: UnsafeRawBufferPointer) -> Int32 {
    guard data.count >= 3 else { return 0 }
    let bytes = Array(data.dropFirst(3))
    let file = data[0] == 0 ? bytes : assemble(bytes, headerBytes: Int(data[1]) << 8 | Int(data[2]), kind: data[0])
    do throws(EngineError) {
      let checkpoint = try Checkpoint(decoding: file, path: "file")
      let network = try ResNet(checkpoint, path: "file", batch: 1, kernels: kernels)
      let again = network.checkpoint(training: checkpoint.header.training)
      require(again.header.tensors == checkpoint.header.tensors, "another network")
      require(
        again.values.map(\.bitPattern) == checkpoint.values.prefix(again.values.count).map(\.bitPattern),
        "other weights")
    } catch {
      require(!error.description.contains("\n"), "more than a line")
    }
    return 0
  }

  /// With kind 1 the payload is filled up with zeros to what the header's tensors ask for, within reason.
  private static func assemble(_ bytes: [UInt8], headerBytes: Int, kind: UInt8) -> [UInt8] {
    let header = Array(bytes.prefix(headerBytes))
    var payload = Array(bytes.dropFirst(headerBytes))
    payload.removeLast(payload.count % 4)
    if kind == 1, let described = try? JSONDecoder().decode(Checkpoint.Header.self, from: Data(header)) {
      var count = 0
      for tensor in described.tensors {
        let (elements, overflow) = tensor.shape.reduce((1, false)) { product, size in
          let (next, over) = product.0.multipliedReportingOverflow(by: size)
          return (next, product.1 || over)
        }
        if overflow || elements < 0 || elements > 100_000 { count = 0; break }
        count += elements
      }
      if count < 1_000_000, payload.count < 4 * count {
        payload += [UInt8](repeating: 0, count: 4 * count - payload.count)
      }
    }
    func littleEndian(_ value: Int, bytes: Int) -> [UInt8] {
      (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var file = Checkpoint.magic + littleEndian(Int(Checkpoint.version), bytes: 4)
    file += littleEndian(header.count, bytes: 4) + littleEndian(payload.count, bytes: 8) + header + payload
    return file + littleEndian(Int(CRC32.checksum(file)), bytes: 4)
  }
}
