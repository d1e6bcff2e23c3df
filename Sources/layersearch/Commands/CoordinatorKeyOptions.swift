import ArgumentParser
import Keys
import Messaging

/// How a coordinator that other machines can reach keeps out strangers.
struct CoordinatorKeyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Encrypt, and admit only workers whose keys are authorized; the value is the coordinator's folder of keys, made \
      by keygen.
      """,
      valueName: "dir"))
  var keys: String?

  @Option(
    help: ArgumentHelp(
      """
      List of the keys to admit (default: authorized-keys in the folder of keys). Changes take effect while the \
      coordinator runs.
      """, valueName: "file")
  )
  var authorizedKeys: String?

  @Flag(
    help: "Let other machines connect without keys: nothing is encrypted, and anyone who reaches the port may join.")
  var insecure = false

  /// Throws if `endpoint` is open to other machines without protection.
  func check(_ endpoint: String) throws {
    if keys != nil, insecure { throw ValidationError("--keys and --insecure exclude each other") }
    if keys == nil, authorizedKeys != nil {
      throw ValidationError("--authorized-keys requires --keys, the coordinator's own keys")
    }
    if keys == nil, !insecure, !Endpoint.isLocal(endpoint) {
      throw ValidationError(
        "--bind \(endpoint) is reachable from other machines, and without keys anyone may join; give --keys "
          + "(made by layersearch keygen), or --insecure on a network that you trust, or bind tcp://127.0.0.1:5555")
    }
  }

  func load() throws(KeyError) -> CoordinatorKeys? {
    guard let keys else { return nil }
    return try CoordinatorKeys(folder: keys, list: authorizedKeys)
  }
}
