import ArgumentParser
import SearchCore
import TextInput

// Names of the configuration are the command line's too: allowed values in help, in completions and in errors.
extension Model: ExpressibleByArgument {}
extension Schedule: ExpressibleByArgument {}
extension BasisVariant: ExpressibleByArgument {}

extension MemorySize: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  /// Says what is allowed where the text is none of it.
  init(option text: String) throws {
    guard let size = MemorySize(text) else { throw ValidationError("it must be \(Self.allowed)") }
    self = size
  }
}

extension TimeSpan: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  /// Says what is allowed where the text is none of it.
  init(option text: String) throws {
    guard let span = TimeSpan(text) else { throw ValidationError("it must be \(Self.allowed)") }
    self = span
  }

  public var defaultValueDescription: String { seconds == 900 ? "15min" : description }
}
