import CCommit

/// The version of this program.
package enum Version {
  package static let number = "0.1.0"
  package static var text: String { "layersearch \(number)" }
  /// The commit of the source that was built, with "-dirty" if files differed from it; `nil` if the build was not told.
  package static let commit = build_commit().map { String(cString: $0) }
}
