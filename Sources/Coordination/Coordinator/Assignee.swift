/// The worker that an attempt was given to: what becomes of the attempt counts from there alone.
struct Assignee: Hashable, Sendable {
  var worker: String
  var host: String
  /// What its connection proved to hold; nil in plaintext, and where the attempt is known from the record only.
  var key: String?
  /// What it computes with, as it said in its hello.
  var kernelVariant: String
}
