import Foundation
import Synchronization
import TestSupport

/// A proxy between workers and their coordinator, with which a test can disturb the network. It forwards connections
/// byte by byte.
///
/// Bytes that are held back are delivered when the network heals, as TCP does after a loss of packets. Dropped
/// connections are closed on both sides.
final class LoopbackProxy: Sendable {
  enum Direction: CaseIterable, Sendable {
    case toCoordinator, toWorker
  }

  private struct State {
    /// Descriptors of both ends of every connection.
    var connections: [(Int32, Int32)] = []
    var blocked: Set<Direction> = []
    var delaySeconds = 0.0
    var refuses = false
    var isClosed = false
    var accepted = 0
  }

  let port: Int
  private let target: Int
  private let listener: Int32
  private let state = Mutex(State())

  /// Forwards connections to the port `target` of the loopback interface.
  init(target: Int) throws {
    self.target = target
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    port = try freePort()
    var yes: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    guard withLoopback(port: UInt16(port), { bind(listener, $0, $1) }) == 0, listen(listener, 64) == 0 else {
      throw POSIXError(.EADDRINUSE)
    }
    Thread.detachNewThread { [self] in accept() }
  }

  var endpoint: String { "tcp://127.0.0.1:\(port)" }
  /// The number of connections so far.
  var accepted: Int { state.withLock { $0.accepted } }

  // MARK: Disturbances

  /// Ends all connections.
  func drop() {
    state.withLock { state in
      for (one, other) in state.connections {
        shutdown(one, Int32(SHUT_RDWR))
        shutdown(other, Int32(SHUT_RDWR))
      }
    }
  }

  /// Holds back everything in these directions until the network heals.
  func block(_ directions: Direction...) { state.withLock { $0.blocked.formUnion(directions) } }

  /// Delays everything by `seconds`.
  func delay(_ seconds: Double) { state.withLock { $0.delaySeconds = seconds } }

  /// Closes new connections at once.
  func refuse() { state.withLock { $0.refuses = true } }

  func heal() {
    state.withLock { state in
      state.blocked = []
      state.delaySeconds = 0
      state.refuses = false
    }
  }

  func close() {
    state.withLock { $0.isClosed = true }
    drop()
    shutdown(listener, Int32(SHUT_RDWR))
    Foundation.close(listener)
  }

  // MARK: Threads

  private func accept() {
    while true {
      let worker = Foundation.accept(listener, nil, nil)
      let (isClosed, refuses) = state.withLock { ($0.isClosed, $0.refuses) }
      if isClosed { return }
      guard worker >= 0 else { continue }
      let coordinator = refuses ? -1 : socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      guard coordinator >= 0, withLoopback(port: UInt16(target), { connect(coordinator, $0, $1) }) == 0 else {
        Foundation.close(worker)
        if coordinator >= 0 { Foundation.close(coordinator) }
        continue
      }
      state.withLock { state in
        state.accepted += 1
        state.connections.append((worker, coordinator))
      }
      let pair = Pair(worker: worker, coordinator: coordinator)
      for direction in Direction.allCases {
        Thread.detachNewThread { [self] in
          pump(pair, direction)
          end(pair)
        }
      }
    }
  }

  private func pump(_ pair: Pair, _ direction: Direction) {
    let (source, sink) =
      direction == .toCoordinator ? (pair.worker, pair.coordinator) : (pair.coordinator, pair.worker)
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(source, &buffer, buffer.count)
      guard count > 0 else { return }
      var delay = state.withLock { $0.delaySeconds }
      while delay > 0 || state.withLock({ $0.blocked.contains(direction) && !$0.isClosed }) {
        usleep(5_000)
        delay -= 0.005
      }
      var rest = buffer[..<count]
      while !rest.isEmpty {
        let written = rest.withUnsafeBytes { send(sink, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard written > 0 else { return }
        rest = rest.dropFirst(written)
      }
    }
  }

  /// Ends both directions as soon as one has ended. The second of the two threads closes both descriptors.
  private func end(_ pair: Pair) {
    shutdown(pair.worker, Int32(SHUT_RDWR))
    shutdown(pair.coordinator, Int32(SHUT_RDWR))
    guard pair.ended.add(1, ordering: .acquiringAndReleasing).newValue == 2 else { return }
    state.withLock { state in
      state.connections.removeAll { $0 == (pair.worker, pair.coordinator) }
      Foundation.close(pair.worker)
      Foundation.close(pair.coordinator)
    }
  }

  private final class Pair: Sendable {
    let worker: Int32
    let coordinator: Int32
    let ended = Atomic(0)

    init(worker: Int32, coordinator: Int32) {
      self.worker = worker
      self.coordinator = coordinator
    }
  }
}
