import ReadableText
import SearchCore

/// A JSON value whose objects keep the order of their fields.
indirect enum JSONValue {
  case null
  case bool(Bool)
  case integer(Int)
  /// The shortest text that reads back to the same bits; `null` if the number is not finite.
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([(String, JSONValue)])

  init(_ value: Double?) { self = value.map { .number($0) } ?? .null }

  /// A ratio with six decimals.
  init(ratio value: Double?) { self.init(value.flatMap { Double(NumberText.ratio($0)) }) }

  func text(indent: String = "") -> String {
    switch self {
    case .null: return "null"
    case .bool(let value): return "\(value)"
    case .integer(let value): return "\(value)"
    case .number(let value): return value.isFinite ? "\(value)" : "null"
    case .string(let value): return value.inJSON
    case .array(let values): return Self.block("[", "]", values.map { $0.text(indent: indent + "  ") }, indent)
    case .object(let fields):
      return Self.block("{", "}", fields.map { "\($0.inJSON): \($1.text(indent: indent + "  "))" }, indent)
    }
  }

  private static func block(_ open: String, _ close: String, _ items: [String], _ indent: String) -> String {
    guard !items.isEmpty else { return open + close }
    return "\(open)\n" + items.map { "\(indent)  \($0)" }.joined(separator: ",\n") + "\n\(indent)\(close)"
  }
}

// One JSON object: the facts of the study, then its candidates with the column names of the CSV as keys.
extension StudyReport {
  func json(_ selection: ReportSelection) -> String {
    var fields: [(String, JSONValue)] = [
      ("study", .string(study)),
      ("model", .string(recipe.model.rawValue)),
      ("variant", .string(recipe.variant.rawValue)),
      (
        "data",
        .object([
          ("set", .string(recipe.data.set.rawValue)), ("train_images", .integer(recipe.data.trainImages)),
          ("validation_images", .integer(recipe.data.validationImages)),
        ])
      ),
      ("proxy", proxy),
      ("objectives", .array(objectives.map { .string($0.rawValue) })),
      (
        "dense",
        .object(
          denseCosts + [
            ("accuracy", JSONValue(dense?.score.accuracy)), ("accuracy_sd", JSONValue(dense?.score.accuracySD)),
          ])
      ),
      ("hypervolume", JSONValue(hypervolume)),
      ("trained_candidates", .integer(trainedRows.count)),
      ("trainings", .integer(trainings)),
      ("diverged_trainings", .integer(divergedTrainings)),
      ("set_aside_jobs", .integer(setAside.jobs)),
      (
        "set_aside_reasons",
        .array(
          setAside.reasons.map { .object([("reason", .string($0.text)), ("jobs", .integer($0.jobs))]) })
      ),
      (
        "kernel_variants",
        .array(kernelVariants.map { .object([("variant", .string($0.name)), ("trainings", .integer($0.trainings))]) })
      ),
      ("mixes_kernel_variants", .bool(mixesKernelVariants)),
      ("caveats", .array(caveats.map { .string($0) })),
      ("metadata", .object(metadata.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
    ]
    if let estimated { fields.append(("estimates", estimated.json(frontier: frontier.count))) }
    // Present only if a person had results struck out.
    if !struckOut.isEmpty { fields.append(("struck_out_results", .array(struckOut.map(\.json)))) }
    let rows = rows(selection)
    let columns = columns(of: rows)
    fields.append(
      ("candidates", .array(rows.map { $0.json(columns, askedByHand: askedByHand[$0.score.candidate]) })))
    return JSONValue.object(fields).text() + "\n"
  }

  private var denseCosts: [(String, JSONValue)] {
    Objective.allCases.compactMap { objective in
      switch objective.descriptor.quantity {
      case .count(let count, _): return (objective.rawValue, .integer(count(denseCost)))
      case .time(let time, _):
        return time(denseCost).map { (objective.rawValue, .number(Double($0) / 1e9)) }
      case .fraction, .ratio: return nil
      }
    }
  }

  private var proxy: JSONValue {
    var fields: [(String, JSONValue)] = [
      ("epochs", recipe.epochs.whole.map(JSONValue.integer) ?? .number(recipe.epochs.count)),
      ("batch", .integer(recipe.batch)),
      ("learning_rate", .number(recipe.learningRate)), ("schedule", .string(recipe.schedule.rawValue)),
      ("momentum", .number(recipe.momentum)), ("nesterov", .bool(recipe.nesterov)),
      ("weight_decay", .number(recipe.weightDecay)), ("augment", .bool(recipe.augment)),
    ]
    if let start = recipe.start { fields.append(("start", start.json)) }
    return .object(fields)
  }
}

extension TrainedStart {
  fileprivate var json: JSONValue {
    let origin: [(String, JSONValue)] =
      switch self.origin {
      case .dense(let epochs, let images, _):
        [("from", .string("dense")), ("epochs", .integer(epochs)), ("train_images", .integer(images))]
      case .checkpoint(let weights): [("from", .string("checkpoint")), ("weights", .string(weights))]
      }
    let rate = learningRate.map { [("learning_rate", JSONValue.number($0))] } ?? []
    return .object(origin + rate + [("calibration_images", .integer(calibrationImages)), ("augment", .bool(augment))])
  }
}

extension ReportRow {
  /// - Parameter askedByHand: The number of this candidate's trainings that a person asked for.
  fileprivate func json(_ columns: [ReportColumn], askedByHand: Int?) -> JSONValue {
    let variants = score.candidate.decompositions.compactMap { decomposition in
      decomposition.form.variant.map { (decomposition.layer, JSONValue.string($0.rawValue)) }
    }
    let ranks = score.candidate.decompositions.map { ($0.layer, JSONValue.integer($0.rank)) }
    let referenceName: JSONValue
    switch reference {
    case nil: referenceName = .null
    case .dense: referenceName = .string("dense")
    case .allLayers: referenceName = .string("all_layers")
    }
    let fields = columns.map { ($0.name, $0.value(self).json) }
    // The variants of layers that do not use the study's own variant.
    let others = variants.isEmpty ? [] : [("variants", JSONValue.object(variants))]
    let byHand = askedByHand.map { [("asked_by_hand", JSONValue.integer($0))] } ?? []
    return .object(fields + [("reference", referenceName), ("ranks", .object(ranks))] + others + byHand)
  }
}

extension StruckTraining {
  fileprivate var json: JSONValue {
    .object([
      ("job", .integer(Int(job))), ("candidate", .string(candidate.description)), ("replicate", .integer(replicate)),
      ("worker", .string(worker)), ("accuracy", JSONValue(accuracy)),
    ])
  }
}

extension EstimateSummary {
  /// - Parameter frontier: The number of candidates on the estimated frontier; a selection may list fewer.
  fileprivate func json(frontier: Int) -> JSONValue {
    .object([
      ("trainings", .integer(trainings)), ("confirmations", .integer(confirmations)),
      ("frontier_candidates", .integer(frontier)),
      ("expected_loss_points", JSONValue(expectedLoss)), ("open_hypervolume_share", JSONValue(openShare)),
      ("exact_costs", .bool(isExact)),
    ])
  }
}

extension ReportColumn.Value {
  fileprivate var json: JSONValue {
    switch self {
    case .text(let text): .string(text)
    case .texts(let texts): .array(texts.map { .string($0) })
    case .flag(let flag): .bool(flag)
    case .integer(let integer): .integer(integer)
    case .number(let number): number.map { .integer($0) } ?? .null
    case .exact(let value): JSONValue(value)
    case .ratio(let value): JSONValue(ratio: value)
    }
  }
}
