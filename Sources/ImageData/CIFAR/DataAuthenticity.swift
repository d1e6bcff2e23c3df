import Digests
import Foundation

/// Whether files are those that a data set's author publishes.
public enum DataAuthenticity: String, Sendable, Codable {
  /// The files of the author's archive, byte for byte.
  case official
  /// Complete and in the right format, but with other images.
  case other
  /// Complete and in the right format, of a set whose author publishes a checksum of the archive but none of its files.
  case unknown
  /// A file of arrays that the user made; there is no official version of it.
  case own
  /// Drawn by the program.
  case drawn
}

extension DataAuthenticity {
  /// Returns the text for messages about the data set `set`.
  public func text(set: String) -> String {
    switch self {
    case .official: "\(set), official"
    case .other: "a complete set of other images, not \(set)'s official ones"
    case .unknown: "a complete set in \(set)'s format; only the archive tells whether it is the official one"
    case .own: "sound"
    case .drawn: "\(set), drawn by the program"
    }
  }
}

/// Examines the files of a folder, one after the other, to distinguish a complete set of other images from a damaged
/// one.
struct AuthenticityCheck {
  /// The git blob names of the archive's files: SHA-1 over `blob`, a space, the byte count, a zero byte, and the bytes.
  ///
  /// The author publishes a checksum of the archive only. These are the names of the files in the public repository
  /// JanHalozan/ConvolutionalNeuralNetwork on GitHub, in `fixture/cifar-10-batches-bin` of commit e59da46.
  static let officialNames = [
    "data_batch_1.bin": "da09f891072747be90e69e4f00ba7cba870dc87e",
    "data_batch_2.bin": "7e958840b7a55df3353574298ebc9ca0e4bba48e",
    "data_batch_3.bin": "5259a3e9674ffdf2d5c33a1067f7192ff06c9e2f",
    "data_batch_4.bin": "301e7d16d78428f13262e87a5bc78ed45b8224aa",
    "data_batch_5.bin": "51fe428dfbdd065852912743ae8b7b63bb1e9d8d",
    "test_batch.bin": "e3f3b4653f18f27ada1558cabc3352a3ed1b25cc",
  ]

  /// `nil` if they are not known.
  let officialNames: [String: String]?
  let recordBytes: Int
  let labelBytes: Int
  private var names: [(file: String, name: String)] = []
  private var classes: Set<UInt8> = []
  private var firstBlank: (file: String, count: Int, all: Int)?

  init(_ format: CIFARFormat) {
    officialNames = format.officialNames
    (recordBytes, labelBytes) = (format.recordBytes, format.labelBytes)
  }

  /// Adds a file. `data` must consist of whole records.
  mutating func add(_ file: String, _ data: [UInt8]) {
    names.append((file, Self.gitName(of: data)))
    let records = data.count / recordBytes
    let blank = data.withUnsafeBytes { bytes in
      (0..<records).count { record in
        let first = record * recordBytes
        classes.insert(bytes[first + labelBytes - 1])
        return bytes[first..<first + recordBytes].allSatisfy { $0 == 0 }
      }
    }
    // A record of zeros is a black image of the first class. There may be one, but not more than one in a hundred.
    if blank > records / 100, firstBlank == nil { firstBlank = (file, blank, records) }
  }

  /// Returns what the files are, or which file is damaged and how.
  func verdict() -> Result<DataAuthenticity, Damage> {
    let known = officialNames ?? [:]
    let official = names.filter { known[$0.file] == $0.name }
    if official.count == names.count { return .success(.official) }
    for (file, name) in names {
      if let other = known.first(where: { $0.value == name })?.key, other != file {
        return .failure(Damage(file: file, what: "it has the content of \(other) in the official set"))
      }
    }
    if let firstBlank {
      let what =
        firstBlank.count == firstBlank.all ? "all its bytes are zero" : "\(firstBlank.count) of its records are zeros"
      return .failure(Damage(file: firstBlank.file, what: what))
    }
    if !official.isEmpty, let (file, _) = names.first(where: { known[$0.file] != $0.name }) {
      let count = official.count
      let others = count == names.count - 1 ? "the other \(count) are" : "\(count) of the others are"
      return .failure(Damage(file: file, what: "it is not the official file, but \(others)"))
    }
    for (index, (file, name)) in names.enumerated() {
      if let twin = names[..<index].first(where: { $0.name == name }) {
        return .failure(Damage(file: file, what: "it has the same bytes as \(twin.file)"))
      }
    }
    if classes.count == 1, let label = classes.first {
      return .failure(Damage(file: names.first?.file ?? "", what: "every image of the set has the label \(label)"))
    }
    return .success(officialNames == nil ? .unknown : .other)
  }

  struct Damage: Error, Equatable {
    var file: String
    var what: String
  }

  static func gitName(of data: some Collection<UInt8>) -> String {
    var hash = SHA1()
    hash.update("blob \(data.count)\0".utf8)
    hash.update(data)
    return hash.hexadecimal()
  }
}
