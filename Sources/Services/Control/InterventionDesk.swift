import Configuration
import Coordination
import SearchCore
import Studies
import StudyStore

/// Converts interventions into actions of the coordinator's state machine; checks candidates and budgets by the study.
struct InterventionDesk {
  private let definition: StudyDefinition
  private let names: CandidateNames

  struct Refusal: Error { var reason: String }

  init(of store: StudyStore, definition: StudyDefinition) {
    self.definition = definition
    names = CandidateNames(of: store, definition: definition)
  }

  func action(for intervention: Intervention) throws(Refusal) -> InterventionRequest.Action {
    switch intervention {
    case .pause: return .pause
    case .resume: return .resume
    case .budget(let jobs):
      do { return .budget(jobs, try definition.withBudget(ofJobs: jobs).makeStrategy()) } catch {
        throw Refusal(reason: "\(error)")
      }
    case .add(let text, let repetitions):
      return .add(try candidate(text), repetitions: repetitions, definition.configuration.template)
    case .cancel(let job): return .cancel(job: job)
    case .retry(let job): return .retry(job: job)
    case .drain(let worker): return .drain(worker: worker)
    case .distrust(let worker): return .distrust(worker: worker)
    }
  }

  /// Returns the candidate. One that the network allows but the study's space does not contain is refused: nothing that
  /// is computed from the study's results could place it.
  private func candidate(_ text: String) throws(Refusal) -> Candidate {
    let candidate: Candidate
    do { candidate = try names.candidate(ofText: text) } catch { throw Refusal(reason: "\(error)") }
    if let problem = definition.space.problem(with: candidate) {
      throw Refusal(reason: "\(candidate) is outside the study's space: \(problem)")
    }
    return candidate
  }
}
