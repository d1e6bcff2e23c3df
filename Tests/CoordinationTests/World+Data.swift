import SearchProtocol

@testable import Coordination

/// The data set that workers fetch, and the disks of their machines.
extension World {
  /// In percent.
  var damagedChunks: Int { plan.dataBytes > 0 ? 3 : 0 }

  /// Each byte tells where it belongs. Made once: a debug build takes its time for every byte.
  static let data: [UInt8] = (0..<3 * DataChunk.maximumBytes).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }

  func locateData(on worker: Int) -> WorkerEvent {
    guard plan.dataBytes > 0 else { return .dataLocated(path: nil) }
    let present = disks[worker]?.count ?? 0
    if present == plan.dataBytes { return .dataLocated(path: "disk") }
    return .dataAbsent(present: present, bytes: plan.dataBytes, reason: "not here")
  }

  func store(_ bytes: [UInt8], at offset: Int, on worker: Int) {
    require(disks[worker, default: []].count == offset, "a piece of the data set was stored out of its turn")
    disks[worker, default: []] += bytes
    require(disks[worker, default: []].count <= plan.dataBytes, "more data than there are")
  }

  func installData(on worker: Int) -> WorkerEvent {
    require(disks[worker]?.count == plan.dataBytes, "installed before it was whole")
    require(disks[worker]?.elementsEqual(Self.data[..<plan.dataBytes]) == true, "installed what it is not")
    return .dataLocated(path: "disk")
  }

  func sendData(offset: Int, length: Int, ticket: UInt64, to peer: PeerID) {
    guard let worker = workers.firstIndex(where: { $0.connection?.peer == peer }) else { return }
    require((1...plan.dataBytes).contains(length) && offset + length <= plan.dataBytes, "bytes that are not there")
    let chunk = DataChunk(
      ticket: ticket, offset: offset, digest: [UInt8](repeating: 0, count: 32),
      bytes: Array(Self.data[offset..<offset + length]))
    workers[worker].connection?.toWorker.append(.dataChunk(chunk))
  }

  func checkData() {
    guard let coordinator else { return }
    let tickets = coordinator.sessions.all().map(\.session.dataTickets.count)
    require(coordinator.dataTraffic.onTheWay == tickets.reduce(0, +), "chunks on their way do not add up")
    require(coordinator.dataTraffic.onTheWay <= coordinator.settings.dataChunksAtOnce, "too many chunks at once")
    for (_, session) in coordinator.sessions.all() {
      require(session.dataRequestsWaiting >= 0, "fewer than no requests wait")
      require(
        session.dataTickets.count + session.dataRequestsWaiting <= coordinator.settings.dataChunksAWorker,
        "too many chunks for one worker")
    }
  }
}
