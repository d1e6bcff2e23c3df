import Foundation
import ImageData
import ReadableText

/// The program's own format, little-endian. See docs/checkpoints.md for a full description.
///
///     8 bytes   magic "LSEARCH" and 0x1a
///     4 bytes   version: 2 for unfinished trainings, 1 for all others
///     4 bytes   length of the header
///     8 bytes   length of the payload
///     header    JSON, see `Header`
///     payload   the tensors' floats in the header's order, row-major; in version 2 followed by the optimizer's
///               velocities of the parameters
///     4 bytes   CRC-32 of everything before it
struct BinaryCheckpointFormat: CheckpointFormat {
  static let magic = Array("LSEARCH".utf8) + [0x1a]
  static let version: UInt32 = 1
  static let unfinishedVersion: UInt32 = 2
  private static let fixedBytes = 24
  private static let checksumBytes = 4

  let fileEndings = [".ckpt"]

  func isBegun(by bytes: [UInt8]) -> Bool {
    !bytes.isEmpty && Self.magic.starts(with: bytes.prefix(Self.magic.count))
  }

  /// The file's JSON header.
  struct Header: Equatable {
    var network: Checkpoint.Network
    var tensors: [TensorDescription]
    var normalization: ChannelNormalization?
    var training: Checkpoint.Training?
    var unfinished: Unfinished?
  }

  /// `Checkpoint.Unfinished` without the velocities.
  struct Unfinished: Codable, Equatable {
    var position: TrainingState.Position
    var dataContent: String
    var context: String
  }

  func encoded(_ checkpoint: Checkpoint) throws(CheckpointProblem) -> [UInt8] {
    let header = Header(
      network: checkpoint.network, tensors: checkpoint.tensors.descriptions, normalization: checkpoint.normalization,
      training: checkpoint.training,
      unfinished: checkpoint.unfinished.map {
        Unfinished(position: $0.state.position, dataContent: $0.dataContent, context: $0.context)
      })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let json: Data
    do { json = try encoder.encode(header) } catch {
      throw CheckpointProblem("its numbers cannot be written: \("\(error)".inOneLine.cut(toCharacters: 200))")
    }
    return Self.file(
      version: header.unfinished == nil ? Self.version : Self.unfinishedVersion, header: Array(json),
      numbers: checkpoint.tensors.values + (checkpoint.unfinished?.state.velocities.values ?? []))
  }

  /// Returns a file with the right lengths and checksum.
  static func file(version: UInt32, header: [UInt8], numbers: [Float]) -> [UInt8] {
    var bytes = magic
    bytes.reserveCapacity(fixedBytes + header.count + 4 * numbers.count + checksumBytes)
    bytes.append(littleEndian: version)
    bytes.append(littleEndian: UInt32(header.count))
    bytes.append(littleEndian: UInt64(4 * numbers.count))
    bytes.append(contentsOf: header)
    for number in numbers { bytes.append(littleEndian: number.bitPattern) }
    bytes.append(littleEndian: CRC32.checksum(bytes))
    return bytes
  }

  func decode(_ bytes: [UInt8]) throws(CheckpointProblem) -> Checkpoint {
    let (version, json, numbers) = try Self.parts(of: bytes)
    let header: Header
    do { header = try JSONDecoder().decode(Header.self, from: Data(json)) } catch {
      throw CheckpointProblem("its header cannot be read: \("\(error)".inOneLine.cut(toCharacters: 200))")
    }
    guard (header.unfinished != nil) == (version == Self.unfinishedVersion) else {
      throw CheckpointProblem("its header does not fit version \(version)")
    }
    var rest = numbers[...]
    let tensors = try Self.cut(header.tensors, from: &rest)
    var unfinished: Checkpoint.Unfinished?
    if let found = header.unfinished {
      // The network determines which of the tensors are trained and so have a velocity.
      let velocities = try Self.cut(try header.network.form().parameters, from: &rest)
      unfinished = Checkpoint.Unfinished(
        state: TrainingState(position: found.position, velocities: velocities), dataContent: found.dataContent,
        context: found.context)
    }
    guard rest.isEmpty else {
      throw CheckpointProblem("it has \(rest.count) more numbers than its tensors")
    }
    return Checkpoint(
      network: header.network, tensors: tensors, normalization: header.normalization, training: header.training,
      unfinished: unfinished)
  }

  /// Removes the described tensors from the front of `numbers` and returns them.
  private static func cut(
    _ descriptions: [TensorDescription], from numbers: inout ArraySlice<Float>
  ) throws(CheckpointProblem) -> TensorTree {
    var tensors: [NamedTensor] = []
    for description in descriptions {
      let count = TensorDescription.checkedCount(description.shape) ?? 0
      let tensor = try NamedTensor(
        name: description.name, shape: description.shape, values: Array(numbers.prefix(count)))
      numbers = numbers.dropFirst(count)
      tensors.append(tensor)
    }
    return try TensorTree(tensors)
  }

  /// Returns version, header, and payload after checking every length and the checksum.
  private static func parts(
    of bytes: [UInt8]
  ) throws(CheckpointProblem) -> (version: UInt32, header: ArraySlice<UInt8>, numbers: [Float]) {
    guard bytes.count >= fixedBytes + checksumBytes else {
      throw CheckpointProblem("it has \(bytes.count) bytes, too few for a header; it may be truncated")
    }
    let version = UInt32(truncatingIfNeeded: bytes.littleEndian(at: 8, bytes: 4))
    guard [Self.version, unfinishedVersion].contains(version) else {
      throw CheckpointProblem(
        "it has version \(version), but this program reads only versions \(Self.version) and \(unfinishedVersion)")
    }
    let headerBytes = bytes.littleEndian(at: 12, bytes: 4)
    let payloadBytes = bytes.littleEndian(at: 16, bytes: 8)
    let available = UInt64(bytes.count - fixedBytes - checksumBytes)
    guard headerBytes <= available, payloadBytes == available - headerBytes, payloadBytes % 4 == 0 else {
      throw CheckpointProblem("it has \(bytes.count) bytes, which does not match its header; it may be truncated")
    }
    let end = bytes.count - checksumBytes
    guard UInt64(CRC32.checksum(bytes[..<end])) == bytes.littleEndian(at: end, bytes: 4) else {
      throw CheckpointProblem("its checksum is wrong: bytes were changed; copy or train it again")
    }
    let payload = fixedBytes + Int(headerBytes)
    let numbers = stride(from: payload, to: end, by: 4).map {
      Float(bitPattern: UInt32(truncatingIfNeeded: bytes.littleEndian(at: $0, bytes: 4)))
    }
    return (version, bytes[fixedBytes..<payload], numbers)
  }
}

extension BinaryCheckpointFormat.Header: Codable {
  private enum Keys: String, CodingKey {
    case tensors, normalization, training, unfinished
  }

  /// Reads the network's values from the top level, beside the other keys, where every version of the format has them.
  init(from decoder: any Decoder) throws {
    network = try Checkpoint.Network(from: decoder)
    let values = try decoder.container(keyedBy: Keys.self)
    tensors = try values.decode([TensorDescription].self, forKey: .tensors)
    normalization = try values.decodeIfPresent(ChannelNormalization.self, forKey: .normalization)
    training = try values.decodeIfPresent(Checkpoint.Training.self, forKey: .training)
    unfinished = try values.decodeIfPresent(BinaryCheckpointFormat.Unfinished.self, forKey: .unfinished)
  }

  func encode(to encoder: any Encoder) throws {
    try network.encode(to: encoder)
    var values = encoder.container(keyedBy: Keys.self)
    try values.encode(tensors, forKey: .tensors)
    try values.encodeIfPresent(normalization, forKey: .normalization)
    try values.encodeIfPresent(training, forKey: .training)
    try values.encodeIfPresent(unfinished, forKey: .unfinished)
  }
}

extension [UInt8] {
  fileprivate mutating func append<Integer: FixedWidthInteger>(littleEndian value: Integer) {
    for shift in stride(from: 0, to: Integer.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  fileprivate func littleEndian(at offset: Int, bytes: Int) -> UInt64 {
    (0..<bytes).reduce(0) { $0 | UInt64(self[offset + $1]) << UInt64(8 * $1) }
  }
}
