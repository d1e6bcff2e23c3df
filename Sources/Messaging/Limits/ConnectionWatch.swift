import CZeroMQ
import Processes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Ends connections before they exhaust the memory or the open files of the process. Runs on its own thread, since it
/// must not wait for the threads whose connections it watches.
///
/// Checks the process's memory two hundred times a second, at the cost of one system call, and the connections only
/// when memory has grown.
final class ConnectionWatch: Sendable {
  private static let intervalSeconds = 0.005
  private static let secondsBetweenStrangers = 0.5
  /// The delays after connections were ended until their memory is free and is returned to the system. Two, since
  /// libzmq may take longer.
  private static let secondsUntilTrim = [0.2, 1.0]

  private let table: ConnectionTable
  private let introduction: Duration?
  private let maximumStrangers: Int
  private let monitor = Monitor()
  private let isOver = Guarded(false)

  /// `nil` if the system cannot start another thread.
  init?(table: ConnectionTable, options: SocketOptions) {
    self.table = table
    introduction = options.introductionSeconds.map { .seconds($0) }
    maximumStrangers = min(options.maximumStrangers, Self.openFiles / 2)
    guard startThread({ self.run() }) else { return nil }
  }

  func stop() {
    isOver.withLock { $0 = true }
    monitor.withLock { monitor.signalAll() }
  }

  private func run() {
    // If that is permitted: on a busy machine, each delay of this thread costs memory. 0 is the calling thread.
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, -10)
    var memory = ResidentMemory()
    var held = HeldMemory(resident: memory.residentBytes())
    var nextStrangers = ContinuousClock.now
    var trims: [ContinuousClock.Instant] = []
    while !isOver.withLock({ $0 }) {
      monitor.withLock { _ = monitor.wait(until: Monitor.deadline(after: Self.intervalSeconds)) }
      let now = ContinuousClock.now
      if let time = trims.first, time <= now {
        trims.removeFirst()
        czmq_trim()
      }
      let resident = memory.residentBytes()
      if held.wantsLook(resident: resident) {
        let ended = held.excess(resident: resident, connections(at: now))
        end(ended)
        if !ended.isEmpty { trims = Array(trims.prefix(1)) + Self.secondsUntilTrim.map { now + .seconds($0) } }
      }
      let isTime = now >= nextStrangers
      if isTime { nextStrangers = now + .seconds(Self.secondsBetweenStrangers) }
      let strangers = table.withLock { table in
        isTime || table.strangers > maximumStrangers
          ? table.strangersToEnd(at: now, olderThan: introduction, most: maximumStrangers) : []
      }
      end(strangers)
    }
  }

  /// Resets connections at once: what their peers sent and libzmq has not read is discarded. (A connection that was
  /// only shut down would still be read as long as its peer sends.) libzmq gets an error and closes them.
  func end(_ descriptors: [Int32]) {
    for descriptor in descriptors {
      let isOpen = table.withLock { table in
        guard let connection = table.connections[descriptor], !connection.isEnding else { return false }
        table.markEnding(descriptor)
        return true
      }
      guard isOpen else { continue }
      TCPConnection.reset(descriptor)
    }
  }

  private func connections(at now: ContinuousClock.Instant) -> [HeldMemory.Connection] {
    let connections = table.withLock(\.connections)
    return connections.compactMap { descriptor, connection in
      guard !connection.isEnding, let traffic = TCPTraffic(descriptor) else { return nil }
      // An allowance for handshakes and heartbeats, which are not counted as messages.
      let rest = 4096 + 64 * UInt64(max(0, (now - connection.began).components.seconds))
      func excess(_ bytes: UInt64, over others: UInt64) -> UInt64 { bytes > others ? bytes - others : 0 }
      return HeldMemory.Connection(
        descriptor: descriptor, unread: excess(traffic.received, over: connection.bytesRead &+ rest),
        queued: excess(connection.bytesSent, over: traffic.acknowledged), isSilent: connection.messages == 0)
    }
  }

  private static var openFiles: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
    return Int(clamping: limit.rlim_cur)
  }
}
