import CCommit

/// Of this program.
package enum Version {
  package static let number = "0.1.0"
  package static var text: String { "layersearch \(number)" }
  /// Of the source that was built, with "-dirty" where files differed from it; nil where the build was not told.
  package static let commit = build_commit().map { String(cString: $0) }
}
