import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

/// Coordinators and workers of different versions.
@Suite("Protocol versions")
struct ProtocolVersionTests {
  private func hello(newest: Int) -> WorkerMessage {
    .hello(
      Hello(
        worker: "w", host: "h", processID: 1, oldestProtocol: 1, newestProtocol: newest, build: "1", slots: 1,
        kernelVariant: "avx", dataHashes: [:]))
  }

  @Test(
    "a coordinator chooses what both speak, and says jobs in these words",
    arguments: zip([1, 2, 3, 9], [67, 67, 84, 84] as [UInt8]))
  func coordinator(newest: Int, code: UInt8) throws {
    var machine = CoordinatorMachine(
      settings: Fixture.coordinatorSettings(), jobs: [], strategy: TwoStageStrategy(first: 1, second: 0))
    _ = machine.handle(.started, at: 0)
    let peer = PeerID(1)
    let welcomes = machine.handle(.received(hello(newest: newest), from: peer), at: 1).sent(to: peer)
    guard case .welcome(let welcome)? = welcomes.first else {
      Issue.record("not welcome")
      return
    }
    #expect(welcome.protocolVersion == min(newest, ProtocolVersion.newest))
    let sent = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: peer), at: 2).sent(to: peer)
    let job = try #require(sent.first { if case .job = $0 { true } else { false } })
    let frames = try MessageCodec.encode(job, id: 1)
    #expect(frames[1] == [code])
    // In every version's encoding, it is the job on record.
    guard case .job(let heard) = try MessageCodec.decode(frames, as: CoordinatorMessage.self).message else { return }
    #expect(try Work(canonical: heard.work) == machine.jobs[1]?.work)
    let result = Fixture.finished(heard.reference)
    #expect(
      machine.handle(.received(result, from: peer), at: 3).records.contains {
        if case .jobFinished(1, 1, "w", Fixture.result()) = $0 { true } else { false }
      })
  }

  @Test("a worker does the jobs of a coordinator of every version", arguments: 1...3)
  func worker(version: Int) throws {
    var machine = WorkerMachine(settings: Fixture.workerSettings("w", slots: 1))
    _ = machine.handle(.started, at: 0)
    let welcome = Welcome(
      study: "study-1", studyName: "s", protocolVersion: version, data: Fixture.data, heartbeatSeconds: 5,
      leaseSeconds: 60)
    _ = machine.handle(.received(.welcome(welcome)), at: 0)
    _ = machine.handle(.dataLocated(path: nil), at: 0)
    let work = Work.example(Candidate(ranks: ["layer": 4]))
    let job = JobAssignment(reference: Fixture.reference(1), work: work, version: version)
    let heard = try MessageCodec.decode(
      try MessageCodec.encode(CoordinatorMessage.job(job), id: 1), as: CoordinatorMessage.self
    ).message
    let started = machine.handle(.received(heard), at: 1).compactMap { effect in
      if case .startJob(_, let job) = effect { job } else { nil }
    }
    #expect(try started.map { try Work(canonical: $0.work) } == [work])
    let ended = machine.handle(.engineFinished(slot: 0, job.reference, Fixture.result()), at: 2)
    #expect(ended.sent.contains(Fixture.finished(job.reference)))
  }

  /// A search of one training.
  private struct OneTraining: SearchStrategy {
    var name: StrategyName { .random }
    var notes: [String] { [] }
    var work: Work

    func roundsToKnow(before round: Int) -> Int { round }
    func expectedWorks(history: SearchHistory) -> Int { 1 }
    func round(_ number: Int, history: SearchHistory) -> SearchRound {
      number == 0 ? SearchRound(works: [work]) : .over
    }
  }

  @Test(
    "a work with newer variants of basis convolutions is not given to a worker that cannot read it", arguments: 3...5)
  func variants(version: Int) throws {
    func work(_ variant: BasisVariant, _ form: BasisForm) -> Work {
      var recipe = Work.example(.dense).kind.recipe
      recipe.variant = variant
      return Work(
        candidate: Candidate(forms: ["layer": form]), kind: .proxyTraining(recipe), repetition: 0, seed: 1)
    }
    let old = [work(.remainder, BasisForm(rank: 2)), work(.full, BasisForm(rank: 2))]
    for work in old { #expect(ProtocolVersion.needed(for: work) == ProtocolVersion.oldest) }
    for work in [
      work(.grouped(2), BasisForm(rank: 2)), work(.tied, BasisForm(rank: 2)),
      work(.remainder, BasisForm(rank: 2, variant: .grouped(2))), work(.remainder, BasisForm(rank: 2, variant: .full)),
    ] {
      #expect(ProtocolVersion.needed(for: work) == ProtocolVersion.withVariants)
      var machine = CoordinatorMachine(
        settings: Fixture.coordinatorSettings(), jobs: [], strategy: OneTraining(work: work))
      _ = machine.handle(.started, at: 0)
      let peer = PeerID(1)
      _ = machine.handle(.received(hello(newest: version), from: peer), at: 1)
      let sent = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: peer), at: 2).sent(to: peer)
      let jobs = sent.compactMap { if case .job(let job) = $0 { job.work } else { nil } }
      #expect(jobs == (version >= ProtocolVersion.withVariants ? [work.description] : []))
      let assignment = JobAssignment(reference: Fixture.reference(1), work: work, version: 2)
      #expect(throws: ProtocolError.self) { try MessageCodec.encode(CoordinatorMessage.job(assignment), id: 1) }
    }
  }

  @Test("a network that is described, or has a name that came later, is for workers that know of descriptions")
  func networks() throws {
    for text in ["resnet50", "cifar-resnet:depth=20,width=2", "resnet:blocks=2/2/2/2,stem=7x7-pool"] {
      var recipe = Work.example(.dense).kind.recipe
      recipe.model = try Model(text: text)
      for kind in [WorkKind.proxyTraining(recipe), .finalTraining(recipe)] {
        let work = Work(candidate: .dense, kind: kind, repetition: 0, seed: 1)
        #expect(ProtocolVersion.needed(for: work) == ProtocolVersion.withNetworks)
        #expect(work.description.contains(" model=\(text) "))
        #expect(try Work(canonical: work.description) == work)
        let other = work.description.replacing("resnet:blocks=", with: "resnet:block=basic,blocks=")
        if other != work.description { #expect(throws: SearchError.self) { try Work(canonical: other) } }
      }
    }
  }

  @Test("a start with augmented recalibration or a learning rate of its own is for workers that can read of it")
  func augmentedStarts() {
    var recipe = Work.example(.dense).kind.recipe
    recipe.start = TrainedStart(origin: .checkpoint(weights: String(repeating: "ab", count: 32)))
    func needed() -> [Int] {
      [WorkKind.proxyTraining(recipe), .layerAnalysis(recipe), .finalTraining(recipe)].map {
        ProtocolVersion.needed(for: Work(candidate: .dense, kind: $0, repetition: 0, seed: 1))
      }
    }
    #expect(Set(needed()) == [ProtocolVersion.withStarts])
    recipe.start?.augment = true
    #expect(Set(needed()) == [ProtocolVersion.withAugmentedStarts])
    recipe.start?.origin = .dense(epochs: 2, trainImages: 50, seed: 1)
    recipe.start?.learningRate = 0.2
    #expect(Set(needed()) == [ProtocolVersion.withStartRates])
  }

  @Test("other data sets and other augmentation are for workers that know them")
  func dataSets() throws {
    func needed(_ change: (inout TrainingRecipe) -> Void) -> Int {
      var recipe = Work.example(.dense).kind.recipe
      change(&recipe)
      return ProtocolVersion.needed(
        for: Work(candidate: .dense, kind: .proxyTraining(recipe), repetition: 0, seed: 1))
    }
    #expect(needed { _ in } == ProtocolVersion.oldest)
    #expect(needed { $0.data.set = .cifar100 } == 9 && needed { $0.data.set = .arrays } == 9)
    #expect(needed { $0.augmentation = AugmentationChoice([.flip]) } == 9)
    var settings = Fixture.coordinatorSettings()
    settings.data = DataRequirement(set: .arrays, contentHash: "ab", pathHint: nil, bytes: 7)
    for (version, isWelcome) in [(8, false), (9, true)] {
      var machine = CoordinatorMachine(
        settings: settings, jobs: [], strategy: TwoStageStrategy(first: 1, second: 0))
      _ = machine.handle(.started, at: 0)
      let peer = PeerID(1)
      let sent = machine.handle(.received(hello(newest: version), from: peer), at: 1).sent(to: peer)
      let refusals = sent.compactMap { if case .refusal(let refusal) = $0 { refusal.reason } else { nil } }
      #expect(refusals.isEmpty == isWelcome, "\(refusals)")
      #expect(isWelcome || refusals[0].contains("trains on arrays, which this worker's build does not know"))
    }
  }

  /// A search of one training that skips some updates.
  private struct SkippingStrategy: SearchStrategy {
    var name: StrategyName { .random }
    var notes: [String] { [] }
    static let work: Work = {
      var recipe = Work.example(.dense).kind.recipe
      (recipe.batch, recipe.skip) = (10, SkippedUpdates(of: .basis, every: 2))
      return Work(candidate: Candidate(ranks: ["layer": 1]), kind: .proxyTraining(recipe), repetition: 0, seed: 1)
    }()

    func roundsToKnow(before round: Int) -> Int { round }
    func expectedWorks(history: SearchHistory) -> Int { 1 }
    func round(_ number: Int, history: SearchHistory) -> SearchRound {
      number == 0 ? SearchRound(works: [Self.work]) : .over
    }
  }

  @Test("a work with skipped updates is not given to a worker that would leave them out", arguments: 1...4)
  func skippedUpdates(version: Int) throws {
    #expect(ProtocolVersion.needed(for: SkippingStrategy.work) == ProtocolVersion.withStarts)
    #expect(ProtocolVersion.needed(for: Work.example(.dense)) == ProtocolVersion.oldest)
    var machine = CoordinatorMachine(
      settings: Fixture.coordinatorSettings(), jobs: [], strategy: SkippingStrategy())
    _ = machine.handle(.started, at: 0)
    let peer = PeerID(1)
    _ = machine.handle(.received(hello(newest: version), from: peer), at: 1)
    let sent = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: peer), at: 2).sent(to: peer)
    let jobs = sent.compactMap { if case .job(let job) = $0 { job.work } else { nil } }
    #expect(jobs == (version >= ProtocolVersion.withStarts ? [SkippingStrategy.work.description] : []))
    // The messages of the first versions cannot express it.
    let assignment = JobAssignment(reference: Fixture.reference(1), work: SkippingStrategy.work, version: 2)
    #expect(throws: ProtocolError.self) { try MessageCodec.encode(CoordinatorMessage.job(assignment), id: 1) }
  }

  @Test("a result without what a work of its kind must find does not count: the attempt failed")
  func incomplete() {
    var machine = CoordinatorMachine(
      settings: Fixture.coordinatorSettings(), jobs: [], strategy: TwoStageStrategy(first: 1, second: 0))
    _ = machine.handle(.started, at: 0)
    let peer = PeerID(1)
    _ = machine.handle(.received(hello(newest: 3), from: peer), at: 1)
    _ = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: peer), at: 1)
    var result = Fixture.result()
    result[.accuracy] = nil
    let report = WorkerMessage.result(
      AttemptReport(reference: Fixture.reference(1), study: "study-1", outcome: .finished(result)))
    let effects = machine.handle(.received(report, from: peer), at: 2)
    #expect(
      effects.records.contains {
        if case .attemptEnded(1, 1, .failed(let reason, _)) = $0 {
          reason.contains("it has no accuracy")
        } else {
          false
        }
      })
    #expect(effects.sent(to: peer).contains(.resultAcknowledged(Fixture.reference(1))))
  }
}
