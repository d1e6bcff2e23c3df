import ReadableText

/// Decides how many workers a launch has: asks for as many as the study can use, lets go what idles, and waits longer
/// and longer where starts fail.
///
/// Pure: time comes in with each event, in seconds of a monotonic clock, and what is to be done goes out. See
/// docs/launch.md.
package struct Scaling: Sendable {
  package enum Event: Sendable {
    /// What the coordinator said.
    case demand(ScalingDemand)
    /// It did not answer, for this reason.
    case unanswered(String)
    /// All workers that the place knows; what is to be done now is decided on this.
    case listed([PlacedWorker])
    case unlisted(String)
    /// What came of `start`, and where one failed beside it, and why.
    case started([PlacedWorker], refused: [String] = [])
    case notStarted(String)
    /// The user wants it to end.
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
    /// By its user.
    case stopped
    /// It was to ask for workers once, and nobody came of it, for this reason.
    case refused(String)
  }

  enum Phase: Equatable, Sendable {
    case following
    /// The study is done, since then: its workers leave by themselves.
    case finishing(since: Double)
    /// So often was it asked to end.
    case stopping(requests: Int)
    case ended
  }

  package let settings: ScalingSettings
  var phase = Phase.following
  var demand: ScalingDemand?
  /// Why the coordinator did not answer the last question.
  var silence: String?
  var roster = Roster()
  var backOff: BackOff
  /// There are more workers than are of use, since then.
  var overSince: Double?
  /// How many were asked for, until the answer comes.
  var asked: Int?
  /// Short-lived workers in a row whose nodes were taken away.
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
      // What cannot be seen cannot be waited for.
      if case .stopping = phase, unlistedInARow >= settings.mostUnlisted { end(.stopped) }
    case .started(let workers, let refused):
      for reason in refused { sayOnce("no worker could be started: \(reason)") }
      if workers.isEmpty {
        backOff.wait(at: now)
        if refused.isEmpty { sayOnce("there is room for no more workers; it is looked for some from time to time") }
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

  /// Why no worker is there although there is work, apart from starts that failed; nil where there are some.
  var reasonForNobody: String? {
    guard roster.present.isEmpty else { return nil }
    if let silence { return silence }
    guard let demand, !demand.isDone else { return nil }
    if demand.isPaused { return "the study is paused" }
    return demand.hindrance ?? (backOff.waits > 0 ? "there is room for no worker" : nil)
  }

  // MARK: What was heard

  private mutating func hear(_ demand: ScalingDemand, at now: Double) {
    if silence != nil { say("the coordinator answers again") }
    silence = nil
    if demand.isPaused != (self.demand?.isPaused ?? false) {
      say(demand.isPaused ? "the study is paused: no worker is asked for until it goes on" : "the study goes on")
    }
    if let hindrance = demand.hindrance, self.demand?.hindrance == nil { say("no worker is asked for: \(hindrance)") }
    self.demand = demand
    if demand.isDone, phase == .following {
      phase = .finishing(since: now)
      say("the study is done: its workers leave")
    }
  }

  private mutating func missAnswer(_ reason: String) {
    if silence != reason { say("\(reason); the workers that are there go on") }
    silence = reason
  }

  // MARK: What is done

  private mutating func decide(at now: Double) {
    tellAgain(at: now)
    switch phase {
    case .ended: break
    case .following: follow(at: now)
    case .finishing(let since):
      guard !roster.present.isEmpty else { return end(.studyDone) }
      // Those that have not begun would come for nothing; the others are told by their coordinator.
      stop(roster.present.filter { $0.isPending || now - since > settings.leaveSeconds }, at: now)
      let rest = roster.leaving
      if now - since > 2 * settings.leaveSeconds, !rest.isEmpty { perform(.stop(rest.map(\.worker), now: true)) }
    case .stopping:
      if roster.present.isEmpty { end(.stopped) }
    }
  }

  private mutating func follow(at now: Double) {
    guard silence == nil, let demand else {
      // They left by themselves, with 0: the study was done, and nobody is there to say so.
      if demand != nil, roster.present.isEmpty, roster.lastEnd == .done {
        say("its workers have left and the coordinator is gone: the study is over, or waits for its coordinator")
        end(.studyDone)
      }
      return
    }
    let staying = roster.present.filter { !$0.isLeaving }
    guard let target = target(for: demand, among: staying) else {
      // One will tell how many slots it has.
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

  /// How many workers there are to be; nil where it is not known how many slots a worker has.
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
      // One at a time, until one stays.
      guard staying.allSatisfy({ $0.isProven(at: now, settings.shortLifeSeconds) }) else { return }
    } else if now < backOff.nextStart {
      return
    }
    let count = backOff.problem == nil ? count : 1
    asked = count
    let waiting = max(0, demand.openJobs - demand.runningJobs)
    // Not each time that it is looked for room.
    if backOff.waits == 0 {
      say(
        "\(waiting) jobs wait, \(demand.runningJobs) run, \(demand.comingJobs) are to come: \(count) more "
          + "worker\(count == 1 ? "" : "s") asked for, \(staying.count) here")
    }
    perform(.start(count))
  }

  private mutating func letGo(_ count: Int, of staying: [Roster.Entry], _ demand: ScalingDemand, at now: Double) {
    let since = overSince ?? now
    overSince = since
    guard now - since >= settings.coolDownSeconds else { return }
    let isLong = now - since >= settings.longOver * settings.coolDownSeconds
    // What has not begun first, then what idles; what may have a job only after long, the youngest first.
    let candidates = staying.reversed()
    let pending = candidates.filter(\.isPending)
    let idle = candidates.filter { !$0.isPending && demand.isIdle($0.worker) }
    let others = isLong ? candidates.filter { !$0.isPending && !demand.isIdle($0.worker) } : []
    let leaving = Array((pending + idle + others).prefix(count))
    guard !leaving.isEmpty else { return }
    overSince = nil
    say("\(leaving.count) of \(staying.count) workers are let go: there is no work for them")
    stop(leaving, at: now)
  }

  private mutating func requestStop(at now: Double) {
    guard case .stopping(let requests) = phase else {
      phase = .stopping(requests: 1)
      let present = roster.present
      say("\(present.count) workers are asked to leave; once more ends them at once")
      stop(present, at: now)
      return
    }
    phase = .stopping(requests: requests + 1)
    // Whatever is the matter, a third one ends the launch.
    if requests >= 2 { return end(.stopped) }
    tell(roster.present, at: now)
  }

  private mutating func stop(_ workers: [Roster.Entry], at now: Double) {
    tell(workers.filter { !$0.isLeaving }, at: now)
  }

  /// Those that were told and are as they were: the word was lost, or their place has queued them again.
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

  // MARK: What is said

  mutating func fail(_ reason: String, at now: Double) {
    let delay = backOff.fail(at: now)
    backOff.problem =
      "\(reason); the next is tried in \(Readable.duration(seconds: delay))"
      + (backOff.failures > 1 ? " (\(backOff.failures) in a row)" : "")
  }

  private mutating func end(_ ending: Ending) {
    phase = .ended
    perform(.end(ending))
  }

  mutating func perform(_ effect: Effect) { effects.append(effect) }
  mutating func say(_ text: String) { perform(.say(text)) }

  /// Not again; what was told long ago is told once more.
  mutating func sayOnce(_ text: String) {
    guard told.insert(text).inserted else { return }
    if told.count > 100 { told = [text] }
    say(text)
  }
}
