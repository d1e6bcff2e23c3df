import Foundation

@testable import BasisEngine

/// Reads checkpoint files. Arbitrary bytes rarely pass the checksum; to reach the code behind it, most inputs are a
/// header and a payload that are assembled into a file with correct lengths and checksum.
enum CheckpointTarget {
  private static let kernels = KernelSelection.available[0]

  static func body(_ data: UnsafeRawBufferPointer) -> Int32 {
    guard data.count >= 3 else { return 0 }
    let bytes = Array(data.dropFirst(3))
    let file = data[0] == 0 ? bytes : assemble(bytes, headerBytes: Int(data[1]) << 8 | Int(data[2]), kind: data[0])
    do {
      let checkpoint = try CheckpointFormats.decode(file)
      let network = try ResNet(checkpoint, path: "file", batch: 1, kernels: kernels)
      require(network.checkpoint().network.candidate == checkpoint.candidate, "another network")
      require(Set(network.tensors.descriptions) == Set(checkpoint.tensors.descriptions), "other tensors")
      require(
        network.tensors.tensors.allSatisfy { $0 == checkpoint.tensors[$0.name] }, "other weights")
      let again = try CheckpointFormats.decode(try BinaryCheckpointFormat().encoded(checkpoint))
      require(again == checkpoint, "another checkpoint")
    } catch {
      require(!"\(error)".contains("\n"), "more than a line")
    }
    return 0
  }

  /// Assembles a file. With kind 1, the payload is padded with zeros, up to a limit, to the size of the header's
  /// tensors, and of the velocities if the training is unfinished.
  private static func assemble(_ bytes: [UInt8], headerBytes: Int, kind: UInt8) -> [UInt8] {
    let header = Array(bytes.prefix(headerBytes))
    let payload = Array(bytes.dropFirst(headerBytes))
    var numbers = stride(from: 0, to: payload.count - payload.count % 4, by: 4).map { first in
      Float(bitPattern: payload[first..<first + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
    }
    let described = try? JSONDecoder().decode(BinaryCheckpointFormat.Header.self, from: Data(header))
    let isUnfinished = described?.unfinished != nil
    if kind == 1, let described {
      let velocities = isUnfinished ? (try? described.network.form().parameters) ?? [] : []
      var count = 0
      for tensor in described.tensors + velocities {
        guard let elements = TensorDescription.checkedCount(tensor.shape), elements <= 100_000 else {
          count = 0
          break
        }
        count += elements
      }
      if count < 1_000_000, numbers.count < count {
        numbers += [Float](repeating: 0, count: count - numbers.count)
      }
    }
    return BinaryCheckpointFormat.file(version: isUnfinished ? 2 : 1, header: header, numbers: numbers)
  }
}
