/// A worker's claim on a job: it ends with a report, or with its deadline.
struct Lease: Sendable {
  var attempt: Int
  /// Who holds it; nil where the coordinator was restarted and nobody has claimed it yet.
  var worker: String?
  /// The holder's connection; nil while it has none.
  var peer: PeerID?
  var deadline: Double
  /// When the job was sent.
  var assignedAt: Double
  /// The worker has said that it has the job.
  var isAccepted: Bool
  /// When its training last went on, and the step that it had reached: a worker that only says that it has the job does not
  /// keep it for ever.
  var advancedAt: Double
  var step = 0
  /// False where the record says that this attempt ended: it was lost, and its worker came back with it before anybody
  /// else got the job. Its result counts, its end is not recorded twice.
  var isOnRecord: Bool
}
