import ArgumentParser
import Configuration
import SearchCore
import TextInput

// Names in configurations are valid on the command line, too: as allowed values in help, in completions and in errors.
extension Model: ExpressibleByArgument {
  /// The help of an option whose value is a name, or a description on one line or in YAML's braces.
  static var optionHelp: ArgumentHelp {
    """
    The network: \(allCases.map(\.rawValue).joined(separator: ", ")), or a description, such as \
    cifar-resnet:depth=20,width=2 or '{family: resnet, blocks: [2, 2, 2, 2], block: bottleneck}'.
    """
  }

  static var completion: CompletionKind { .list(allCases.map(\.rawValue)) }

  /// Reads the value of an option. Throws an error that tells what is wrong if the text is not a model.
  static func read(option text: String) throws -> Model {
    do {
      return try text.hasPrefix("{") ? StudyConfiguration.model(inBraces: text) : Model(text: text)
    } catch SearchError.model(let key, let problem) {
      throw ValidationError("\(key ?? "it") \(problem)")
    } catch let error as ConfigurationError {
      throw ValidationError(error.problems.first?.text ?? "\(error)")
    }
  }
}
extension Schedule: ExpressibleByArgument {}
extension BasisVariant: ExpressibleByArgument {
  public static var allValueStrings: [String] { names }
}

extension MemorySize: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  /// Reads the value of an option. Throws an error that tells what is allowed if the text is not a size.
  init(option text: String) throws { self = try Number.value(Self.allowed) { MemorySize($0) }(text) }
}

extension TimeSpan: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  /// Reads the value of an option. Throws an error that tells what is allowed if the text is not a time.
  init(option text: String) throws { self = try Number.value(Self.allowed) { TimeSpan($0) }(text) }

  public var defaultValueDescription: String { seconds == 900 ? "15min" : description }
}
