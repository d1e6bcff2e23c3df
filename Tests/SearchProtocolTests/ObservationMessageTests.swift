import SearchCore
import Testing

@testable import SearchProtocol

/// Messages that earlier versions send and understand.
@Suite("Observations and jobs on the wire")
struct ObservationMessageTests {
  private let reference = AttemptReference(job: 3, attempt: 1)
  private let observation = Observation(
    accuracy: 0.5, loss: 1.25, epochLosses: [2, 1.5], diverged: false, stepTimeRatio: 0.75, inferenceTimeRatio: nil,
    trainSeconds: 2.5, imagesPerSecond: 100, peakMemoryBytes: 4096, kernelVariant: "avx2")
  /// The report as protocol versions 1 and 2 write it.
  private let plain =
    #"{"outcome":{"finished":{"_0":{"accuracy":0.5,"diverged":false,"epochLosses":[2,1.5],"imagesPerSecond":100,"#
    + #""kernelVariant":"avx2","loss":1.25,"peakMemoryBytes":4096,"stepTimeRatio":0.75,"trainSeconds":2.5}}},"#
    + #""reference":{"attempt":1,"job":3},"study":"s"}"#

  private func report(_ observation: Observation) -> WorkerMessage {
    .result(AttemptReport(reference: reference, study: "s", outcome: .finished(observation)))
  }

  private func decode(_ payload: String) throws -> WorkerMessage {
    let frames = try MessageCodec.encode(WorkerMessage.ready(Ready(freeSlots: 1)), id: 1)
    return try MessageCodec.decode([frames[0], [5], frames[2], Array(payload.utf8)], as: WorkerMessage.self).message
  }

  @Test("a training's result has the bytes that it has had since the first version, which are read back")
  func sameBytes() throws {
    #expect(String(decoding: try MessageCodec.encode(report(observation), id: 1)[3], as: UTF8.self) == plain)
    #expect(try decode(plain) == report(observation))
  }

  @Test("what else was found stands by name beside it, and comes back")
  func more() throws {
    var more = observation
    more[Metric(named: "flatness")] = -0.5
    more[Metric(named: "a_2")] = 1e300
    more[Curve(named: "epoch_accuracies")] = [0.25, 0.5]
    more.artifacts["weights"] = Artifact(hash: String(repeating: "0a", count: 32), bytes: 7)
    let frames = try MessageCodec.encode(report(more), id: 1)
    #expect(try MessageCodec.decode(frames, as: WorkerMessage.self).message == report(more))
    let text = String(decoding: frames[3], as: UTF8.self)
    #expect(text.contains(#""curves":{"epoch_accuracies":[0.25,0.5]}"#) && text.contains(#""flatness":-0.5"#))
    // Earlier versions read the fields they know from the same bytes.
    struct Earlier: Decodable {
      var accuracy: Double
      var epochLosses: [Double]
    }
    let start = try #require(text.range(of: #""_0":"#)?.upperBound)
    let end = try #require(text.range(of: #"}},"reference""#)?.lowerBound)
    let earlier = try JSON.decode(Earlier.self, from: Array(text[start..<end].utf8), as: "result")
    #expect(earlier.accuracy == 0.5 && earlier.epochLosses == [2, 1.5])
  }

  @Test(
    "what no work can find is refused, whoever sends it",
    arguments: [
      #""metrics":{"accuracy":1.5},"#, #""metrics":{"Flat":1},"#, #""metrics":{"":1},"#, #""metrics":{"a":1e999},"#,
      #""artifacts":{"weights":{"bytes":1,"hash":"0a"}},"#, #""curves":{"a":[null]},"#,
    ])
  func refused(field: String) throws {
    let place = field.hasPrefix("\"metrics") ? #""peakMemoryBytes""# : #""diverged""#
    #expect(throws: ProtocolError.self) { try decode(plain.replacing(place, with: field + place)) }
    #expect(throws: ProtocolError.self) { try decode(plain.replacing("0.5", with: "1.5")) }
  }

  @Test("more names than an observation can have are refused")
  func tooMany() throws {
    var many = observation
    for number in 0...FieldLimits.observed { many[Metric(named: "m\(number)")] = 1 }
    #expect(throws: ProtocolError.self) { try MessageCodec.encode(report(many), id: 1) }
  }

  @Test("a worker of versions 1 and 2 hears a job in the words that it knows, and what it hears is the same work")
  func olderWorker() throws {
    let recipe = TrainingRecipe(
      model: .resnet8, data: DataSelection(set: .shapes10, trainImages: 100, validationImages: 10, splitSeed: 1),
      epochs: 2)
    for repetition in 0...1 {
      let work = Work(
        candidate: Candidate(ranks: ["layer1.0.conv1": 4]), kind: .proxyTraining(recipe), repetition: repetition,
        seed: 9)
      let old = try MessageCodec.encode(
        CoordinatorMessage.job(JobAssignment(reference: reference, work: work, version: 2)), id: 1)
      #expect(old[1] == [67])
      #expect(
        String(decoding: old[3], as: UTF8.self)
          == #"{"candidate":"layer1.0.conv1=4","measuresTime":\#(repetition == 0),"#
          + #""recipe":{"augment":true,"batch":128,"#
          + #""data":{"set":"shapes10","splitSeed":1,"trainImages":100,"validationImages":10},"epochs":2,"#
          + #""learningRate":0.1,"model":"resnet8","momentum":0.9,"nesterov":false,"schedule":"onecycle","#
          + #""variant":"remainder","weightDecay":0.0001},"reference":{"attempt":1,"job":3},"seed":9}"#)
      let new = try MessageCodec.encode(
        CoordinatorMessage.job(JobAssignment(reference: reference, work: work)), id: 1)
      #expect(new[1] == [84])
      for frames in [old, new] {
        guard case .job(let job) = try MessageCodec.decode(frames, as: CoordinatorMessage.self).message else {
          Issue.record("not a job any more")
          return
        }
        #expect(job.reference == reference)
        #expect(try Work(canonical: job.work) == work)
      }
    }
  }

  private var recipe: TrainingRecipe {
    TrainingRecipe(
      model: .resnet8, data: DataSelection(set: .shapes10, trainImages: 100, validationImages: 10, splitSeed: 1),
      epochs: 2)
  }

  @Test(
    "epochs beyond all bounds in an older coordinator's job are refused, and are no trap", arguments: [Int.max, .min])
  func endlessEpochs(epochs: Int) throws {
    let work = Work(candidate: .dense, kind: .proxyTraining(recipe), repetition: 0, seed: 9)
    var frames = try MessageCodec.encode(
      CoordinatorMessage.job(JobAssignment(reference: reference, work: work, version: 2)), id: 1)
    let text = String(decoding: frames[3], as: UTF8.self)
    frames[3] = Array(text.replacing(#""epochs":2"#, with: #""epochs":\#(epochs)"#).utf8)
    #expect(throws: ProtocolError.self) { try MessageCodec.decode(frames, as: CoordinatorMessage.self) }
  }

  @Test(
    "a candidate that is none in an older coordinator's job is refused", arguments: ["b_.2==9", "", "fc=1, conv1=2"])
  func noCandidate(text candidate: String) throws {
    let work = Work(candidate: .dense, kind: .proxyTraining(recipe), repetition: 0, seed: 9)
    var frames = try MessageCodec.encode(
      CoordinatorMessage.job(JobAssignment(reference: reference, work: work, version: 2)), id: 1)
    let text = String(decoding: frames[3], as: UTF8.self)
    let changed = text.replacing(#""candidate":"dense""#, with: #""candidate":"\#(candidate)""#)
    #expect(changed != text)
    frames[3] = Array(changed.utf8)
    #expect(throws: ProtocolError.self) { try MessageCodec.decode(frames, as: CoordinatorMessage.self) }
  }

  @Test("a text that is no work's cannot be said to an older worker, and is no trap")
  func notAWork() {
    var job = JobAssignment(reference: reference, work: "anything")
    job.isTraining = true
    #expect(throws: ProtocolError.self) { try MessageCodec.encode(CoordinatorMessage.job(job), id: 1) }
  }
}
