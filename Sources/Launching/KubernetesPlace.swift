import Foundation
import ReadableText
import ShellCommands

/// Workers as pods of a Deployment, which `kubectl` scales. The Deployment (`cluster/kubernetes`), not the launch,
/// determines what a pod runs, its keys and its coordinator's address.
package struct KubernetesPlace: Place {
  /// The name of the worker's container in the Deployment's pods.
  package static let container = "worker"

  /// The name of the Deployment in `cluster/kubernetes`.
  package static let standardDeployment = "layersearch-workers"

  /// The names that a worker's Secret must contain.
  static let keyNames = ["coordinator-key", "secret-key"]

  /// The longest time to wait until new pods are listed once the Deployment is scaled up.
  var longestAppearance = Duration.seconds(10)

  package let deployment: String
  package let namespace: String?
  package let context: String?
  private let kubectl: String
  /// The arguments that all calls have in common.
  private let scope: [String]

  /// - Parameters:
  ///   - namespace: `nil` for the context's own.
  ///   - context: a context of the kubeconfig; `nil` for its current one.
  ///   - kubectl: the program.
  package init(deployment: String, namespace: String?, context: String?, kubectl: String = "kubectl") {
    (self.deployment, self.namespace, self.context, self.kubectl) = (deployment, namespace, context, kubectl)
    scope = (context.map { ["--context", $0] } ?? []) + (namespace.map { ["--namespace", $0] } ?? [])
  }

  /// The place that a launch's record describes.
  package init(_ settings: [String: String]) {
    self.init(
      deployment: settings["deployment"] ?? Self.standardDeployment, namespace: settings["namespace"],
      context: settings["context"])
  }

  /// The settings from which `init` makes the same place.
  package var settings: [String: String] {
    ["deployment": deployment, "namespace": namespace, "context": context].compactMapValues(\.self)
  }

  package var kind: PlaceKind { .kubernetes }

  // MARK: Before the first start

  package func examine(_ worker: WorkerInvocation) async throws(LaunchError) {
    let deployment = try await readDeployment()
    guard deployment.worker != nil else {
      throw .failure(
        "deployment \(deploymentName) has several containers and none is called \(Self.container); give this name to "
          + "the one that runs layersearch worker")
    }
    if let endpoint = deployment.endpoint, endpoint != worker.connect {
      throw .usage(
        "the pods of \(deploymentName) connect to \(endpoint.inOneLine), as their Deployment says, and not to "
          + "\(worker.connect.inOneLine); give --connect \(endpoint.inOneLine), and --ask if this machine reaches it "
          + "at another address")
    }
    if let secret = deployment.keysSecret { try await requireKeys(in: secret) }
    if let autoscaler = try await autoscaler() {
      throw .failure(
        "deployment \(deploymentName) is scaled by the autoscaler \(autoscaler.inOneLine), which would undo a launch; "
          + "leave the number of workers to it, or delete it with "
          + ShellCommand.line([kubectl] + scope + ["delete", "hpa", autoscaler]))
    }
  }

  private func requireKeys(in secret: String) async throws(LaunchError) {
    // Only the names: the keys themselves stay where they are.
    let names = #"go-template={{range $name, $value := .data}}{{$name}}{{"\n"}}{{end}}"#
    let result = try await ask(["get", "secret", secret, "-o", names])
    if result.status != 0 {
      // A user who may scale is not always allowed to read Secrets.
      guard result.isNotFound else { return }
      throw .failure(
        "there is no Secret \(secret.inOneLine), which the pods of \(deploymentName) need; create it from a worker's "
          + "folder of keys with " + ShellCommand.line([kubectl] + scope + ["create", "secret", "generic", secret])
          + " --from-file=DIR")
    }
    let found = Set(result.output.split(whereSeparator: \.isNewline).map(String.init))
    let missing = Self.keyNames.filter { !found.contains($0) }
    guard missing.isEmpty else {
      throw .failure(
        "the Secret \(secret.inOneLine) has no \(missing.joined(separator: " and no ")); create it from a worker's "
          + "folder of keys, as layersearch keygen makes it")
    }
  }

  /// The name of the autoscaler that scales the Deployment; `nil` if there is none, or the user may not ask.
  private func autoscaler() async throws(LaunchError) -> String? {
    struct List: Decodable {
      struct Item: Decodable {
        struct Metadata: Decodable { var name: String }
        struct Spec: Decodable { var scaleTargetRef: Target }
        struct Target: Decodable {
          var kind: String
          var name: String
        }
        var metadata: Metadata
        var spec: Spec
      }
      var items: [Item]
    }
    let result = try await ask(["get", "hpa", "-o", "json"])
    guard result.status == 0 else { return nil }
    let list: List = try decode(result.output, of: "get hpa")
    return list.items.first {
      $0.spec.scaleTargetRef.kind == "Deployment" && $0.spec.scaleTargetRef.name == deploymentName
    }?.metadata.name
  }

  // MARK: Workers

  package func start(_ count: Int, _ worker: WorkerInvocation) async throws(LaunchError) -> [PlacedWorker] {
    let deployment = try await readDeployment()
    let pods = try await pods()
    let before = Set(pods.map(\.metadata.name))
    // Pods that the cluster has not created yet, because of a quota or for lack of time, are asked for already: the
    // Deployment's replicas include them.
    let present = pods.count { pod in
      let state = pod.worker(container: Self.container).state
      return state.isPresent && state != .leaving && !pod.isToGo
    }
    let replicas = max(deployment.replicas, present + count)
    if replicas != deployment.replicas { try await scale(from: deployment.replicas, to: replicas) }
    let deadline = ContinuousClock.now.advanced(by: longestAppearance)
    while true {
      let new = try await list().filter { !before.contains($0.id) && $0.state.isPresent }
      if new.count >= count || ContinuousClock.now >= deadline { return new }
      do { try await Task.sleep(for: .milliseconds(250)) } catch { return new }
    }
  }

  package func list() async throws(LaunchError) -> [PlacedWorker] {
    try await pods().map { $0.worker(container: Self.container) }.sorted { $0.id < $1.id }
  }

  private func pods() async throws(LaunchError) -> [KubernetesPod] {
    guard let selector = try await readDeployment().selector else {
      throw .failure(
        "deployment \(deploymentName) selects its pods by no label (spec.selector.matchLabels); give it one")
    }
    let arguments = ["get", "pods", "-l", selector, "-o", "json"]
    let pods: KubernetesPod.List = try decode(try await succeed(arguments).output, of: "get pods")
    return pods.items
  }

  /// Marks the workers' pods and scales the Deployment down to the number of pods that stay, so that it removes the
  /// marked ones. Repeated calls change nothing.
  package func stop(_ workers: [PlacedWorker], now: Bool) async throws(LaunchError) {
    let asked = Set(workers.map(\.id))
    let pods = try await pods()
    let present = pods.filter { $0.worker(container: Self.container).state.isPresent }
    // The Deployment has already replaced pods that are being deleted.
    let there = present.filter { $0.metadata.deletionTimestamp == nil }
    let going = there.filter { asked.contains($0.metadata.name) }.map { "pod/\($0.metadata.name)" }
    if !going.isEmpty {
      _ = try await succeed(
        ["annotate", "--overwrite"] + going + ["\(KubernetesPod.deletionCost)=\(KubernetesPod.cheapest)"])
      let staying = there.count { !$0.isToGo && !asked.contains($0.metadata.name) }
      let replicas = try await readDeployment().replicas
      if replicas > staying { try await scale(from: replicas, to: staying) }
    }
    // With one second's grace, so that the processes receive the signal.
    let named = pods.filter { asked.contains($0.metadata.name) }.map { "pod/\($0.metadata.name)" }
    if now, !named.isEmpty { _ = try await ask(["delete", "--now", "--wait=false", "--ignore-not-found"] + named) }
  }

  package func log(of worker: PlacedWorker, lines: Int) async throws(LaunchError) -> String {
    guard let container = try await readDeployment().worker?.name else {
      throw .failure("deployment \(deploymentName) has no container \(Self.container)")
    }
    return try await succeed(["logs", worker.id, "-c", container, "--tail=\(max(0, lines))"]).output
  }

  // MARK: kubectl

  private var deploymentName: String {
    deployment.hasPrefix("deployment/") ? String(deployment.dropFirst("deployment/".count)) : deployment
  }

  private func readDeployment() async throws(LaunchError) -> KubernetesDeployment {
    let result = try await ask(["get", "deployment", deploymentName, "-o", "json"])
    if result.isNotFound {
      let place = namespace.map { "in the namespace \($0.inOneLine)" } ?? "in this context's namespace"
      throw .failure(
        "there is no deployment \(deploymentName.inOneLine) \(place); create it with kubectl apply -k "
          + "(cluster/kubernetes), or name another with --deployment and --namespace")
    }
    guard result.status == 0 else { throw failure(result) }
    return try decode(result.output, of: "get deployment")
  }

  /// The cluster refuses this if the number was changed meanwhile.
  private func scale(from current: Int, to replicas: Int) async throws(LaunchError) {
    _ = try await succeed([
      "scale", "deployment/\(deploymentName)", "--current-replicas=\(current)", "--replicas=\(replicas)",
    ])
  }

  /// Runs kubectl. Does not throw for an exit code other than 0.
  private func ask(_ arguments: [String]) async throws(LaunchError) -> Command.Result {
    try await Command(kubectl, scope + arguments).run()
  }

  private func succeed(_ arguments: [String]) async throws(LaunchError) -> Command.Result {
    let result = try await ask(arguments)
    guard result.status == 0 else { throw failure(result) }
    return result
  }

  private func failure(_ result: Command.Result) -> LaunchError {
    .failure("\(kubectl.inOneLine): \(result.lastLine)")
  }

  private func decode<Value: Decodable>(_ text: String, of what: String) throws(LaunchError) -> Value {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    do { return try decoder.decode(Value.self, from: Data(text.utf8)) } catch {
      throw .failure("\(kubectl.inOneLine) \(what): its answer cannot be read; is this the kubectl of Kubernetes?")
    }
  }
}

extension Command.Result {
  /// Whether the cluster says that the object does not exist.
  fileprivate var isNotFound: Bool { status != 0 && errors.contains("(NotFound)") }
}
