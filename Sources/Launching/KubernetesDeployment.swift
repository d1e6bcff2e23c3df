import Foundation

/// The workers' Deployment, as `kubectl get deployment -o json` describes it.
struct KubernetesDeployment: Decodable, Sendable {
  struct Selector: Decodable, Sendable { var matchLabels: [String: String]? }
  struct PodSpec: Decodable, Sendable {
    struct Volume: Decodable, Sendable {
      struct Secret: Decodable, Sendable { var secretName: String? }
      var name: String
      var secret: Secret?
    }
    struct Container: Decodable, Sendable {
      struct Mount: Decodable, Sendable {
        var name: String
        var mountPath: String
      }
      var name: String
      var command: [String]?
      var args: [String]?
      var volumeMounts: [Mount]?
    }
    var volumes: [Volume]?
    var containers: [Container]
  }
  struct Template: Decodable, Sendable { var spec: PodSpec }
  struct Spec: Decodable, Sendable {
    /// `nil` means one.
    var replicas: Int?
    var selector: Selector
    var template: Template
  }

  var spec: Spec

  /// Limited to 32-bit numbers, as the API server's are.
  var replicas: Int { min(max(0, spec.replicas ?? 1), Int(Int32.max)) }

  /// The argument of `kubectl get pods -l`; `nil` if the Deployment has no `matchLabels`.
  var selector: String? {
    guard let labels = spec.selector.matchLabels, !labels.isEmpty else { return nil }
    return labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
  }

  /// The container that runs `layersearch worker`: the one named `KubernetesPlace.container`, or the only one.
  var worker: PodSpec.Container? {
    let containers = spec.template.spec.containers
    return containers.first { $0.name == KubernetesPlace.container } ?? (containers.count == 1 ? containers[0] : nil)
  }

  /// The Secret mounted at the folder that the worker's `--keys` names; `nil` if the keys come from elsewhere or there
  /// are none.
  var keysSecret: String? {
    guard let worker, let keys = option("--keys") else { return nil }
    func isMounted(_ mount: PodSpec.Container.Mount) -> Bool {
      let path = mount.mountPath.hasSuffix("/") ? String(mount.mountPath.dropLast()) : mount.mountPath
      return keys == path || keys == path + "/"
    }
    guard let mount = worker.volumeMounts?.first(where: isMounted) else { return nil }
    return spec.template.spec.volumes?.first { $0.name == mount.name }?.secret?.secretName
  }

  /// The address that its workers connect to; `nil` if the Deployment itself does not contain it.
  var endpoint: String? { option("--connect").flatMap { $0.contains("$(") ? nil : $0 } }

  /// The value of a worker's option, given as `--name value` or `--name=value`.
  private func option(_ name: String) -> String? {
    let arguments = (worker?.command ?? []) + (worker?.args ?? [])
    for (number, argument) in arguments.enumerated() {
      if argument == name { return number + 1 < arguments.count ? arguments[number + 1] : nil }
      if argument.hasPrefix(name + "=") { return String(argument.dropFirst(name.count + 1)) }
    }
    return nil
  }
}
