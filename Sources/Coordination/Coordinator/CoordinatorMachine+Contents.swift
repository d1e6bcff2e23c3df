import ReadableText
import SearchCore
import SearchProtocol

/// Contents, including the study's data set, that workers fetch from the coordinator or give to it.
extension CoordinatorMachine {
  /// The study's data set; `nil` if workers cannot fetch it from this coordinator.
  var dataSet: ContentDescription? {
    guard settings.dataBytes > 0, let kind = ContentKind(settings.data.set),
      let hash = ContentHash(settings.data.contentHash)
    else { return nil }
    return ContentDescription(contentHash: hash, kind: kind, bytes: settings.dataBytes)
  }

  // MARK: Giving

  mutating func give(_ request: ContentRequest, to peer: PeerID, ticket: UInt64) {
    switch contents.giver.handle(request, from: peer, ticket: ticket) {
    case .accepted: break
    case .tooMany: undecodable += 1
    case .unknown: refuse(.request, of: request.contentHash, "the coordinator does not have this data", to: peer)
    }
  }

  mutating func describe(_ hash: ContentHash, to peer: PeerID) {
    if let dataSet, dataSet.contentHash == hash { return send(.contentAnnouncement(dataSet), to: peer) }
    guard let content = contents.stored[hash] else {
      return refuse(.query, of: hash, "the study has no such content", to: peer)
    }
    send(.contentAnnouncement(content.description), to: peer)
  }

  /// Sends a refusal in the form of the peer's protocol version.
  private mutating func refuse(
    _ subject: ContentRefusal.Subject, of hash: ContentHash, _ reason: String, to peer: PeerID
  ) {
    let reason = reason.oneLine()
    send(
      namesContents(to: peer)
        ? .contentRefusal(ContentRefusal(contentHash: hash, subject: subject, reason: reason))
        : .dataRefusal(Refusal(reason: reason)), to: peer)
  }

  /// Returns whether messages to the peer name the content by its hash. Up to version 2, the data set is the only
  /// content.
  private func namesContents(to peer: PeerID) -> Bool {
    (sessions[peer]?.protocolVersion ?? ProtocolVersion.oldest) >= ProtocolVersion.withContents
  }

  // MARK: Taking

  mutating func consider(_ content: ContentDescription, of peer: PeerID) {
    guard let session = sessions[peer] else { return }
    switch contents.announce(content, by: ContentTaker.Source(peer: peer, account: session.key)) {
    case .known: send(.contentAcknowledged(ContentReference(contentHash: content.contentHash)), to: peer)
    case .accepted: break
    case .tooMany: undecodable += 1
    case .refused(let reason):
      log(.warning, "content \(content.contentHash.short) of worker \(session.worker) is refused: \(reason)")
      refuse(.announcement, of: content.contentHash, reason, to: peer)
    }
  }

  mutating func receive(_ piece: ContentPiece, from peer: PeerID, at now: Double) {
    if !contents.taker.receive(piece, from: peer, at: now) { undecodable += 1 }
  }

  /// Removes the peer as a source of a content that it announced but cannot give.
  mutating func renounce(_ refusal: ContentRefusal, of peer: PeerID, at now: Double) {
    guard refusal.subject == .request, contents.announced[peer]?.contains(refusal.contentHash) == true else { return }
    contents.forgetAnnouncement(of: refusal.contentHash, by: peer)
    contents.taker.remove(peer, of: refusal.contentHash, at: now)
  }

  mutating func handle(_ event: ContentEvent, at now: Double) {
    guard case .unreadable(let hash, let reason) = event else { return contents.taker.handle(event, at: now) }
    if contents.lose(hash) {
      log(.error, "workers cannot fetch content \(hash.short): \(reason)")
    } else if hash == dataSet?.contentHash, !contents.isDataSetUnreadable {
      contents.isDataSetUnreadable = true
      log(.error, "workers cannot fetch the data set: \(reason)")
    }
  }

  /// Carries out what follows from the events of the turn. Called once a turn.
  mutating func exchangeContents(at now: Double) {
    for output in contents.taker.nextOutputs(mayAsk: true, at: now) {
      switch output {
      case .local(let effect): turn.perform(.content(effect))
      case .ask(let request, let peer): send(.contentRequest(request), to: peer)
      case .taken(let content, let key, let sources):
        contents.release(content.bytes, key: key)
        contents.keep(StoredContent(description: content, key: key))
        turn.perform(.content(.release(content.contentHash)))
        log(.info, "received content \(content.contentHash.short), \(Readable.bytes(content.bytes))")
        for peer in sources {
          contents.forgetAnnouncement(of: content.contentHash, by: peer)
          send(.contentAcknowledged(ContentReference(contentHash: content.contentHash)), to: peer)
        }
      case .turnedDown(let hash, let peer, let reason):
        contents.forgetAnnouncement(of: hash, by: peer)
        log(.warning, "content \(hash.short) of worker \(sessions[peer]?.worker ?? "\(peer)") is refused: \(reason)")
        refuse(.announcement, of: hash, reason, to: peer)
      case .silent(let hash, let peer):
        // The worker announces the content again.
        contents.forgetAnnouncement(of: hash, by: peer)
      case .ended(let content, let key): contents.release(content.bytes, key: key)
      case .log(let level, let text): log(level, text)
      }
    }
    for var gift in contents.giver.gifts(at: now) {
      gift.namesContent = namesContents(to: gift.peer)
      turn.perform(.content(.give(gift)))
    }
  }
}
