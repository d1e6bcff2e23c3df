import Dispatch
import Foundation
import SearchCore
import Studies
import StudyPages
import StudyStore
import StudyViews
import Synchronization

/// Connects a coordinator with all readers: receives the coordinator's news, keeps the view of its study up to date on
/// its own queue, and publishes the changes to the readers.
package final class LiveBoard: StudyObserver {
  private struct State {
    var study: LiveStudy?
    /// News that the queue has not applied yet.
    var inbox: [StudyNews] = []
    var isWorking = false
    var lastFacts: String?
    var toldEvents = 0
    var isClosed = false
  }

  private let state = Mutex(State())
  let hub = EventHub()
  let figures: FigureMaker
  let histories: HistoryDesk
  private let queue = DispatchQueue(label: "layersearch.live", qos: .utility)

  private static let secondsBetweenBeats = 5.0
  /// The maximum time for the last figures, and again for readers to fetch the final state.
  private static let farewellSeconds = 3.0
  /// The number of latest events that a new reader receives.
  private static let eventsShown = 100

  package init(_ sources: PageSources) {
    figures = FigureMaker(sources.figures)
    histories = HistoryDesk(sources.history)
    figures.onChange = { [hub] version in hub.publish(EventHub.message("figures", "{\"version\":\(version)}")) }
    scheduleBeat()
  }

  private func scheduleBeat() {
    queue.asyncAfter(deadline: .now() + Self.secondsBetweenBeats) { [weak self] in
      guard let self, !self.state.withLock({ $0.isClosed }) else { return }
      self.beat()
      self.scheduleBeat()
    }
  }

  // MARK: StudyObserver

  package func begin(_ study: OpenStudy, jobs: [JobRecord]) throws {
    let live = try LiveStudy(of: study, jobs: jobs, now: StudyStore.systemClock())
    state.withLock { state in
      state.toldEvents = live.events.last
      state.study = live
    }
    figures.begin(folder: study.folder)
    histories.begin(folder: study.folder)
  }

  package func observe(_ news: StudyNews) {
    let isFree = state.withLock { state in
      state.inbox.append(news)
      defer { state.isWorking = true }
      return !state.isWorking
    }
    if isFree { queue.async { self.work() } }
  }

  private func work() {
    state.withLock { state in
      for news in state.inbox { state.study?.apply(news) }
      state.inbox = []
      state.isWorking = false
      guard let study = state.study else { return }
      let (events, _) = study.events.after(state.toldEvents, atMost: EventList.most)
      for event in events { hub.publish(Self.message(event, id: id(event.number))) }
      state.toldEvents = study.events.last
      let facts = Self.text(of: LiveFacts(study))
      if facts != state.lastFacts {
        state.lastFacts = facts
        hub.publish(EventHub.message("study", facts))
      }
      figures.want(revision: study.revision, isRead: hub.count > 0)
    }
  }

  private func beat() {
    hub.publish(EventHub.message("beat", ""))
    state.withLock { state in
      if let study = state.study { figures.want(revision: study.revision, isRead: hub.count > 0) }
    }
  }

  // MARK: Readers

  /// Calls `body` with the current study, which must not be kept: while a copy exists, the next change would copy the
  /// whole study. Returns `nil` before the coordinator has opened the study.
  func withStudy<Value: Sendable>(_ body: (LiveStudy) -> Value) -> Value? {
    state.withLock { state in state.study.map { body($0) } }
  }

  /// - Parameter last: The ID of the last event that the reader received; `nil` for a new reader.
  /// - Returns: `nil` if there are too many readers.
  func subscribe(last: String?) -> AsyncStream<[UInt8]>? {
    state.withLock { state in
      var first = [EventHub.message("hello", "{\"boot\":\"\(hub.boot)\",\"version\":\(API.version)}")]
      if let study = state.study {
        // For a reader of another coordinator, the stream starts over.
        let known = last.flatMap { number(of: $0) }
        let (events, isCut) = study.events.after(known ?? 0, atMost: known == nil ? Self.eventsShown : .max)
        if known != nil, isCut {
          let lost = LiveStudy.Event(
            number: events.first?.number ?? 0, time: StudyStore.systemClock(), kind: .note,
            text: "earlier events were missed; status --explain shows them")
          first.append(Self.message(lost, id: nil))
        }
        for event in events { first.append(Self.message(event, id: id(event.number))) }
        if events.isEmpty { first.append(EventHub.message("beat", "", id: id(study.events.last))) }
        first.append(EventHub.message("study", Self.text(of: LiveFacts(study))))
        figures.want(revision: study.revision, isRead: true)
      }
      if let version = figures.latest?.version {
        first.append(EventHub.message("figures", "{\"version\":\(version)}"))
      }
      return hub.subscribe(first: first)
    }
  }

  private func id(_ number: Int) -> String { "\(hub.boot)-\(number)" }

  private func number(of id: String) -> Int? {
    guard id.hasPrefix(hub.boot + "-") else { return nil }
    return Int(id.dropFirst(hub.boot.count + 1))
  }

  private static func message(_ event: LiveStudy.Event, id: String?) -> [UInt8] {
    EventHub.message("event", text(of: API.Event(event)), id: id)
  }

  private static func text(of value: some Encodable) -> String { (try? API.text(of: value)) ?? "{}" }

  /// Returns when all news received so far has been published.
  func waitUntilShown() { queue.sync {} }

  /// Ends all streams after the last news. If the coordinator has ended in good order, readers are told first and get
  /// time to fetch the final state; they disconnect by themselves.
  func close() {
    state.withLock { $0.isClosed = true }
    waitUntilShown()
    if hub.count > 0, let (isOver, revision) = withStudy({ ($0.isOver, $0.revision) }), isOver {
      figures.finish(revision: revision, within: Self.farewellSeconds)
      hub.publish(EventHub.message("end", "{}"))
      hub.awaitDeparture(seconds: Self.farewellSeconds)
    }
    hub.close()
    figures.close()
  }
}

private typealias EventList = LiveStudy.EventList
