import ArgumentParser
import Launching

struct LaunchKubernetesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kubernetes",
    abstract: "Scales a Deployment of workers in a Kubernetes cluster.",
    discussion: Examples.folded(
      """
      The Deployment is made beforehand, with kubectl apply -k (cluster/kubernetes): image, keys, processors and the \
      coordinator's address of a worker stand there. kubectl must reach the cluster. --connect is the address in the \
      Deployment; where this machine reaches the coordinator by another, such as one that kubectl port-forward gives, \
      --ask names it, and --keys a worker's folder of keys to ask with.

      Example:
        layersearch launch kubernetes --namespace layersearch --workers 1:20 --keys keys/workers \
      --connect tcp://layersearch-coordinator:5555 --ask tcp://127.0.0.1:5555
      """))

  @Option(help: ArgumentHelp("The workers' Deployment.", valueName: "name"))
  var deployment: String = KubernetesPlace.standardDeployment

  @Option(help: ArgumentHelp("Its namespace (default: the context's own).", valueName: "name"))
  var namespace: String?

  @Option(help: ArgumentHelp("Of the kubeconfig (default: its current one).", valueName: "name"))
  var context: String?

  @OptionGroup var options: LaunchOptions

  func validate() throws {
    for (option, value) in [("--deployment", deployment), ("--namespace", namespace), ("--context", context)] {
      guard let value else { continue }
      if value.isEmpty || value.hasPrefix("-") { throw ValidationError("\(option) '\(value)' is no name; give one") }
    }
    for (option, isGiven) in [
      ("--slots", options.slots != nil), ("--binary", options.binary != nil),
      ("options behind --", !options.workerOptions.isEmpty),
    ] where isGiven {
      throw ValidationError("\(option): what a pod runs stands in its Deployment (spec.template); change it there")
    }
  }

  func run() async throws {
    try await runLaunch(
      .kubernetes, options,
      settings: KubernetesPlace(deployment: deployment, namespace: namespace, context: context).settings)
  }
}
