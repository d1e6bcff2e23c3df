import Files
import Foundation
import Processes
import SearchProtocol

/// A file of a spool with a name of the form `STUDY.JOB.ATTEMPT.json`. Other files are not opened.
package struct SpooledFile {
  package let name: String
  package let path: String
  /// The study's ID, as far as a file name can have it; `nil` if no worker gives such a name.
  package let study: String?
  /// The age in seconds.
  let age: Double
  /// Whether this is a regular file with a report's name and of a size that a report may have.
  let isReport: Bool

  /// `nil` if the file is gone, or its name does not end in `.json`.
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

  /// What a file contains: a report, something else in spite of its name, or nothing that could be read now.
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

  /// Moves the file, and before it the weights that came with it: a report without them would never count.
  func move(to other: String) -> Bool {
    rename(Self.weightsPath(besideReport: path), Self.weightsPath(besideReport: other))
    return rename(path, other) == 0
  }

  func remove() {
    unlink(path)
    unlink(Self.weightsPath(besideReport: path))
  }

  /// Whether the file has weights without a report, whose engine or worker ended in between.
  static func isLeftWeights(_ name: String, in folder: String) -> Bool {
    guard name.hasSuffix(".weights") else { return false }
    return access("\(folder)/\(name.dropLast(".weights".count)).json", F_OK) != 0
  }

  /// Returns the path of the weights that a report names; there is no such file if it names none.
  static func weightsPath(besideReport path: String) -> String {
    String(path.dropLast(".json".count)) + ".weights"
  }

  /// Returns the text that stands for a study in file names.
  package static func plain(_ study: String) -> String {
    String(study.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "_" }.prefix(100))
  }
}
