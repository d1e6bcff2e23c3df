/// A spool that cannot be used. `description` is one line.
package struct SpoolError: Error, Hashable, Sendable, CustomStringConvertible {
  package let folder: String
  package let problem: String

  package init(folder: String, problem: String) {
    self.folder = folder
    self.problem = problem
  }

  package var description: String { "\(folder): \(problem)" }
}
