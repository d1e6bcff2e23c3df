/// The identity of a worker, from its latest hello. It decides which reports on an attempt count
/// (`CoordinatorMachine+Claims`).
struct WorkerIdentity: Hashable, Sendable {
  /// The worker's name for itself, new at each start.
  var worker: String
  var host: String
  /// The key that its connection proved to hold; `nil` without encryption, and if the worker is known from the record
  /// only.
  var key: String?
  /// The kernel variant that the worker uses in this study: the one of its variants that the study asks for, otherwise
  /// the fastest.
  var kernelVariant: String
}
