import ArgumentParser
import Processes
import SearchCore
import Services
import Terminal

struct ControlCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "control",
    abstract: "Takes a study in hand: pauses it, changes its budget, adds candidates, tries jobs again, drops workers.",
    discussion: Examples.folded(
      """
      What is asked for is done by the study's coordinator where one is at work on this machine, and on the record \
      where none is; it is on record, with time and author, when the command ends with 0. Only the study's owner may.

        pause, resume     hand out no jobs, or jobs again; what runs goes on
        budget N          most jobs of the search, also of a finished one
        add CANDIDATE     train it under --repetitions new seeds, before others
        cancel JOB        end it and set it aside
        retry JOB         let one that was set aside wait again
        drain WORKER      give it no more jobs; it finishes what it has
        distrust WORKER   strike out its results, too, and train them again

      A candidate is a row number of the frontier, knee, a label that a table prints, layer=rank pairs, or dense. A \
      worker is named by its name or the beginning of it.

      Examples:
        layersearch control studies/cifar10-resnet20 pause
        layersearch control studies/cifar10-resnet20 budget 240
        layersearch control studies/cifar10-resnet20 add 'layer3.2.conv1=16' --repetitions 3
        layersearch control studies/cifar10-resnet20 distrust node7-4711-9c2f
      """))

  @Argument(help: ArgumentHelp("The study's folder.", valueName: "study-dir"))
  var study: String

  @Argument(
    help: ArgumentHelp(
      "What to do: \(Intervention.Verb.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "verb"),
    completion: .list(Intervention.Verb.allCases.map(\.rawValue)))
  var verb: String

  @Argument(help: ArgumentHelp("What it is done to.", valueName: "n|candidate|job|worker"))
  var subject: String?

  @Option(
    help: ArgumentHelp("With add: so many trainings more, each under a seed of its own (default: 1).", valueName: "n"),
    transform: Number.whole(Intervention.repetitions))
  var repetitions: Int?

  @Option(help: ArgumentHelp("Who asks for it, for the record (default: user@host).", valueName: "name"))
  var author: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  private func intervention() throws -> Intervention {
    do { return try Intervention(verb: verb, subject: subject, repetitions: repetitions) } catch {
      throw ValidationError("\(error)")
    }
  }

  func validate() throws { _ = try intervention() }

  func run() throws {
    let author = author ?? UserIdentity.current
    let intervention = try intervention()
    let outcome = try StudyControl.ask(intervention, by: author, of: study)
    switch outcome.answer {
    case .refused(let reason): throw Failure.usage("study \(study): \(reason)")
    case .done(let text):
      guard json else { return StandardOutput.writeLine(text) }
      try JSONOutput.print(
        Report(
          study: study, verb: intervention.verb.rawValue, subject: intervention.subject,
          repetitions: intervention.repetitions, author: author, done: text,
          through: outcome.byCoordinator ? "coordinator" : "record"))
    }
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
