extension WorkerMachine {
  /// Returns a description of each violated invariant; empty if all hold. The invariants hold after every event. For
  /// tests.
  package func invariants() -> [String] {
    var broken = contents.invariants()
    func require(_ condition: Bool, _ what: @autoclosure () -> String) { if !condition { broken.append(what()) } }
    require(effects.isEmpty, "effects of an event were not handed over")
    let running = Set(self.running)
    require(running.count == runningCount, "an attempt is trained in two slots")
    require(unacknowledged.allSatisfy { $0.key == $0.value.report.reference }, "a report is kept under another attempt")
    if study == nil { require(held.isEmpty, "attempts of no study are held: \(held)") }
    require(unacknowledged.values.allSatisfy { $0.report.study == study }, "reports of another study are held")
    switch phase {
    case .created: require(study == nil, "it serves a study before it was started")
    case .locating, .serving: require(study != nil, "it serves no study")
    case .ended: require(runningCount == 0, "it has ended, but still trains")
    case .greeting, .leaving: break
    }
    return broken
  }
}
