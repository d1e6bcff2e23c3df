import Processes
import Synchronization

/// Runs a launch: asks the coordinator, lists the place's workers, and does what `Scaling` decides.
package struct Launcher: Sendable {
  let place: any Place
  let worker: WorkerInvocation
  let settings: ScalingSettings
  let demand: @Sendable () async -> Result<ScalingDemand, LaunchError>
  let say: @Sendable (String) -> Void

  /// - Parameters:
  ///   - demand: asks the coordinator; may take some seconds.
  ///   - say: shows one line to the user.
  package init(
    place: any Place, worker: WorkerInvocation, settings: ScalingSettings,
    demand: @escaping @Sendable () async -> Result<ScalingDemand, LaunchError>,
    say: @escaping @Sendable (String) -> Void
  ) {
    self.place = place
    self.worker = worker
    self.settings = settings
    self.demand = demand
    self.say = say
  }

  /// Counts requests to end. Usable from any thread.
  package final class StopRequests: Sendable {
    private let count = Mutex(0)
    package init() {}
    package func add() { count.withLock { $0 += 1 } }
    package var total: Int { count.withLock { $0 } }
  }

  /// Runs until the study is done or the user asks the launch to end.
  /// - Parameter once: whether to return after the first round of starts.
  package func run(stops: StopRequests, once: Bool = false) async -> Scaling.Ending? {
    var scaling = Scaling(settings: settings)
    var seenStops = 0
    while true {
      var events: [Scaling.Event] = []
      let isEnding = stops.total > 0
      // A launcher that has been asked to end does not wait for the coordinator.
      if !isEnding {
        switch await demand() {
        case .success(let demand): events.append(.demand(examined(demand)))
        case .failure(let error): events.append(.unanswered("\(error)"))
        }
      }
      while seenStops < stops.total {
        seenStops += 1
        events.append(.stopRequested)
      }
      events.append(await listed())
      var refusal: String?
      var next = 0
      while next < events.count {
        let effects = scaling.handle(events[next], at: MonotonicClock.now)
        next += 1
        for effect in effects {
          switch effect {
          case .say(let text): say(text)
          case .start(let count):
            let event = await started(count)
            switch event {
            case .notStarted(let reason): refusal = reason
            case .started(let workers, let reasons) where workers.isEmpty && !reasons.isEmpty:
              refusal = reasons.joined(separator: "; ")
            default: break
            }
            events.append(event)
          case .stop(let workers, let now): await stop(workers, now: now)
          case .end(let ending): return ending
          }
        }
      }
      if once { return (refusal ?? scaling.reasonForNobody).map(Scaling.Ending.refused) }
      await pause(unless: { stops.total > seenStops })
    }
  }

  /// Adds the place's objection, if any. The duration of trainings is known only once some are running.
  private func examined(_ demand: ScalingDemand) -> ScalingDemand {
    guard let seconds = demand.jobSeconds else { return demand }
    var demand = demand
    do throws(LaunchError) { try place.allow(jobSeconds: seconds) } catch { demand.hindrance = "\(error)" }
    return demand
  }

  private func listed() async -> Scaling.Event {
    do throws(LaunchError) { return .listed(try await place.list()) } catch { return .unlisted("\(error)") }
  }

  private func started(_ count: Int) async -> Scaling.Event {
    do throws(LaunchError) { return .started(try await place.start(count, worker), refused: place.refused) } catch {
      return .notStarted("\(error)")
    }
  }

  private func stop(_ workers: [PlacedWorker], now: Bool) async {
    do throws(LaunchError) { try await place.stop(workers, now: now) } catch { say("\(error)") }
  }

  private func pause(unless isOver: () -> Bool) async {
    let end = MonotonicClock.now + place.kind.secondsBetweenLooks
    while MonotonicClock.now < end, !isOver() { try? await Task.sleep(for: .milliseconds(100)) }
  }
}

extension PlaceKind {
  /// The number of seconds between two lists of the place's workers.
  var secondsBetweenLooks: Double {
    switch self {
    case .local: 1
    case .kubernetes: 2
    case .ssh, .slurm: 4
    }
  }
}
