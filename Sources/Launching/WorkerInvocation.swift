/// How the workers of a launch are started, at any place.
package struct WorkerInvocation: Codable, Hashable, Sendable {
  /// The path or name of the layersearch binary where the worker runs.
  package var executable: String
  /// The coordinator's address, as the worker sees it.
  package var connect: String
  /// A worker's folder of keys on this machine; `nil` without keys. The place provides the keys where the worker runs.
  package var keys: String?
  /// The number of trainings at the same time; `nil` for one per core that the worker's process may use.
  package var slots: Int?
  /// More options of `layersearch worker`.
  package var options: [String]
  /// The name of the launch.
  package var name: String

  package init(
    executable: String = "layersearch", connect: String, keys: String? = nil, slots: Int? = nil, options: [String] = [],
    name: String
  ) {
    self.executable = executable
    self.connect = connect
    self.keys = keys
    self.slots = slots
    self.options = options
    self.name = name
  }

  /// The executable's arguments to start a worker.
  /// - Parameter keys: the folder of keys where the worker runs.
  package func arguments(keys: String?) -> [String] {
    ["worker", "--connect", connect] + (keys.map { ["--keys", $0] } ?? [])
      + (slots.map { ["--slots", "\($0)"] } ?? []) + options
  }

  /// The executable's arguments to test whether a worker there would reach its coordinator: it connects, proves its
  /// key, and ends with 0, or with 1 and a line on standard error that says why not.
  package func probeArguments(keys: String?) -> [String] {
    ["worker", "--connect", connect] + (keys.map { ["--keys", $0] } ?? []) + ["--probe"]
  }
}
