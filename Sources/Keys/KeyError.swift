/// Keys that cannot be read, created or trusted. `description` is one line: which keys, why, and what to do.
package struct KeyError: Error, Hashable, CustomStringConvertible {
  package let description: String

  package static func failed(_ description: String) -> KeyError { KeyError(description: description) }
}
