import ArgumentParser
import SearchCore
import TextInput

// Names of the configuration are the command line's too: allowed values in help, in completions and in errors.
extension Model: ExpressibleByArgument {}
extension Schedule: ExpressibleByArgument {}
extension BasisVariant: ExpressibleByArgument {
  public static var allValueStrings: [String] { names }
}

extension MemorySize: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  /// Says what is allowed where the text is none of it.
  init(option text: String) throws { self = try Number.value(Self.allowed) { MemorySize($0) }(text) }
}

extension TimeSpan: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  /// Says what is allowed where the text is none of it.
  init(option text: String) throws { self = try Number.value(Self.allowed) { TimeSpan($0) }(text) }

  public var defaultValueDescription: String { seconds == 900 ? "15min" : description }
}
