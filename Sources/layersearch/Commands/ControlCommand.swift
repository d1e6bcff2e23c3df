import ArgumentParser
import Processes
import SearchCore
import Services
import Studies
import Terminal

struct ControlCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "control",
    abstract: "Intervenes in a study: pauses it, changes its budget, adds candidates, retries jobs, drains workers.",
    discussion: Examples.folded(
      """
      The study's coordinator carries out the request if one runs on this machine; otherwise the command itself \
      changes the record. When the command exits with 0, the request is on record, with time and author. Only the \
      study's owner and root may make requests.

        pause, resume     stop or resume handing out jobs; running ones continue
        budget N          maximum number of jobs of the search, also if finished
        add CANDIDATE     train it under --repetitions new seeds, before other jobs
        cancel JOB        end the job and set it aside
        retry JOB         let a job that was set aside wait again
        drain WORKER      give the worker no more jobs; it finishes those it has
        distrust WORKER   also strike out its results and train them again

      A candidate is \(CandidateNames.kinds). A worker is given by its name or the beginning of it. JOB may be several \
      jobs, such as 7,12-20: cancel applies to the open ones among them, retry to those that were set aside.

      Examples:
        layersearch control studies/cifar10-resnet20 pause
        layersearch control studies/cifar10-resnet20 budget 240
        layersearch control studies/cifar10-resnet20 add 'layer3.2.conv1=16' --repetitions 3
        layersearch control studies/cifar10-resnet20 cancel 1000001-1000012
        layersearch control studies/cifar10-resnet20 distrust node7-4711-9c2f
      """))

  @Argument(help: ArgumentHelp("The study's folder.", valueName: "study-dir"))
  var study: String

  @Argument(
    help: ArgumentHelp(
      "What to do: \(Intervention.Verb.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "verb"),
    completion: .list(Intervention.Verb.allCases.map(\.rawValue)))
  var verb: String

  @Argument(help: ArgumentHelp("What the verb applies to.", valueName: "n|candidate|job|worker"))
  var subject: String?

  @Option(
    help: ArgumentHelp("With add: number of trainings, each under a new seed (default: 1).", valueName: "n"),
    transform: Number.whole(Intervention.repetitions))
  var repetitions: Int?

  @Option(help: ArgumentHelp("Author of the request, for the record (default: user@host).", valueName: "name"))
  var author: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  /// The verb and the numbers of several jobs; `nil` if the command is not about several.
  private var several: (verb: Intervention.Verb, jobs: JobNumbers)? {
    guard let verb = Intervention.Verb(rawValue: verb), [.cancel, .retry].contains(verb), repetitions == nil,
      let subject, let jobs = JobNumbers(subject), !jobs.isSingle
    else { return nil }
    return (verb, jobs)
  }

  private func intervention() throws -> Intervention {
    do { return try Intervention(verb: verb, subject: subject, repetitions: repetitions) } catch {
      throw ValidationError("\(error)")
    }
  }

  func validate() throws { if several == nil { _ = try intervention() } }

  /// The interventions; one for each job.
  private func interventions() throws -> [Intervention] {
    guard let (verb, jobs) = several else { return [try intervention()] }
    let chosen = try StudyControl.jobs(jobs, for: verb, of: study)
    guard !chosen.isEmpty else {
      throw Failure.usage(
        "study \(study): none of the jobs \(jobs) \(verb == .cancel ? "is open" : "was set aside")")
    }
    return chosen.map { verb == .cancel ? .cancel(job: $0) : .retry(job: $0) }
  }

  func run() throws {
    let author = author ?? UserIdentity.current
    let wanted = try interventions()
    var done: [String] = []
    var isByCoordinator = false
    for intervention in wanted {
      let outcome = try StudyControl.ask(intervention, by: author, of: study)
      switch outcome.answer {
      // If several jobs are given, one that has ended in the meantime does not stop the others.
      case .refused(let reason) where wanted.count > 1: StandardError.shared.writeLine("study \(study): \(reason)")
      case .refused(let reason): throw Failure.usage("study \(study): \(reason)")
      case .done(let text):
        if !json { StandardOutput.writeLine(text) }
        done.append(text)
        isByCoordinator = outcome.byCoordinator
      }
    }
    if done.isEmpty { throw ExitCode(Failure.Code.usage.rawValue) }
    guard json else { return }
    try JSONOutput.print(
      Report(
        study: study, verb: verb, subject: subject, repetitions: wanted[0].repetitions, author: author,
        done: done.joined(separator: "; "), through: isByCoordinator ? "coordinator" : "record"))
  }

  private struct Report: Encodable {
    var study: String
    var verb: String
    var subject: String?
    var repetitions: Int?
    var author: String
    var done: String
    var through: String
  }
}
