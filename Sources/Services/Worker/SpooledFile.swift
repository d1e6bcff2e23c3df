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

  /// Nil where it is no report, whatever its name.
  package func read() -> AttemptReport? {
    (try? RegularFile.read(path, mostBytes: MessageCodec.maximumPayloadBytes, followsLinks: false)).flatMap {
      try? SpooledReport.decode($0)
    }
  }

  /// What stands for a study in a file's name.
  package static func plain(_ study: String) -> String {
    String(study.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "_" }.prefix(100))
  }
}
