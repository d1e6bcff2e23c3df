/// A spool that cannot be used. `description` is one line.
package struct SpoolError: Error, Hashable, Sendable, CustomStringConvertible {
  package let folder: String
  package let problem: String

  package var description: String { "\(folder): \(problem)" }
}
