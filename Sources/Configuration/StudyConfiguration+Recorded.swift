import SearchCore
import Yams

extension StudyConfiguration {
  /// Rebuilds the configuration of a study from its recorded values. Every key that was known then is written out, so
  /// that today's defaults have no effect. From the text, which is kept for human readers, only the path of the data,
  /// the hours of the budget and the order of lists are taken.
  ///
  /// - Parameters:
  ///   - entries: The value of `entries` when the study was made.
  ///   - budget: The maximum number of jobs; `nil` for no limit.
  ///   - text: The original file.
  ///   - fileName: The name of the file, for messages.
  package static func recorded(
    entries: [String: String], budget: Int?, text: String, fileName: String
  ) throws(ConfigurationError) -> StudyConfiguration {
    let given = try? Yams.compose(yaml: text)
    var lines: [String] = []
    for (section, keys) in ConfigurationKeys.sections {
      let values = keys.compactMap { key -> String? in
        let full = ConfigurationKeys.full(section, key)
        switch full {
        case "study", "start.checkpoint": return nil
        // This is the first of the variants.
        case "space.variant" where entries["space.variants"] != nil: return nil
        // A demand for both kinds of kernels is written as a list.
        case "kernels":
          return entries[full].map { "\(key): \($0.contains("+") ? "[\($0.replacing("+", with: ", "))]" : $0)" }
        case "data.path": return scalar("data", "path", in: given).map { "\(key): \(quoted($0))" }
        case "budget.jobs": return budget.map { "\(key): \($0)" }
        case "budget.worker_hours", "budget.hours": return scalar("budget", key, in: given).map { "\(key): \($0)" }
        case startAugmentKey where entries["start.from"] == nil: return nil
        case _ where keysThatCameLater.contains(full): return "\(key): \(entries[full] ?? "false")"
        case "space.include", "space.exclude", "objectives":
          return entries[full].map { entry in
            let listed = section.isEmpty ? given?[key] : given?[section]?[key]
            let texts = listed?.sequence?.compactMap { $0.scalar?.string } ?? []
            return "\(key): [\((list(texts) == entry ? texts : split(entry)).map(quoted).joined(separator: ", "))]"
          }
        default: return entries[full].map { "\(key): \($0)" }
        }
      }
      if section.isEmpty {
        lines += values
      } else if !values.isEmpty {
        // The parent group was written just before, with values of its own.
        let names = section.split(separator: ".")
        let indent = String(repeating: "  ", count: names.count - 1)
        lines += ["\(indent)\(names[names.count - 1]):"] + values.map { "\(indent)  \($0)" }
      }
    }
    var read = try parse(
      text: lines.joined(separator: "\n"), fileName: fileName, tableOfFile: recordedTable(in: entries),
      shapeOfArrays: { _ throws(StartProblem) in
        guard let shape = DataShape(entries: entries) else {
          throw StartProblem("the study has no record of what its file contains")
        }
        return shape
      })
    (read.startCheckpoint, read.entries, read.leftOpen, read.text) = (nil, entries, [], text)
    return read
  }

  static func scalar(_ section: String, _ key: String, in document: Node?) -> String? {
    guard let node = document?[section]?[key], node.scalar?.style != .plain || node.null == nil else { return nil }
    return node.scalar?.string
  }

  /// Splits `[a, b]`. Objectives are returned in the standard order.
  private static func split(_ entry: String) -> [String] {
    let texts = entry.dropFirst().dropLast().split(separator: ", ").map(String.init)
    let objectives = Objective.allCases.map(\.rawValue).filter(texts.contains)
    return objectives.count == texts.count ? objectives : texts
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}
