import SearchCore
import SearchProtocol

@testable import Coordination

/// Contents that a world's machines exchange, and the disks that have them.
extension World {
  /// The share of pieces that are damaged, in percent.
  var damagedPieces: Int { plan.dataBytes > 0 || plan.contents > 0 ? 3 : 0 }

  var dataSet: DataRequirement {
    guard plan.dataBytes > 0 else { return Fixture.data }
    return DataRequirement(set: .cifar10, contentHash: Fixture.hash(0).text, pathHint: nil)
  }

  /// The contents that workers have at the start: those of machines 0, 1, … in turn.
  var blobs: [ContentDescription] {
    (0..<plan.contents).map {
      ContentDescription(
        contentHash: Fixture.hash($0 + 1), kind: .blob, bytes: 1 + $0 * (ContentPiece.maximumBytes * 2 / 3))
    }
  }

  private func blob(_ hash: ContentHash) -> ContentDescription? { blobs.first { $0.contentHash == hash } }

  func locateData(on worker: Int) -> WorkerEvent {
    guard plan.dataBytes > 0 else { return .dataLocated(path: nil) }
    let hash = Fixture.hash(0)
    if disks[worker].wholes.contains(hash) { return .dataLocated(path: "disk") }
    disks[worker].run(
      .prepare(ContentDescription(contentHash: hash, kind: .cifar10, bytes: plan.dataBytes), account: nil))
    guard case .prepared(_, let present)? = disks[worker].nextAnswer() else { return .dataMissing("no answer") }
    return .dataAbsent(present: present, bytes: plan.dataBytes, reason: "not here")
  }

  // MARK: Effects

  func run(_ effect: ContentEffect) {
    guard case .give(let gift) = effect else {
      // The coordinator makes room only for contents that workers have.
      if case .prepare(let content, _) = effect {
        require(blob(content.contentHash) == content, "a place for what nobody has")
      }
      return coordinatorsDisk.run(effect)
    }
    let isDataSet = gift.contentHash == Fixture.hash(0) && plan.dataBytes > 0
    require(isDataSet || coordinatorsDisk.wholes.contains(gift.contentHash), "gives what it does not have")
    let bytes = isDataSet ? plan.dataBytes : blob(gift.contentHash)?.bytes ?? 0
    require(!gift.range.isEmpty && gift.range.upperBound <= bytes, "bytes that are not there")
    let piece = SimulatedDisk.piece(for: gift, isLie: false)
    guard let worker = workers.firstIndex(where: { $0.connection?.peer == gift.peer }) else { return }
    workers[worker].connection?.toWorker.append(gift.namesContent ? .contentPiece(piece) : .dataChunk(piece.unnamed))
  }

  func run(_ effect: ContentEffect, on worker: Int) {
    guard case .give(let gift) = effect else { return disks[worker].run(effect) }
    require(blob(gift.contentHash).map { gift.range.upperBound <= $0.bytes } ?? false, "bytes that are not there")
    let isLie = worker < plan.liars
    workers[worker].connection?.toCoordinator.append(.contentPiece(SimulatedDisk.piece(for: gift, isLie: isLie)))
  }

  func answerOfCoordinatorsDisk() {
    if coordinator != nil, let event = coordinatorsDisk.nextAnswer() { turn(.content(event)) }
  }

  func answersOfDisk(of worker: Int) {
    while workers[worker].exitCode == nil, let event = disks[worker].nextAnswer() {
      turn(worker: worker, .content(event))
    }
  }

  // MARK: Clients

  /// Offers the machine's contents, as after each start of a worker on it.
  func offerContents(of worker: Int) {
    for content in offers[worker] { turn(worker: worker, .contentOffered(content)) }
  }

  func wantContent(on worker: Int) {
    guard plan.contents > 0 else { return }
    turn(worker: worker, .contentWanted(blobs[random.integer(below: plan.contents)].contentHash))
  }

  func tellClient(of worker: Int, _ effect: WorkerEffect) {
    switch effect {
    case .contentGiven(let hash):
      require(coordinatorsDisk.wholes.contains(hash), "content \(hash.short) is acknowledged and not on disk")
      offers[worker].removeAll { $0.contentHash == hash }
    case .contentRefused(let hash, let reason):
      require(!reason.isEmpty, "refused without a reason")
      require(plan.liars > 0 || plan.hasFullDisks, "content \(hash.short) is refused: \(reason)")
      if worker < plan.liars { offers[worker].removeAll { $0.contentHash == hash } }
    case .contentTaken(let content):
      require(disks[worker].wholes.contains(content.contentHash), "taken and not on disk")
      require(blob(content.contentHash) == content, "other content than there is")
    case .contentUnavailable(_, let reason): require(!reason.isEmpty, "unavailable without a reason")
    default: break
    }
  }

  // MARK: What holds

  func checkContents() {
    if let coordinator {
      for peer in coordinator.contents.announced.keys {
        require(coordinator.sessions[peer] != nil, "an announcement of nobody who is connected")
      }
      for hash in coordinator.contents.stored.keys {
        require(coordinatorsDisk.wholes.contains(hash), "content \(hash.short) is not on disk")
      }
    }
    for broken in coordinatorsDisk.violations { require(false, broken) }
    for disk in disks { for broken in disk.violations { require(false, broken) } }
  }

  /// Runs the world without faults, and without the end of any training. Returns whether all contents of honest
  /// machines reached the coordinator and every machine.
  func settleContents(rounds: Int = 400) -> Bool {
    coordinatorsDisk.isFull = false
    for _ in 0..<rounds {
      if coordinator == nil { startCoordinator() }
      now += 0.5
      turn(.tick)
      for worker in workers.indices {
        if workers[worker].exitCode != nil { replaceWorker(worker) }
        reconnect(worker)
        turn(worker: worker, .tick)
        for content in blobs where !disks[worker].wholes.contains(content.contentHash) {
          turn(worker: worker, .contentWanted(content.contentHash))
        }
        // A refusal is final until the client offers the content again.
        if worker >= plan.liars { offerContents(of: worker) }
        for _ in 0..<20 {
          deliverToCoordinator(from: worker)
          answerOfCoordinatorsDisk()
          deliverToWorker(worker)
        }
      }
      for _ in 0..<20 { reportUnreachable() }
      if !violations.isEmpty { return false }
      let honest = Set(offers.indices.dropFirst(plan.liars))
      let expected = blobs.indices.filter { honest.contains($0 % plan.workers) }.map { blobs[$0].contentHash }
      if honest.allSatisfy({ offers[$0].isEmpty }), coordinatorsDisk.wholes.isSuperset(of: expected),
        disks.allSatisfy({ $0.wholes.isSuperset(of: expected) })
      {
        return true
      }
    }
    return false
  }

  var missingContents: String {
    let taker = coordinator?.contents.taker.takings.values.map { "\($0.content.bytes) \($0.state)" } ?? []
    let others = workers.map { worker in
      let contents = worker.machine.contents
      return "\(worker.machine.phase) \(contents.wanted) \(contents.taker.takings.values.map(\.state))"
    }
    return "contents are missing: the coordinator has \(coordinatorsDisk.wholes.count), "
      + "the workers \(disks.map(\.wholes.count)), left to give \(offers.map(\.count)), "
      + "the coordinator takes \(taker), workers take \(others)"
  }
}
