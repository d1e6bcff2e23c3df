import Logging
import ReadableText

/// Writes log entries to standard error, one line each: `level: message key=value`, without a level for information.
/// Unless standard error is a terminal, the time precedes each line.
package struct StandardErrorLog: LogHandler {
  package var metadata: Logger.Metadata = [:]
  package var logLevel: Logger.Level
  /// Whether a parent process writes the lines, and adds their time.
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
