import Logging
import ReadableText

/// Log entries as one line each on standard error: `level: message key=value`; information has no level before it.
/// Where the lines do not go to a terminal the time stands before them.
package struct StandardErrorLog: LogHandler {
  package var metadata: Logger.Metadata = [:]
  package var logLevel: Logger.Level
  /// A parent process writes the lines, with their time.
  package var isRelayed = false

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    let level = event.level == .info || event.level == .notice ? "" : "\(event.level): "
    let pairs = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    let details = pairs.map { " \($0.key)=\($0.value)" }.joined()
    let line = level + "\(event.message)".inOneLine + details
    if isRelayed { StandardError.shared.writeLine(line) } else { StandardError.shared.writeLogLine(line) }
  }

  package static func logger(_ label: String, level: Logger.Level, isRelayed: Bool = false) -> Logger {
    Logger(label: label) { _ in StandardErrorLog(logLevel: level, isRelayed: isRelayed) }
  }
}
