import ArgumentParser
import Launching

struct LaunchKubernetesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kubernetes",
    abstract: "Scales a Deployment of workers in a Kubernetes cluster.",
    discussion: Examples.folded(
      """
      The Deployment is made beforehand, with kubectl apply -k (cluster/kubernetes): it specifies a worker's image, \
      keys, processors and address of the coordinator. kubectl must reach the cluster. --connect is the address in the \
      Deployment; if this machine reaches the coordinator at another one, such as one that kubectl port-forward gives, \
      give that one with --ask, and with --keys a worker's folder of keys to ask with.

      Example:
        layersearch launch kubernetes --namespace layersearch --workers 1:20 --keys keys/workers \
      --connect tcp://layersearch-coordinator:5555 --ask tcp://127.0.0.1:5555
      """))

  @Option(help: ArgumentHelp("Name of the workers' Deployment.", valueName: "name"))
  var deployment: String = KubernetesPlace.standardDeployment

  @Option(help: ArgumentHelp("Namespace of the Deployment (default: the context's own).", valueName: "name"))
  var namespace: String?

  @Option(help: ArgumentHelp("Context of the kubeconfig (default: the current one).", valueName: "name"))
  var context: String?

  @OptionGroup var options: LaunchOptions

  func validate() throws {
    for (option, value) in [("--deployment", deployment), ("--namespace", namespace), ("--context", context)] {
      guard let value else { continue }
      if value.isEmpty || value.hasPrefix("-") { throw ValidationError("\(option) '\(value)' is not a valid name") }
    }
    for (option, isGiven) in [
      ("--slots", options.slots != nil), ("--binary", options.binary != nil),
      ("options behind --", !options.workerOptions.isEmpty),
    ] where isGiven {
      throw ValidationError("\(option): the Deployment specifies what a pod runs (spec.template); change it there")
    }
  }

  func run() async throws {
    try await runLaunch(
      .kubernetes, options,
      settings: KubernetesPlace(deployment: deployment, namespace: namespace, context: context).settings)
  }
}
