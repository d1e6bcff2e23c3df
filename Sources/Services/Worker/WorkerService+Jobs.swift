import ContentExchange
import Engines
import Files
import Foundation
import Processes
import SearchCore
import SearchProtocol

// Hands jobs to engines, and handles what they leave behind.
extension WorkerService {
  func start(_ assignment: JobAssignment, slot: Int) {
    let work = try? Work(canonical: assignment.work)
    if !options.sharesLog, let work, let jobLog = JobLog(log, architecture: work.kind.recipe.architecture) {
      jobLog.begun(assignment.reference, work.candidate, at: nil)
    }
    let mailbox = mailbox
    let weights = assignment.weights.flatMap { contents.file(of: $0) }
    var request = EngineRequest(job: assignment, dataPath: contents.dataPath, weightsPath: weights)
    if let work {
      if work.kind.leavesWeights {
        request.outputPath = machine.study.map { spool.weightsPath(of: assignment.reference, study: $0) }
      }
      let start = assignment.weights?.contentHash.text
      request.earlierStatePath = options.states.earlier(of: work, on: dataContent, from: start)
      request.stateStem = options.states.stem(of: work, on: dataContent, from: start)
      statePaths[slot] = options.states.place(for: work, on: dataContent, from: start)
    }
    let news = slots[slot].start(
      request, kernels: work?.kind.recipe.kernels?.native, dataContent: dataContent, program: options.engine,
      now: MonotonicClock.now
    ) {
      mailbox.post([.engine($0)])
    }
    deliver(slot: slot, news)
  }

  /// Offers the coordinator the files of a result, which it takes before the result counts.
  func offerArtifacts(of result: Observation, _ reference: AttemptReference) {
    guard let weights = result.artifacts[Artifact.weights], let hash = ContentHash(weights.hash),
      let study = machine.study
    else { return }
    let path = spool.weightsPath(of: reference, study: study)
    let location = ContentServer.Location(
      content: ContentDescription(contentHash: hash, kind: .blob, bytes: weights.bytes),
      folder: FilePath.folder(of: path),
      layout: ContentLayout(files: [.init(name: FilePath.name(of: path), bytes: weights.bytes)]))
    apply(machine.handle(contents.offer(location), at: MonotonicClock.now))
  }

  /// Keeps the state of a training, from which a later one may continue. A diverged training leaves none.
  func keepState(of slot: Int, _ result: Observation) {
    guard let path = statePaths.removeValue(forKey: slot), !result.diverged else {
      // States that trainings have left on the way count, too.
      return options.states.prune()
    }
    guard let problem = options.states.keep(path), !hasToldOfStates else { return }
    hasToldOfStates = true
    log.warning("\(problem)")
  }
}
