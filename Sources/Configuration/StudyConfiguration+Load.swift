import TextInput

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension StudyConfiguration {
  /// The maximum size of a file. A configuration has a few dozen lines; a longer file is not a configuration.
  static let mostBytes = 1 << 20

  /// Reads and checks a file; `-` is standard input. Throws if it cannot be read, is longer than 1 MiB, or is not a
  /// legal configuration.
  /// - Parameters hashOfFile, tableOfFile, shapeOfArrays: See `parse`.
  package static func load(
    path: String, hashOfFile: FileHash = noFiles, tableOfFile: TableOfFile = noTables,
    shapeOfArrays: ArraysShape = noArrays
  ) throws(ConfigurationError) -> StudyConfiguration {
    let input: TextInput
    do { input = try TextInput(path: path, mostBytes: mostBytes) } catch {
      throw ConfigurationError(file: path, line: error.line, problem(error, path))
    }
    return try parse(
      text: input.text, fileName: path, hashOfFile: hashOfFile, tableOfFile: tableOfFile, shapeOfArrays: shapeOfArrays)
  }

  private static func problem(_ error: TextInputError, _ path: String) -> String {
    switch error.kind {
    case .unopened(ENOENT), .unopened(ENOTDIR): "there is no such configuration file; check the path"
    case .folder: "this is a folder; name a configuration file\(ofStudy(path).map { ", such as \($0)" } ?? "")"
    case .tooLong: "the file is longer than 1 MiB; a configuration has a few dozen lines"
    case .noText(let problem): problem
    case .unopened, .unreadable, .noFile: "the configuration cannot be read: \(error.reason)"
    }
  }

  /// Returns the path of the configuration in a study's folder; `nil` if the folder has none.
  private static func ofStudy(_ folder: String) -> String? {
    let path = folder.utf8.last == UInt8(ascii: "/") ? "\(folder)configuration.yaml" : "\(folder)/configuration.yaml"
    return access(path, F_OK) == 0 ? path : nil
  }
}
