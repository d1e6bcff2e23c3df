/// How a worker of a launch is started, wherever that is.
package struct WorkerInvocation: Codable, Hashable, Sendable {
  /// Path or name of the layersearch binary, where the worker is to run.
  package var executable: String
  /// Where the coordinator listens, as the worker is to see it.
  package var connect: String
  /// A worker's folder of keys on this machine; nil without keys. A place brings them to where the worker runs.
  package var keys: String?
  /// Trainings at the same time; nil: one a core that the worker's process may use.
  package var slots: Int?
  /// More options of `layersearch worker`.
  package var options: [String]
  /// Of the launch.
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

  /// Of the executable, to start a worker. `keys`: its folder of keys where it runs.
  package func arguments(keys: String?) -> [String] {
    ["worker", "--connect", connect] + (keys.map { ["--keys", $0] } ?? [])
      + (slots.map { ["--slots", "\($0)"] } ?? []) + options
  }

  /// Of the executable, to find out whether a worker there would reach its coordinator: it connects, proves its key and
  /// ends with 0, or with 1 and a line on standard error that says why not.
  package func probeArguments(keys: String?) -> [String] {
    ["worker", "--connect", connect] + (keys.map { ["--keys", $0] } ?? []) + ["--probe"]
  }
}
