/// The system has no more processes, threads, pipes or memory for a child process.
package struct ProcessError: Error, CustomStringConvertible {
  /// One line: what is lacking, and what to do.
  package let description: String
}
