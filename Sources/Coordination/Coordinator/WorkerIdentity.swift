/// Who a worker is, as its latest hello said: what becomes of an attempt counts from the worker that it was given to
/// alone.
struct WorkerIdentity: Hashable, Sendable {
  /// Its name for itself, new at each start.
  var worker: String
  var host: String
  /// What its connection proved to hold; nil in plaintext, and where the worker is known from the record only.
  var key: String?
  /// What it computes with here: that of its kernels which the study asks for, else the fastest.
  var kernelVariant: String
}
