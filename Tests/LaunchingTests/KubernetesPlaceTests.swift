import Foundation
import TestSupport
import Testing

@testable import Launching

/// Uses a program that answers as `kubectl` does and keeps a small cluster in files: `Fixtures/kubectl`.
@Suite("workers as pods")
struct KubernetesPlaceTests {
  private let place: TestSupport.Place
  private let invocation = WorkerInvocation(connect: "tcp://coordinator:5555", name: "try")

  init() throws {
    place = try TestSupport.Place()
    for folder in ["pods", "costs", "secrets"] {
      try FileManager.default.createDirectory(atPath: place.path(folder), withIntermediateDirectories: true)
    }
    try place.write("0\n", to: "replicas")
    try place.write("0\n", to: "made")
    try place.write(#"{"apiVersion": "v1", "kind": "List", "items": []}"#, to: "autoscalers")
    try place.write("coordinator-key\npublic-key\nsecret-key\n", to: "secrets/worker-keys")
    let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/kubectl")
    try FileManager.default.createSymbolicLink(atPath: place.path("kubectl"), withDestinationPath: fixture.path)
  }

  private func workers(_ deployment: String = "workers", namespace: String? = "study") -> KubernetesPlace {
    KubernetesPlace(
      deployment: deployment, namespace: namespace, context: "cluster", kubectl: place.path("kubectl"))
  }

  private var calls: [String] {
    ((try? String(contentsOfFile: place.path("calls"), encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
  }

  @Test("workers are started, listed and let go: those that were named, not any")
  func course() async throws {
    let workers = workers()
    try await workers.examine(invocation)
    let first = try await workers.start(2, invocation)
    #expect(first.map(\.id) == ["workers-7d9c-1", "workers-7d9c-2"])
    let expected = try Date("2026-11-27T02:00:03Z", strategy: .iso8601)
    #expect(first[0].host == "node-a" && first[0].slots == 2)
    #expect(first[0].state == .running && first[0].since == expected)
    #expect(try await workers.start(1, invocation).map(\.id) == ["workers-7d9c-3"])
    #expect(try await workers.log(of: first[0], lines: 20) == "a line of workers-7d9c-1\n")

    // By itself the cluster would remove the newest pod.
    try await workers.stop([first[0]], now: false)
    #expect(try await workers.list().map(\.id) == ["workers-7d9c-2", "workers-7d9c-3"])
    // A worker that is gone is not stopped again.
    try await workers.stop([first[0]], now: false)
    #expect(try await workers.list().count == 2)
    try await workers.stop(try await workers.list(), now: true)
    #expect(try await workers.list().isEmpty)
    #expect(calls.allSatisfy { $0.hasPrefix("--context cluster --namespace study ") })
    #expect(calls.last(where: { $0.contains("delete") })?.contains("--now --wait=false") == true)
    #expect(!calls.contains { $0.contains("secret worker-keys -o json") }, "keys are asked for")
  }

  @Test("pods that the cluster does not make are not asked for again")
  func quota() async throws {
    try place.write("1\n", to: "quota")
    var workers = workers()
    workers.longestAppearance = .zero
    #expect(try await workers.start(3, invocation).count == 1)
    for _ in 0..<3 { #expect(try await workers.start(2, invocation).isEmpty) }
    #expect(try String(contentsOfFile: place.path("replicas"), encoding: .utf8) == "3\n")
    // They are not made either when all present pods are stopped.
    let there = try await workers.list()
    try await workers.stop(there, now: false)
    #expect(try String(contentsOfFile: place.path("replicas"), encoding: .utf8) == "0\n")
    try await workers.stop(there, now: false)
    unlink(place.path("quota"))
    #expect(try await workers.start(4, invocation).count == 4)
  }

  @Test("a Secret that is not there, or without a key, is told before the first start")
  func secrets() async throws {
    try place.write("coordinator-key\npublic-key\n", to: "secrets/worker-keys")
    var error = await #expect(throws: LaunchError.self) { try await workers().examine(invocation) }
    #expect(error?.description.hasPrefix("the Secret worker-keys has no secret-key; ") == true, "\(error as Any)")
    unlink(place.path("secrets/worker-keys"))
    error = await #expect(throws: LaunchError.self) { try await workers().examine(invocation) }
    #expect(error?.description.contains("there is no Secret worker-keys") == true)
    #expect(error?.description.contains("create secret generic worker-keys --from-file=DIR") == true)
  }

  @Test("a deployment that is not there, a cluster that refuses and a kubectl that is not there are a line each")
  func refusals() async throws {
    var error = await #expect(throws: LaunchError.self) { try await workers("others").list() }
    #expect(error?.description.hasPrefix("there is no deployment others in the namespace study; ") == true)
    try place.write(
      "Unable to connect to the server: dial tcp 10.0.0.1:6443: connect: connection refused\n", to: "broken")
    error = await #expect(throws: LaunchError.self) { try await workers().start(1, invocation) }
    #expect(error?.description.hasSuffix("10.0.0.1:6443: connect: connection refused") == true)
    let nowhere = KubernetesPlace(deployment: "workers", namespace: nil, context: nil, kubectl: "no-such-kubectl")
    error = await #expect(throws: LaunchError.self) { try await nowhere.examine(invocation) }
    #expect(error?.description.hasPrefix("no-such-kubectl: there is no such program") == true)
    unlink(place.path("broken"))
    try place.write("not JSON\n", to: "pods/x")
    error = await #expect(throws: LaunchError.self) { try await workers().list() }
    #expect(error?.description.contains("get pods: its answer cannot be read") == true)
    for error in [error] { #expect(error?.description.contains("\n") == false) }
  }

  @Test("a launch that means another coordinator than the pods do is told so")
  func otherCoordinator() async throws {
    let other = WorkerInvocation(connect: "tcp://10.0.0.1:5555", name: "try")
    let error = await #expect(throws: LaunchError.self) { try await workers().examine(other) }
    #expect(error?.kind == .usage && error?.description.contains("give --connect tcp://coordinator:5555") == true)
    let place = workers()
    let same = KubernetesPlace(place.settings)
    #expect(same.deployment == "workers" && same.namespace == "study" && same.context == "cluster")
  }

  @Test("a deployment that an autoscaler keeps is not launched into")
  func autoscaler() async throws {
    try place.write(
      #"""
      {"items": [{"metadata": {"name": "other"}, "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}}},
        {"metadata": {"name": "by-jobs"}, "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "workers"}}}]}
      """#, to: "autoscalers")
    let error = await #expect(throws: LaunchError.self) { try await workers().examine(invocation) }
    #expect(error?.description.contains("is scaled by the autoscaler by-jobs") == true, "\(error as Any)")
  }
}
