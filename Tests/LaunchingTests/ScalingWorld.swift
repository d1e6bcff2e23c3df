import Launching

/// A launch with a simulated place and coordinator, on a clock that the test advances.
struct ScalingWorld {
  var scaling: Scaling
  var now = 0.0
  var workers: [PlacedWorker] = []
  var demand = ScalingDemand(openJobs: 0)
  /// The state of workers after their start.
  var state = PlacedState.running
  var slots: Int? = 1
  /// The number of workers that the place has room for; `nil` for no limit.
  var room: Int?
  /// The refusals of parts of the place.
  var partRefused: [String] = []
  /// The number of requests to start workers that were answered with `started`.
  var requests = 0
  var refusal: String?
  /// Whether requests to leave are lost.
  var losesStops = false
  private(set) var starts = 0
  private(set) var said: [String] = []
  private(set) var ending: Scaling.Ending?
  private(set) var stopped: [String] = []
  private(set) var killed: [String] = []

  init(_ range: String, change: (inout ScalingSettings) -> Void = { _ in }) {
    var settings = ScalingSettings(range: WorkerRange(range)!, slots: 1)
    change(&settings)
    scaling = Scaling(settings: settings)
  }

  /// A launch after its first look, with `jobs` open jobs.
  init(_ range: String, withJobs jobs: Int) {
    self.init(range)
    demand.openJobs = jobs
    look()
  }

  var present: [PlacedWorker] { workers.filter { $0.state.isPresent } }
  var staying: [PlacedWorker] {
    present.filter { if case .leaving = $0.state { false } else { true } }
  }

  /// Looks at the coordinator and the place, as a launcher does.
  mutating func look(after seconds: Double = 1, answer: Bool = true) {
    now += seconds
    let registered = staying.filter { $0.state == .running }
    demand.slots = registered.reduce(0) { $0 + ($1.slots ?? 0) }
    demand.workers = registered.count { $0.slots != nil }
    handle(answer ? .demand(demand) : .unanswered("no coordinator"))
    handle(.listed(workers))
  }

  mutating func handle(_ event: Scaling.Event) {
    for effect in scaling.handle(event, at: now) {
      switch effect {
      case .say(let text): said.append(text)
      case .end(let ending): self.ending = ending
      case .stop(let chosen, let atOnce):
        for worker in chosen {
          guard let index = workers.firstIndex(where: { $0.id == worker.id }) else { continue }
          if !losesStops { workers[index].state = atOnce ? .ended(.cancelled, detail: nil) : .leaving }
          if atOnce { killed.append(worker.id) } else { stopped.append(worker.id) }
        }
      case .start(let count):
        if let refusal {
          starts += 1
          handle(.notStarted(refusal))
          continue
        }
        requests += 1
        let had = min(count, room.map { max(0, $0 - present.count) } ?? count)
        let new = (0..<had).map {
          PlacedWorker(id: "w\(starts + $0)", host: "h\(starts + $0)", slots: slots, state: state)
        }
        starts += had
        workers += new
        handle(.started(new, refused: partRefused))
      }
    }
  }

  mutating func end(_ id: String, _ end: PlacedEnd) {
    for index in workers.indices where workers[index].id == id { workers[index].state = .ended(end, detail: "so") }
  }
}
