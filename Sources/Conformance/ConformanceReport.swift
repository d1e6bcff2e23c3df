import ReadableText

/// The outcome of one check of a worker.
package struct ConformanceCheck: Sendable, Encodable {
  /// What the check demands, such as `heartbeats list what it trains`.
  package let name: String
  package let passed: Bool
  /// What was expected and what was received instead, in one line; `nil` if the check passed.
  package let problem: String?

  package init(_ name: String, problem: String? = nil) {
    self.name = name
    self.passed = problem == nil
    self.problem = problem?.oneLine(mostBytes: 500)
  }

  package var line: String { passed ? "ok    \(name)" : "FAIL  \(name): \(problem ?? "")" }
}

/// The outcome of all checks of a worker.
package struct ConformanceReport: Sendable, Encodable {
  /// The worker's name for itself; `nil` if it never sent one.
  package var worker: String?
  package var kernelVariant: String?
  package var checks: [ConformanceCheck] = []

  package var passed: Bool { !checks.isEmpty && checks.allSatisfy(\.passed) }

  package var summary: String {
    let wrong = checks.count { !$0.passed }
    let name = worker.map { "worker \($0)" } ?? "the worker"
    return wrong == 0
      ? "\(name) passed \(NumberText.plural(checks.count, "check"))"
      : "\(name) failed \(wrong) of \(NumberText.plural(checks.count, "check"))"
  }

  private enum CodingKeys: String, CodingKey { case worker, kernelVariant, passed, checks }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encodeIfPresent(worker, forKey: .worker)
    try values.encodeIfPresent(kernelVariant, forKey: .kernelVariant)
    try values.encode(passed, forKey: .passed)
    try values.encode(checks, forKey: .checks)
  }
}

extension String {
  fileprivate func oneLine(mostBytes: Int) -> String { inOneLine.cut(toBytes: mostBytes) }
}
