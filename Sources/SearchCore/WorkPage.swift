/// The part of docs/protocol-fields.md about texts of works, generated from the declarations of their fields.
package enum WorkPage {
  package static var text: String {
    var page = """

      ## The text of a work

      One line: the kind, every field of the kind as `key=value`, then `candidate=…`, `repetition=…` and `seed=…`, with
      one space between them and none within. A field that is not always there is left out if it is not set. Whole
      numbers have no sign and no leading zeros; other numbers are decimal (`0.1`, `1e-05`). Kinds:
      \(kinds.map { "`\($0)`" }.joined(separator: ", ")).

      | key | value | always there | what it is |
      |---|---|---|---|

      """
    for row in rows {
      page += "| `\(row.key)` | \(row.value) | \(row.presence) | \(WorkFieldMeanings.texts[row.key] ?? "") |\n"
    }
    page += """
      | `candidate` | text | yes | `dense`, or `layer=rank` with commas: `layer1.0.conv1=8,layer2.1.conv2=16/grouped2` |
      | `repetition` | whole number | yes | 0, 1, …: repetitions of a candidate differ only in their seed |
      | `seed` | whole number below 2^64 | yes | of initial weights, order of images and augmentation |

      """
    return page
  }

  /// Keys that have no explanation, and explanations of keys that are no field.
  static var unexplained: (missing: [String], surplus: [String]) {
    let (names, explained) = (Set(rows.map(\.key)), Set(WorkFieldMeanings.texts.keys))
    return (names.subtracting(explained).sorted(), explained.subtracting(names).sorted())
  }

  private static let kinds = [
    WorkKind.proxyTraining(sample), .startTraining(sample), .layerAnalysis(sample), .finalTraining(sample),
  ].map(\.name)

  private static let sample = TrainingRecipe(
    model: .resnet20, data: DataSelection(set: .cifar10, trainImages: 1, validationImages: 1, splitSeed: 0), epochs: 1)

  private static var rows: [WorkFieldRow] {
    var rows: [WorkFieldRow] = []
    let starts = [
      nil, TrainedStart(origin: .dense(epochs: 1, trainImages: 1, seed: 0), learningRate: 1),
      TrainedStart(origin: .checkpoint(weights: "")),
    ]
    for start in starts {
      var recipe = sample
      recipe.start = start
      var visitor = WorkFieldRows()
      recipe.visitFields(&visitor)
      for row in visitor.rows where !rows.contains(where: { $0.key == row.key }) {
        rows.append(row)
        // Fields that only come with a start.
        if let start, row.presence == WorkFieldRow.always {
          let from = if case .dense = start.origin { "dense" } else { "checkpoint" }
          rows[rows.count - 1].presence =
            row.key == "start.calibration_images" ? "with `start.from`" : "with `start.from=\(from)`"
        }
      }
    }
    return rows
  }
}

private struct WorkFieldRow {
  static let always = "yes"

  var key: String
  var value: String
  var presence: String
}

/// Collects the declared fields.
private struct WorkFieldRows: WorkFieldVisitor {
  typealias Failure = Never

  var rows: [WorkFieldRow] = []

  mutating func field<Value: LosslessStringConvertible>(_ key: String, _ value: inout Value) {
    add(key, words(of: Value.self), WorkFieldRow.always)
  }

  mutating func choice<Value: RawRepresentable<String> & CaseIterable>(_ key: String, _ value: inout Value) {
    add(key, Value.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "), WorkFieldRow.always)
  }

  mutating func flag(_ key: String, _ value: inout Bool) { add(key, "`true`", "no; false if left out") }

  mutating func optional<Value: LosslessStringConvertible>(_ key: String, _ value: inout Value?) {
    add(key, words(of: Value.self), "no")
  }

  mutating func alternative<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String, _ value: inout (choice: Choice, number: Int)?
  ) {
    for choice in Choice.allCases { add("\(key).\(choice.rawValue)", "whole number", "no; at most one of them") }
  }

  private mutating func add(_ key: String, _ value: String, _ presence: String) {
    rows.append(WorkFieldRow(key: key, value: value, presence: presence))
  }

  private func words(of type: Any.Type) -> String {
    switch type {
    case is Bool.Type: "`true` or `false`"
    case is Double.Type: "number"
    case is Epochs.Type: "number, three decimals at most"
    case is UInt64.Type: "whole number below 2^64"
    case is any BinaryInteger.Type: "whole number"
    default: "text"
    }
  }
}
