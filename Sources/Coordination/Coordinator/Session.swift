/// A worker that is connected.
struct Session: Sendable {
  var worker: String
  /// Of its latest hello.
  var host: String
  var kernelVariant: String
  /// What its connection proved to hold; nil in plaintext.
  var key: String?
  var slots: Int
  /// How many more jobs it may be sent.
  var credits = 0
  /// Jobs that it holds a lease on.
  var jobs: Set<Int64> = []
  /// How many of those it has not accepted yet: it did not know of them when it counted its free slots.
  var onTheWay = 0
  /// It has given credits since it said hello: from then on, a report frees its slot.
  var isReady = false
  var lastHeard: Double
  /// Tells this session's timer from those of earlier sessions of the same peer.
  var serial: UInt64
  /// Chunks of the data set that are on their way to it, or wait for their turn.
  var dataTickets: [DataTicket] = []
  var dataRequestsWaiting = 0
  /// Jobs that it handed back since it last finished one.
  var returnsInARow = 0
  /// What it does wrong is told once.
  var toldProblems: Set<String> = []
  /// Hellos that were answered on its connection.
  var hellos = Allowance()
  /// Attempts of its lists that it was told to end, and since when they are counted.
  var cancels = 0
  var cancelsSince = -Double.infinity
  /// It stands in the queue of those with credits.
  var isQueued = false
}
