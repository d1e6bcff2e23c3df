import Foundation
import Testing

@testable import Launching

/// How a pod ended, from statuses as Kubernetes writes them.
@Suite("states of pods")
struct KubernetesPodTests {
  private func state(_ status: String, deleted: Bool = false) throws -> PlacedState {
    let deletion = deleted ? #", "deletionTimestamp": "2026-11-27T03:00:00Z", "deletionGracePeriodSeconds": 60"# : ""
    let text = #"""
      {"metadata": {"name": "w-1", "creationTimestamp": "2026-11-27T02:00:00Z"\#(deletion)},
       "spec": {"containers": [{"name": "worker"}]}, "status": \#(status)}
      """#
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return try decoder.decode(KubernetesPod.self, from: Data(text.utf8)).worker(container: "worker").state
  }

  private func container(_ state: String, last: String = "{}", restarts: Int = 0) -> String {
    #"[{"name": "worker", "restartCount": \#(restarts), "state": \#(state), "lastState": \#(last)}]"#
  }

  @Test("pending pods have the cluster's reason")
  func pending() throws {
    #expect(try state("{}") == .pending(reason: nil))
    #expect(
      try state(
        #"""
        {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
          "message": "0/3 nodes are available: 3 Insufficient cpu."}]}
        """#) == .pending(reason: "Unschedulable: 0/3 nodes are available: 3 Insufficient cpu."))
    let starting = container(#"{"waiting": {"reason": "ContainerCreating"}}"#)
    #expect(
      try state(#"{"phase": "Pending", "containerStatuses": \#(starting)}"#) == .pending(reason: "ContainerCreating"))
    for (reason, message) in [
      ("ImagePullBackOff", #"Back-off pulling image \"layersearch:none\""#),
      ("CreateContainerConfigError", #"secret \"worker-keys\" not found"#),
    ] {
      let waiting = container(#"{"waiting": {"reason": "\#(reason)", "message": "\#(message)"}}"#)
      let found = try state(#"{"phase": "Pending", "containerStatuses": \#(waiting)}"#)
      #expect(found == .pending(reason: "\(reason): \(message.replacing("\\", with: ""))"))
    }
    let crashing = container(
      #"{"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}}"#,
      last: #"{"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-11-27T02:30:00Z"}}"#,
      restarts: 4)
    let reason = try state(#"{"phase": "Running", "containerStatuses": \#(crashing)}"#).reason
    #expect(reason?.hasPrefix("CrashLoopBackOff: ended 5 times, last out of memory: ") == true)
    for restarts in [Int.max, .min] {
      let waiting = container(
        #"{"waiting": {"reason": "CrashLoopBackOff"}}"#, last: #"{"terminated": {"exitCode": 1}}"#, restarts: restarts)
      let reason = try state(#"{"phase": "Running", "containerStatuses": \#(waiting)}"#).reason
      #expect(reason?.hasPrefix("CrashLoopBackOff: ended \(restarts > 0 ? "2147483648 times" : "once"), ") == true)
    }
  }

  @Test("a pod whose coordinator cannot be reached says so, as its init container found it")
  func probe() throws {
    let worker = container(#"{"waiting": {"reason": "PodInitializing"}}"#)
    let failed = #"""
      {"terminated": {"exitCode": 1, "message": "more\nlayersearch: error: no coordinator at tcp://c:5555\n"}}
      """#
    func status(_ state: String, restarts: Int, hasFailed: Bool = true) -> String {
      #"""
      {"phase": "Pending", "initContainerStatuses": [{"name": "probe", "restartCount": \#(restarts), "state": \#(state),
        "lastState": \#(hasFailed ? failed : "{}")}], "containerStatuses": \#(worker)}
      """#
    }
    #expect(
      try state(status(#"{"running": {}}"#, restarts: 0, hasFailed: false))
        == .pending(reason: "the init container probe is running"))
    #expect(
      try state(status(#"{"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}"#, restarts: 0))
        == .pending(
          reason: "CrashLoopBackOff: probe ended once, last failed: exit code 1: no coordinator at tcp://c:5555"))
    #expect(
      try state(status(#"{"running": {}}"#, restarts: 2))
        == .pending(
          reason: "the init container probe is running: no coordinator at tcp://c:5555"))
  }

  @Test("ends are told apart")
  func ends() throws {
    func end(_ status: String, deleted: Bool = false) throws -> PlacedEnd? {
      guard case .ended(let end, _) = try state(status, deleted: deleted) else { return nil }
      return end
    }
    func disrupted(_ reason: String, phase: String = "Running") -> String {
      #"""
      {"phase": "\#(phase)", "conditions": [{"type": "DisruptionTarget", "status": "True", "reason": "\#(reason)",
        "message": "said\nso"}], "containerStatuses": \#(container(#"{"running": {}}"#))}
      """#
    }
    #expect(try end(#"{"phase": "Succeeded"}"#) == .done)
    #expect(try end(#"{"phase": "Unknown"}"#) == .nodeFailure)
    let evicted = #"{"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory. "}"#
    #expect(try state(evicted) == .ended(.preempted, detail: "evicted: The node was low on resource: memory. "))
    for (reason, expected) in [
      ("Preempting", PlacedEnd.preempted), ("Terminated", .preempted), ("NodeLost", .nodeFailure),
      ("DeadlineExceeded", .timeLimit), ("UnexpectedAdmissionError", .failed), ("OutOfcpu", .failed),
    ] {
      #expect(try end(#"{"phase": "Failed", "reason": "\#(reason)", "message": "m"}"#) == expected, "\(reason)")
    }
    for (reason, expected) in [
      ("PreemptionByScheduler", PlacedEnd.preempted), ("EvictionByEvictionAPI", .preempted),
      ("DeletionByTaintManager", .nodeFailure), ("DeletionByPodGC", .nodeFailure),
    ] {
      #expect(try end(disrupted(reason), deleted: true) == expected, "\(reason)")
      #expect(try end(disrupted(reason, phase: "Failed")) == expected, "\(reason)")
      // The pod was to be disrupted, and was not.
      #expect(try end(disrupted(reason)) == nil)
    }
    for (terminated, expected) in [
      (#"{"exitCode": 137, "reason": "OOMKilled"}"#, PlacedEnd.outOfMemory),
      (#"{"exitCode": 1, "reason": "Error"}"#, .failed), (#"{"exitCode": 0, "reason": "Completed"}"#, .done),
    ] {
      let statuses = container(#"{"terminated": \#(terminated)}"#)
      #expect(try end(#"{"phase": "Failed", "containerStatuses": \#(statuses)}"#) == expected, "\(terminated)")
    }
  }

  @Test("a pod that is told to end is leaving, one that is at work runs, and slots are its processors")
  func others() throws {
    let running = #"{"phase": "Running", "containerStatuses": \#(container(#"{"running": {}}"#))}"#
    #expect(try state(running) == .running)
    #expect(try state(running, deleted: true) == .leaving)
    for (text, slots) in [("2", 2), ("1500m", 2), ("250m", 1), ("0.5", 1), ("x", nil), ("-1", nil), ("1e99", nil)] {
      #expect(Quantity(text).processors == slots, "\(text)")
    }
  }
}
