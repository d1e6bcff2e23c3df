import Foundation
import ReadableText

/// A pod as `kubectl get pods -o json` describes it, limited to what tells the state of a worker. The answer comes from
/// outside, so most fields may be missing.
struct KubernetesPod: Decodable, Sendable {
  struct Metadata: Decodable, Sendable {
    var name: String
    var creationTimestamp: Date?
    var annotations: [String: String]?
    /// Set once the pod is told to end.
    var deletionTimestamp: Date?
  }

  struct Spec: Decodable, Sendable {
    struct Container: Decodable, Sendable {
      var name: String
      var resources: Resources?
    }
    struct Resources: Decodable, Sendable {
      /// Quantities such as `2`, `1500m` or `4Gi`, by resource.
      var limits: [String: Quantity]?
    }
    var nodeName: String?
    var containers: [Container]?
  }

  struct Condition: Decodable, Sendable {
    var type: String
    var status: String
    var reason: String?
    var message: String?
    var lastTransitionTime: Date?
  }

  struct ContainerStatus: Decodable, Sendable {
    var name: String
    var restartCount: Int?
    var state: ContainerState?
    /// How the container ended before it was started again.
    var lastState: ContainerState?
  }

  struct ContainerState: Decodable, Sendable {
    struct Waiting: Decodable, Sendable {
      var reason: String?
      var message: String?
    }
    struct Running: Decodable, Sendable { var startedAt: Date? }
    struct Terminated: Decodable, Sendable {
      var exitCode: Int
      var reason: String?
      /// The message that the container wrote for this purpose, or the end of its log.
      var message: String?
      var finishedAt: Date?

      var lastLine: String? {
        message?.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }.map {
          String($0).withoutErrorPrefix
        }
      }
    }
    var waiting: Waiting?
    var running: Running?
    var terminated: Terminated?
  }

  struct Status: Decodable, Sendable {
    var phase: String?
    var reason: String?
    var message: String?
    var conditions: [Condition]?
    var initContainerStatuses: [ContainerStatus]?
    var containerStatuses: [ContainerStatus]?
  }

  var metadata: Metadata
  var spec: Spec?
  var status: Status?

  /// What `kubectl` prints for several pods.
  struct List: Decodable, Sendable { var items: [KubernetesPod] }
}

/// A resource quantity. Reads the number `2` and the text `"2"` alike.
struct Quantity: Decodable, Hashable, Sendable {
  var text: String

  init(_ text: String) { self.text = text }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Double.self) {
      text = "\(number)"
    } else {
      text = try container.decode(String.self)
    }
  }

  /// The quantity as a number of processors, rounded up, which is the worker's number of slots; `nil` if it is not such
  /// a number.
  var processors: Int? {
    let value = text.hasSuffix("m") ? Double(text.dropLast()).map { $0 / 1000 } : Double(text)
    guard let value, value > 0, value < 1e6 else { return nil }
    return Int(value.rounded(.up))
  }
}

extension KubernetesPod {
  /// The annotation that makes a pod cheaper to delete than the others, so that the Deployment removes it first when it
  /// is scaled down.
  static let deletionCost = "controller.kubernetes.io/pod-deletion-cost"
  static let cheapest = "-1000"

  /// Whether the pod was marked for removal when the Deployment was scaled down.
  var isToGo: Bool { metadata.annotations?[Self.deletionCost] == Self.cheapest }

  /// - Parameter container: the name of the worker's container; if none has it, the first container counts.
  func worker(container: String) -> PlacedWorker {
    let (state, since) = state(container: container)
    let own = spec?.containers?.first { $0.name == container } ?? spec?.containers?.first
    var worker = PlacedWorker(
      id: metadata.name, host: spec?.nodeName, slots: own?.resources?.limits?["cpu"]?.processors, state: state,
      since: since)
    // The pod's host name, with which its worker's name begins. The process number does not distinguish workers: in its
    // container each is the first process.
    worker.ownName = String(metadata.name.prefix(63))
    return worker
  }

  private func state(container name: String) -> (PlacedState, Date?) {
    let own = status?.containerStatuses?.first { $0.name == name } ?? status?.containerStatuses?.first
    if let (end, detail) = disruption { return (.ended(end, detail: detail), metadata.deletionTimestamp) }
    switch status?.phase {
    case "Succeeded": return (.ended(.done, detail: nil), own?.state?.terminated?.finishedAt)
    case "Failed":
      let (end, detail) = failure(of: own)
      return (.ended(end, detail: detail), own?.state?.terminated?.finishedAt)
    case "Unknown":
      return (.ended(.nodeFailure, detail: told("its node does not answer", status?.message)), nil)
    default: break
    }
    if let left = metadata.deletionTimestamp { return (.leaving, left) }
    if let running = own?.state?.running { return (.running, running.startedAt) }
    return (.pending(reason: waitingReason(own)), metadata.creationTimestamp)
  }

  /// How the cluster took the pod's place away; `nil` if it did not. The pod may still exist to hand back its jobs; the
  /// Deployment has created another by then.
  private var disruption: (PlacedEnd, String)? {
    let isGoing = metadata.deletionTimestamp != nil || status?.phase == "Failed"
    let condition = status?.conditions?.first { $0.type == "DisruptionTarget" && $0.status == "True" }
    guard isGoing else { return nil }
    if status?.reason == "NodeLost" { return (.nodeFailure, told("its node is lost", status?.message)) }
    guard let condition else { return nil }
    switch condition.reason {
    case "PreemptionByScheduler": return (.preempted, told("for pods of a higher priority", condition.message))
    case "EvictionByEvictionAPI": return (.preempted, told("evicted from its node", condition.message))
    case "DeletionByTaintManager": return (.nodeFailure, told("its node is tainted", condition.message))
    case "DeletionByPodGC": return (.nodeFailure, told("its node is gone", condition.message))
    // TerminationByKubelet: the pod's own reason says more.
    default: return nil
    }
  }

  private func failure(of own: ContainerStatus?) -> (PlacedEnd, String?) {
    let message = status?.message
    switch status?.reason {
    case "Evicted": return (.preempted, told("evicted", message))
    case "Preempting", "Preempted": return (.preempted, told("preempted", message))
    case "Terminated", "Shutdown", "NodeShutdown": return (.preempted, told("its node was shut down", message))
    case "DeadlineExceeded": return (.timeLimit, message?.inOneLine)
    default: break
    }
    guard let terminated = own?.state?.terminated else {
      return (.failed, told(status?.reason ?? "it never started", message))
    }
    return Self.end(terminated)
  }

  private static func end(_ terminated: ContainerState.Terminated) -> (PlacedEnd, String?) {
    if terminated.reason == "OOMKilled" {
      return (.outOfMemory, "the container's memory limit was exceeded; raise it, or give worker fewer --slots")
    }
    if terminated.exitCode == 0 { return (.done, nil) }
    return (.failed, told("exit code \(terminated.exitCode)", terminated.lastLine))
  }

  private func waitingReason(_ own: ContainerStatus?) -> String? {
    // Init containers run first, so their reasons come first.
    let before = status?.initContainerStatuses ?? []
    let waiting = (before + [own].compactMap(\.self)).filter { $0.state?.waiting != nil }
    let notable = waiting.first { !["ContainerCreating", "PodInitializing", nil].contains($0.state?.waiting?.reason) }
    if let notable, let reason = notable.state?.waiting?.reason {
      guard reason == "CrashLoopBackOff", let last = notable.lastState?.terminated else {
        return told(reason, notable.state?.waiting?.message)
      }
      let (end, detail) = Self.end(last)
      // The container was started again after each end but the last.
      let count = min(max(0, notable.restartCount ?? 0), Int(Int32.max)) + 1
      let name = notable.name == own?.name ? "" : "\(notable.name.inOneLine) "
      return "\(reason): \(name)ended \(count == 1 ? "once" : "\(count) times"), last \(told(end.rawValue, detail))"
    }
    if let current = before.last(where: { $0.state?.running != nil }) {
      return told("the init container \(current.name.inOneLine) is running", current.lastState?.terminated?.lastLine)
    }
    if let scheduled = status?.conditions?.first(where: { $0.type == "PodScheduled" }), scheduled.status == "False" {
      return told(scheduled.reason ?? "not scheduled", scheduled.message)
    }
    return waiting.first.flatMap { $0.state?.waiting?.reason.map { reason in told(reason, nil) } }
  }
}

/// One line: `what`, and the cluster's message about it.
private func told(_ what: String, _ message: String?) -> String {
  guard let message, !message.allSatisfy(\.isWhitespace) else { return what.inOneLine }
  return "\(what.inOneLine): \(message.inOneLine)"
}
