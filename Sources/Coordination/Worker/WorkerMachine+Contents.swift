import SearchCore
import SearchProtocol

/// Contents that the worker fetches from the coordinator or gives to it.
extension WorkerMachine {
  /// Stands for the coordinator, whichever connection leads to it.
  static let coordinator = PeerID(bytes: [])
  static let coordinatorsSource = ContentTaker.Source(peer: coordinator, account: nil)

  // MARK: Clients

  /// Asks for a content that a client wants. Answered by `contentTaken` or `contentUnavailable`.
  mutating func want(_ hash: ContentHash, at now: Double) {
    guard contents.wanted[hash] == nil else { return }
    contents.wanted[hash] = .asked(at: -.infinity)
    askForWanted(at: now)
  }

  /// Adds a content that a client has, and keeps until `contentGiven` or `contentRefused`.
  mutating func offer(_ content: ContentDescription) { contents.offer(content) }

  /// Asks the coordinator about the wanted contents that it has not answered for.
  private mutating func askForWanted(at now: Double) {
    guard isConnected, !contents.wanted.isEmpty else { return }
    for (hash, state) in contents.wanted.sorted(by: { $0.key < $1.key }) {
      guard case .asked(let time) = state, now - time >= settings.dataPatienceSeconds else { continue }
      guard protocolVersion >= ProtocolVersion.withContents else {
        conclude(hash, unavailable: "this coordinator is too old to send it: install the same build on both", at: now)
        continue
      }
      contents.wanted[hash] = .asked(at: now)
      send(.contentQuery(ContentReference(contentHash: hash)))
    }
  }

  private mutating func conclude(_ hash: ContentHash, unavailable reason: String, at now: Double) {
    guard contents.wanted.removeValue(forKey: hash) != nil else { return }
    log(.warning, "content \(hash.short) is not available: \(reason)")
    effects.append(.contentUnavailable(hash, reason: reason))
    handBackJobs(without: hash, because: reason, at: now)
  }

  /// Releases the contents of a study that is over for this worker.
  mutating func releaseContents() {
    for hash in contents.here.sorted() { effects.append(.content(.release(hash))) }
    contents.here = []
    for hash in contents.wanted.keys.sorted() {
      if !isDataSet(hash) { contents.taker.cancel(hash) }
      effects.append(.contentUnavailable(hash, reason: Self.studyIsOver))
    }
    contents.wanted = [:]
    for hash in contents.order where contents.withdraw(hash) {
      effects.append(.contentRefused(hash, reason: Self.studyIsOver))
    }
  }

  private static let studyIsOver = "its study is over for this worker"

  // MARK: Messages of the coordinator

  /// Resumes contents after a welcome: nothing is in flight any more.
  mutating func resumeContents(at now: Double) {
    contents.giver.forget(Self.coordinator)
    contents.forgetAnnouncements()
    contents.taker.restart(from: Self.coordinator, at: now)
    for (hash, state) in contents.wanted {
      if case .asked = state { contents.wanted[hash] = .asked(at: -.infinity) }
    }
  }

  mutating func fetch(_ content: ContentDescription, at now: Double) {
    guard case .asked? = contents.wanted[content.contentHash] else { return }
    contents.wanted[content.contentHash] = .taken
    // If the content is being fetched already as the study's data set, this serves both.
    contents.taker.add(Self.coordinatorsSource, of: content)
    if contents.taker.takings[content.contentHash]?.content != content {
      conclude(content.contentHash, unavailable: "the coordinator's description of it has changed", at: now)
    }
  }

  mutating func receive(_ piece: ContentPiece, at now: Double) {
    guard !isLeaving else { return }
    _ = contents.taker.receive(piece, from: Self.coordinator, at: now)
  }

  /// In version 2, only the data set has pieces.
  mutating func receive(_ piece: UnnamedPiece, at now: Double) {
    guard case .sought(let data) = contents.dataSet, let hash = ContentHash(data.contentHash) else { return }
    receive(ContentPiece(piece, of: hash), at: now)
  }

  mutating func give(_ request: ContentRequest, ticket: UInt64) {
    switch contents.giver.handle(request, from: Self.coordinator, ticket: ticket) {
    case .accepted, .tooMany: break
    case .unknown:
      send(
        .contentRefusal(
          ContentRefusal(
            contentHash: request.contentHash, subject: .request, reason: "the worker does not have this content")))
    }
  }

  mutating func hear(_ refusal: ContentRefusal, at now: Double) {
    let hash = refusal.contentHash
    switch refusal.subject {
    case .announcement:
      guard contents.withdraw(hash) else { return }
      log(.warning, "the coordinator does not accept content \(hash.short): \(refusal.reason)")
      effects.append(.contentRefused(hash, reason: refusal.reason))
      let reason = "its weights did not reach the coordinator: \(refusal.reason)".oneLine()
      replaceReports(with: hash, by: .failed(reason: reason, AttemptFailure(cause: .refused)), at: now)
    case .query:
      if case .asked? = contents.wanted[hash] { conclude(hash, unavailable: refusal.reason, at: now) }
    case .request:
      guard contents.taker.isTaking(hash) else { return }
      contents.taker.cancel(hash)
      if isDataSet(hash) { doWithoutData("the coordinator cannot send the data set: \(refusal.reason)") }
      conclude(hash, unavailable: refusal.reason, at: now)
    }
  }

  mutating func acknowledge(_ hash: ContentHash, at now: Double) {
    guard contents.withdraw(hash) else { return }
    effects.append(.contentGiven(hash))
    for reference in reports(with: hash) { sendReport(reference, at: now) }
  }

  // MARK: Events of this machine

  mutating func handle(_ event: ContentEvent, at now: Double) {
    guard case .unreadable(let hash, let reason) = event else { return contents.taker.handle(event, at: now) }
    guard contents.withdraw(hash) else { return }
    log(.warning, "content \(hash.short) cannot be sent: \(reason)")
    effects.append(.contentRefused(hash, reason: reason))
    // Not the jobs' fault, so they are handed back.
    let outcome = AttemptReport.Outcome.returned(reason: "its weights cannot be read any more: \(reason)".oneLine())
    replaceReports(with: hash, by: outcome, at: now)
  }

  /// Carries out what follows from the event that was handled. Called once a turn.
  mutating func exchangeContents(at now: Double) {
    let isAnswered = isConnected || (isLeaving && study != nil)
    askForWanted(at: now)
    for output in contents.taker.nextOutputs(mayAsk: isConnected, at: now) {
      switch output {
      case .local(let effect): effects.append(.content(effect))
      case .ask(let request, _): send(.contentRequest(request))
      case .taken(let content, _, _):
        if isDataSet(content.contentHash) { dataLocated() }
        if contents.wanted.removeValue(forKey: content.contentHash) != nil {
          contents.here.insert(content.contentHash)
          effects.append(.contentTaken(content))
          startJobs()
        }
      case .turnedDown(let hash, _, let reason):
        if isDataSet(hash) { doWithoutData(reason) }
        conclude(hash, unavailable: reason, at: now)
      case .silent, .ended: break
      case .log(let level, let text): log(level, text)
      }
    }
    guard isAnswered, protocolVersion >= ProtocolVersion.withContents else { return }
    for content in contents.announcements(repeatedAfter: settings.announcementSeconds, at: now) {
      send(.contentAnnouncement(content))
    }
    for gift in contents.giver.gifts(at: now) { effects.append(.content(.give(gift))) }
  }

  /// Whether contents have been offered that their clients want to hand over.
  var isGiving: Bool { !contents.offers.isEmpty && study != nil && protocolVersion >= ProtocolVersion.withContents }
}
