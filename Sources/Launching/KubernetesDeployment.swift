import Foundation

/// What `kubectl get deployment -o json` says of the workers' Deployment.
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
    /// One, where the Deployment does not say.
    var replicas: Int?
    var selector: Selector
    var template: Template
  }

  var spec: Spec

  /// An API server's are 32-bit numbers.
  var replicas: Int { min(max(0, spec.replicas ?? 1), Int(Int32.max)) }

  /// For `kubectl get pods -l`; nil where labels alone do not select them.
  var selector: String? {
    guard let labels = spec.selector.matchLabels, !labels.isEmpty else { return nil }
    return labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
  }

  /// The container that runs `layersearch worker`: the only one, or the one of that name.
  var worker: PodSpec.Container? {
    let containers = spec.template.spec.containers
    return containers.first { $0.name == KubernetesPlace.container } ?? (containers.count == 1 ? containers[0] : nil)
  }

  /// The Secret that the worker's `--keys` names, as it is mounted; nil where the keys come from elsewhere or there are
  /// none.
  var keysSecret: String? {
    guard let worker, let keys = option("--keys") else { return nil }
    func isMounted(_ mount: PodSpec.Container.Mount) -> Bool {
      let path = mount.mountPath.hasSuffix("/") ? String(mount.mountPath.dropLast()) : mount.mountPath
      return keys == path || keys == path + "/"
    }
    guard let mount = worker.volumeMounts?.first(where: isMounted) else { return nil }
    return spec.template.spec.volumes?.first { $0.name == mount.name }?.secret?.secretName
  }

  /// Where its workers connect to; nil where that does not stand in the Deployment itself.
  var endpoint: String? { option("--connect").flatMap { $0.contains("$(") ? nil : $0 } }

  /// Of the worker: `--name value` or `--name=value`.
  private func option(_ name: String) -> String? {
    let arguments = (worker?.command ?? []) + (worker?.args ?? [])
    for (number, argument) in arguments.enumerated() {
      if argument == name { return number + 1 < arguments.count ? arguments[number + 1] : nil }
      if argument.hasPrefix(name + "=") { return String(argument.dropFirst(name.count + 1)) }
    }
    return nil
  }
}
