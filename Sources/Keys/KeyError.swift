/// Keys that cannot be read, made or trusted: one line that says which, why, and what to do.
package struct KeyError: Error, Hashable, CustomStringConvertible {
  package let description: String

  package static func failed(_ description: String) -> KeyError { KeyError(description: description) }
}
