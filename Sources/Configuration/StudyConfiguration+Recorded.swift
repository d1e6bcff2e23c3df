import SearchCore
import Yams

extension StudyConfiguration {
  /// What a study was made with, from its recorded values: every key that it knew is written out, so that no default of
  /// today takes part. Its text, which is for people, tells only where the data are, how many hours there are, and in
  /// which order lists were written.
  ///
  /// - Parameters:
  ///   - entries: as `entries` were when the study was made.
  ///   - budget: most jobs; nil for no bound.
  ///   - text: the file as it was given.
  ///   - fileName: for messages.
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
        // The first of them.
        case "space.variant" where entries["space.variants"] != nil: return nil
        // Of both kinds it is a list.
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
        // What it is a group of has values of its own, just before.
        let names = section.split(separator: ".")
        let indent = String(repeating: "  ", count: names.count - 1)
        lines += ["\(indent)\(names[names.count - 1]):"] + values.map { "\(indent)  \($0)" }
      }
    }
    let read = try parse(
      text: lines.joined(separator: "\n"), fileName: fileName, tableOfFile: recordedTable(in: entries),
      shapeOfArrays: { _ throws(StartProblem) in
        guard let shape = DataShape(entries: entries) else {
          throw StartProblem("the study does not tell what its file holds")
        }
        return shape
      })
    return StudyConfiguration(
      study: read.study, recipe: read.recipe, dataPath: read.dataPath, startCheckpoint: nil, space: read.space,
      objectives: read.objectives,
      strategy: read.strategy, seeding: read.seeding, constraints: read.constraints, budget: read.budget,
      seed: read.seed, entries: entries, leftOpen: [], text: text)
  }

  static func scalar(_ section: String, _ key: String, in document: Node?) -> String? {
    guard let node = document?[section]?[key], node.scalar?.style != .plain || node.null == nil else { return nil }
    return node.scalar?.string
  }

  /// `[a, b]`; where it is objectives, in the order in which they are listed everywhere.
  private static func split(_ entry: String) -> [String] {
    let texts = entry.dropFirst().dropLast().split(separator: ", ").map(String.init)
    let objectives = Objective.allCases.map(\.rawValue).filter(texts.contains)
    return objectives.count == texts.count ? objectives : texts
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}
