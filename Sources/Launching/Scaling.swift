import ReadableText

/// Decides how many workers a launch has: asks for as many as the study can use, lets idle ones go, and backs off while
/// starts fail.
///
/// Pure: each event brings the time, in seconds of a monotonic clock, and yields the effects to perform. See
/// docs/launch.md.
package struct Scaling: Sendable {
  package enum Event: Sendable {
    /// The coordinator's answer.
    case demand(ScalingDemand)
    /// The coordinator did not answer, for this reason.
    case unanswered(String)
    /// All workers that the place knows. Every decision is made at this event.
    case listed([PlacedWorker])
    case unlisted(String)
    /// The workers that `start` has asked for, and the reasons of starts that failed beside them.
    case started([PlacedWorker], refused: [String] = [])
    case notStarted(String)
    /// The user asks the launch to end.
    case stopRequested
  }

  package enum Effect: Hashable, Sendable {
    case start(Int)
    case stop([PlacedWorker], now: Bool)
    /// One line for the user.
    case say(String)
    case end(Ending)
  }

  package enum Ending: Hashable, Sendable {
    case studyDone
    /// By the user.
    case stopped
    /// The launch was to ask for workers only once, and got none, for this reason.
    case refused(String)
  }

  enum Phase: Equatable, Sendable {
    case following
    /// The study has been done since then: its workers leave by themselves.
    case finishing(since: Double)
    /// The launch was asked to end this many times.
    case stopping(requests: Int)
    case ended
  }

  package let settings: ScalingSettings
  var phase = Phase.following
  var demand: ScalingDemand?
  /// Why the coordinator did not answer the last question; `nil` if it did.
  var silence: String?
  var roster = Roster()
  var backOff: BackOff
  /// Since when there have been more workers than are of use; `nil` if there are not.
  var overSince: Double?
  /// The number of workers asked for, until the answer comes.
  var asked: Int?
  /// The number of short-lived workers in a row whose nodes were taken away.
  var taken = 0
  var lastTaken = -Double.infinity
  var unlistedInARow = 0
  private var told: Set<String> = []
  var effects: [Effect] = []

  package init(settings: ScalingSettings) {
    self.settings = settings
    backOff = BackOff(first: settings.firstBackOffSeconds, longest: settings.longestBackOffSeconds)
  }

  package mutating func handle(_ event: Event, at now: Double) -> [Effect] {
    if phase == .ended { return [] }
    effects = []
    switch event {
    case .demand(let demand): hear(demand, at: now)
    case .unanswered(let reason): missAnswer(reason)
    case .listed(let workers):
      unlistedInARow = 0
      update(workers, at: now)
      decide(at: now)
    case .unlisted(let reason):
      unlistedInARow += 1
      sayOnce("the workers cannot be listed: \(reason)")
      // The launch cannot wait for workers that it cannot see.
      if case .stopping = phase, unlistedInARow >= settings.mostUnlisted { end(.stopped) }
    case .started(let workers, let refused):
      for reason in refused { sayOnce("no worker could be started: \(reason)") }
      if workers.isEmpty {
        backOff.wait(at: now)
        if refused.isEmpty { sayOnce("there is no room for more workers; the launch tries again from time to time") }
      } else {
        backOff.waits = 0
      }
      for worker in workers { roster.add(worker, at: now) }
      asked = nil
    case .notStarted(let reason):
      asked = nil
      fail("no worker could be started: \(reason)", at: now)
    case .stopRequested: requestStop(at: now)
    }
    return effects
  }

  /// Why there is no worker although there is work, apart from failed starts; `nil` if there are workers or no such
  /// reason.
  var reasonForNobody: String? {
    guard roster.present.isEmpty else { return nil }
    if let silence { return silence }
    guard let demand, !demand.isDone else { return nil }
    if demand.isPaused { return "the study is paused" }
    return demand.hindrance ?? (backOff.waits > 0 ? "there is no room for a worker" : nil)
  }

  // MARK: The coordinator's answers

  private mutating func hear(_ demand: ScalingDemand, at now: Double) {
    if silence != nil { say("the coordinator answers again") }
    silence = nil
    if demand.isPaused != (self.demand?.isPaused ?? false) {
      say(demand.isPaused ? "the study is paused: no worker is started until it is resumed" : "the study is resumed")
    }
    if let hindrance = demand.hindrance, self.demand?.hindrance == nil { say("no worker is started: \(hindrance)") }
    self.demand = demand
    if demand.isDone, phase == .following {
      phase = .finishing(since: now)
      say("the study is done: its workers leave")
    }
  }

  private mutating func missAnswer(_ reason: String) {
    if silence != reason { say("\(reason); workers that are running continue") }
    silence = reason
  }

  // MARK: Decisions

  private mutating func decide(at now: Double) {
    tellAgain(at: now)
    switch phase {
    case .ended: break
    case .following: follow(at: now)
    case .finishing(let since):
      guard !roster.present.isEmpty else { return end(.studyDone) }
      // Pending workers would come for nothing; the coordinator tells the others.
      stop(roster.present.filter { $0.isPending || now - since > settings.leaveSeconds }, at: now)
      let rest = roster.leaving
      if now - since > 2 * settings.leaveSeconds, !rest.isEmpty { perform(.stop(rest.map(\.worker), now: true)) }
    case .stopping:
      guard !roster.present.isEmpty else { return end(.stopped) }
      // Workers that came into sight since the request: just started, or of a host that answers again.
      stop(roster.present, at: now)
    }
  }

  private mutating func follow(at now: Double) {
    guard silence == nil, let demand else {
      // The workers left by themselves, with 0: the study was done, and no coordinator is there to say so.
      if demand != nil, roster.present.isEmpty, roster.lastEnd == .done {
        say("the workers have left and the coordinator is gone: the study is over, or waits for its coordinator")
        end(.studyDone)
      }
      return
    }
    let staying = roster.present.filter { !$0.isLeaving }
    guard let target = target(for: demand, among: staying) else {
      // The first worker will tell how many slots it has.
      overSince = nil
      if staying.isEmpty, demand.takesMore, demand.usefulSlots > 0 || settings.range.least > 0 {
        start(max(1, settings.range.least), among: staying, demand, at: now)
      }
      return
    }
    if staying.count < target {
      overSince = nil
      if demand.takesMore { start(target - staying.count, among: staying, demand, at: now) }
    } else if staying.count > target {
      letGo(staying.count - target, of: staying, demand, at: now)
    } else {
      overSince = nil
    }
  }

  /// The number of workers wanted; `nil` if the number of a worker's slots is not known.
  private func target(for demand: ScalingDemand, among staying: [Roster.Entry]) -> Int? {
    let known = staying.compactMap(\.worker.slots)
    let average = known.isEmpty ? nil : max(1, known.reduce(0, +) / known.count)
    let registered = demand.workers > 0 ? max(1, demand.slots / demand.workers) : nil
    guard let slots = settings.slots ?? average ?? registered else { return nil }
    // Workers that others have started take a part of the work.
    let own = staying.count { !$0.isPending } * slots
    let useful = max(0, demand.usefulSlots - max(0, demand.slots - own))
    return min(settings.range.most, max(settings.range.least, (useful + slots - 1) / slots))
  }

  private mutating func start(_ count: Int, among staying: [Roster.Entry], _ demand: ScalingDemand, at now: Double) {
    guard asked == nil else { return }
    if let problem = backOff.problem {
      guard now >= backOff.nextStart else { return sayOnce(problem) }
      // After a failure one at a time, until one stays.
      guard staying.allSatisfy({ $0.isProven(at: now, settings.shortLifeSeconds) }) else { return }
    } else if now < backOff.nextStart {
      return
    }
    let count = backOff.problem == nil ? count : 1
    asked = count
    let waiting = max(0, demand.openJobs - demand.runningJobs)
    // Not each time that the launch looks for room.
    if backOff.waits == 0 {
      say(
        "\(waiting) jobs wait, \(demand.runningJobs) run, \(demand.comingJobs) are to come: starting \(count) more "
          + "worker\(count == 1 ? "" : "s"), \(staying.count) present")
    }
    perform(.start(count))
  }

  private mutating func letGo(_ count: Int, of staying: [Roster.Entry], _ demand: ScalingDemand, at now: Double) {
    let since = overSince ?? now
    overSince = since
    guard now - since >= settings.coolDownSeconds else { return }
    let isLong = now - since >= settings.longOver * settings.coolDownSeconds
    // Pending workers first, then idle ones; those that may have a job only after a longer time. The youngest first.
    let candidates = staying.reversed()
    let pending = candidates.filter(\.isPending)
    let idle = candidates.filter { !$0.isPending && demand.isIdle($0.worker) }
    let others = isLong ? candidates.filter { !$0.isPending && !demand.isIdle($0.worker) } : []
    let leaving = Array((pending + idle + others).prefix(count))
    guard !leaving.isEmpty else { return }
    overSince = nil
    say("\(leaving.count) of \(staying.count) workers are asked to leave: there is no work for them")
    stop(leaving, at: now)
  }

  private mutating func requestStop(at now: Double) {
    guard case .stopping(let requests) = phase else {
      phase = .stopping(requests: 1)
      let present = roster.present
      say("\(present.count) workers are asked to leave; a second request ends them at once")
      stop(present, at: now)
      return
    }
    phase = .stopping(requests: requests + 1)
    // A third request ends the launch in any case.
    if requests >= 2 { return end(.stopped) }
    tell(roster.present, at: now)
  }

  private mutating func stop(_ workers: [Roster.Entry], at now: Double) {
    tell(workers.filter { !$0.isLeaving }, at: now)
  }

  /// Tells workers again that were told to leave and have not reacted: the signal was lost, or their place has requeued
  /// them.
  private mutating func tellAgain(at now: Double) {
    tell(
      roster.present.filter { entry in
        guard let told = entry.toldAt, entry.worker.state != .leaving else { return false }
        return now - told >= settings.tellAgainSeconds
      }, at: now)
  }

  private mutating func tell(_ workers: [Roster.Entry], at now: Double) {
    guard !workers.isEmpty else { return }
    for entry in workers { roster.markLeaving(entry.worker.id, at: now) }
    var atOnce = false
    if case .stopping(let requests) = phase { atOnce = requests > 1 }
    perform(.stop(workers.map(\.worker), now: atOnce))
  }

  // MARK: Effects

  mutating func fail(_ reason: String, at now: Double) {
    let delay = backOff.fail(at: now)
    backOff.problem =
      "\(reason); the next start is tried in \(Readable.duration(seconds: delay))"
      + (backOff.failures > 1 ? " (\(backOff.failures) in a row)" : "")
  }

  private mutating func end(_ ending: Ending) {
    phase = .ended
    perform(.end(ending))
  }

  mutating func perform(_ effect: Effect) { effects.append(effect) }
  mutating func say(_ text: String) { perform(.say(text)) }

  /// Says a text only once. After about 100 other texts it may be said again.
  mutating func sayOnce(_ text: String) {
    guard told.insert(text).inserted else { return }
    if told.count > 100 { told = [text] }
    say(text)
  }
}
