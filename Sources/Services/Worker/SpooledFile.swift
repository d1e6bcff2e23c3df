import Files
import Foundation
import Processes
import SearchProtocol

/// A file of a spool by its name, `STUDY.JOB.ATTEMPT.json`. What else lies there is not opened.
package struct SpooledFile {
  package let name: String
  package let path: String
  /// Of the study, what a file's name can have; nil where the name is none that a worker gives.
  package let study: String?
  /// In seconds.
  let age: Double
  /// A regular file of a size that a report may have, with a report's name.
  let isReport: Bool

  /// Nil where it is gone, or no worker's.
  init?(_ name: String, in folder: String) {
    guard name.hasSuffix(".json") else { return nil }
    self.name = name
    path = "\(folder)/\(name)"
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    age = Date().timeIntervalSince1970 - Double(status.st_mtim.tv_sec)
    let words = name.split(separator: ".", omittingEmptySubsequences: false)
    let isNamed = words.count == 4 && !words[0].isEmpty && Int64(words[1]) != nil && Int(words[2]) != nil
    study = isNamed ? String(words[0]) : nil
    isReport =
      isNamed && status.st_mode & S_IFMT == S_IFREG
      && (1...MessageCodec.maximumPayloadBytes).contains(Int(status.st_size))
  }

  /// What stands in it: a report, no report, whatever its name, or nothing that could be read now.
  package enum Content {
    case report(AttemptReport)
    case other
    case unread
  }

  package func read() -> Content {
    guard let bytes = try? RegularFile.read(path, mostBytes: MessageCodec.maximumPayloadBytes, followsLinks: false)
    else { return .unread }
    return (try? SpooledReport.decode(bytes)).map { .report($0) } ?? .other
  }

  /// With the weights that came with it, which go first: a report without them would never count.
  func move(to other: String) -> Bool {
    rename(Self.weightsPath(besideReport: path), Self.weightsPath(besideReport: other))
    return rename(path, other) == 0
  }

  func remove() {
    unlink(path)
    unlink(Self.weightsPath(besideReport: path))
  }

  /// Weights without a report: their engine or worker ended in between.
  static func isLeftWeights(_ name: String, in folder: String) -> Bool {
    guard name.hasSuffix(".weights") else { return false }
    return access("\(folder)/\(name.dropLast(".weights".count)).json", F_OK) != 0
  }

  /// Of weights that a report names: it is not there where it names none.
  static func weightsPath(besideReport path: String) -> String {
    String(path.dropLast(".json".count)) + ".weights"
  }

  /// What stands for a study in a file's name.
  package static func plain(_ study: String) -> String {
    String(study.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "_" }.prefix(100))
  }
}
