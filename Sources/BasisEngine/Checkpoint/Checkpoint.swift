import Files
import Foundation
import ReadableText
import SearchCore

/// A network at rest: its form, its weights and running statistics, and how it came to be.
///
/// File format, little-endian; version 2 is that of trainings that are to go on, version 1 that of all others:
///
///     8 bytes   magic "LSEARCH" and 0x1a
///     4 bytes   version
///     4 bytes   length of the header
///     8 bytes   length of the payload
///     header    JSON, see `Header`
///     payload   the tensors' floats in the header's order, row-major; in version 2 the optimizer's velocities of the
///               parameters behind them
///     4 bytes   CRC-32 of everything before it
public struct Checkpoint: Equatable, Sendable {
  /// What the file says before its numbers.
  public struct Header: Codable, Equatable, Sendable {
    public var model: Model
    /// Layer → rank.
    public var ranks: [String: Int]
    public var variant: BasisVariant
    /// Output channels that the basis maps of each decomposed layer are.
    public var basisChannels: [String: [Int]]
    public var imageSize: Int
    public var imageChannels: Int
    public var classCount: Int
    /// Channels of the stages where they are not the model's own.
    public var widths: [Int]?
    /// Parameters, then running statistics.
    public var tensors: [TensorDescription]
    public var training: Training?
    /// Of a training that is to go on.
    public var unfinished: Unfinished?
  }

  /// Where a training was interrupted.
  public struct Unfinished: Codable, Equatable, Sendable {
    public var position: TrainingState.Position
    /// What the images are that it trains on, see `DataContent`.
    public var dataContent: String
    /// What the program that wrote it wants to find again, in a form of its own.
    public var context: String

    public init(position: TrainingState.Position, dataContent: String, context: String) {
      self.position = position
      self.dataContent = dataContent
      self.context = context
    }
  }

  /// How the weights came to be.
  public struct Training: Codable, Equatable, Sendable {
    public var recipe: TrainingRecipe
    public var seed: UInt64
    public var epochsDone: Int
    public var testAccuracy: Double?
    public var kernelVariant: String?

    public init(
      recipe: TrainingRecipe, seed: UInt64, epochsDone: Int, testAccuracy: Double? = nil, kernelVariant: String? = nil
    ) {
      self.recipe = recipe
      self.seed = seed
      self.epochsDone = epochsDone
      self.testAccuracy = testAccuracy
      self.kernelVariant = kernelVariant
    }
  }

  public var header: Header
  /// The tensors' values, one after the other, in the header's order, then velocities where there are any.
  var values: [Float]

  public var candidate: Candidate { Candidate(ranks: header.ranks) }
}

extension Checkpoint {
  static let magic = Array("LSEARCH".utf8) + [0x1a]
  static let version: UInt32 = 1
  static let unfinishedVersion: UInt32 = 2
  private static let fixedBytes = 24
  private static let checksumBytes = 4

  /// The file's bytes.
  func encoded() throws(EngineError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let json: Data
    do {
      json = try encoder.encode(header)
    } catch {
      throw .illegalRecipe(reason: "its numbers cannot be written: \("\(error)".inOneLine.cut(toCharacters: 200))")
    }
    var bytes = Checkpoint.magic
    bytes.reserveCapacity(Checkpoint.fixedBytes + json.count + 4 * values.count + Checkpoint.checksumBytes)
    bytes.append(littleEndian: header.unfinished == nil ? Checkpoint.version : Checkpoint.unfinishedVersion)
    bytes.append(littleEndian: UInt32(json.count))
    bytes.append(littleEndian: UInt64(4 * values.count))
    bytes.append(contentsOf: json)
    for value in values { bytes.append(littleEndian: value.bitPattern) }
    bytes.append(littleEndian: CRC32.checksum(bytes))
    return bytes
  }

  /// Reads what `encoded()` wrote. Any other bytes are an error, never a trap.
  /// - Parameter path: for the error's text.
  init(decoding bytes: [UInt8], path: String) throws(EngineError) {
    func wrong(_ reason: String) -> EngineError { .checkpoint(path: path, reason: reason) }
    guard bytes.count >= Checkpoint.fixedBytes + Checkpoint.checksumBytes else {
      throw wrong("it has \(bytes.count) bytes, too few for a header; it may be truncated")
    }
    guard Array(bytes.prefix(Checkpoint.magic.count)) == Checkpoint.magic else {
      throw wrong("it does not begin as one; choose a file that train --checkpoint wrote")
    }
    let version = UInt32(truncatingIfNeeded: bytes.littleEndian(at: 8, bytes: 4))
    guard [Checkpoint.version, Checkpoint.unfinishedVersion].contains(version) else {
      let readable = "\(Checkpoint.version) and \(Checkpoint.unfinishedVersion)"
      throw wrong("it has version \(version), this program reads versions \(readable)")
    }
    let headerBytes = bytes.littleEndian(at: 12, bytes: 4)
    let payloadBytes = bytes.littleEndian(at: 16, bytes: 8)
    let available = UInt64(bytes.count - Checkpoint.fixedBytes - Checkpoint.checksumBytes)
    guard headerBytes <= available, payloadBytes == available - headerBytes, payloadBytes % 4 == 0 else {
      throw wrong("it has \(bytes.count) bytes, not what its header says; it may be truncated")
    }
    let end = bytes.count - Checkpoint.checksumBytes
    guard UInt64(CRC32.checksum(bytes[..<end])) == bytes.littleEndian(at: end, bytes: 4) else {
      throw wrong("its checksum is wrong: bytes were changed; copy or train it again")
    }
    let payload = Checkpoint.fixedBytes + Int(headerBytes)
    do {
      header = try JSONDecoder().decode(Header.self, from: Data(bytes[Checkpoint.fixedBytes..<payload]))
    } catch {
      throw wrong("its header cannot be read: \("\(error)".inOneLine.cut(toCharacters: 200))")
    }
    guard (header.unfinished != nil) == (version == Checkpoint.unfinishedVersion) else {
      throw wrong("its header does not fit version \(version)")
    }
    values = stride(from: payload, to: end, by: 4).map {
      Float(bitPattern: UInt32(truncatingIfNeeded: bytes.littleEndian(at: $0, bytes: 4)))
    }
  }

  /// Reads and checks a checkpoint file.
  /// - Throws: `EngineError.file` or `.checkpoint`.
  public init(path: String) throws(EngineError) {
    try self.init(decoding: CheckpointFile.read(path), path: path)
  }

  /// Writes the file whole or not at all; `OutputFile` tells how.
  /// - Throws: `EngineError.output`.
  public func write(to output: OutputFile) throws(EngineError) {
    try CheckpointFile.write(encoded(), to: output)
  }

  /// - Throws: `EngineError.output`.
  public func write(to path: String) throws(EngineError) {
    let output: OutputFile
    do { output = try OutputFile(path) } catch { throw .output(error) }
    try write(to: output)
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
