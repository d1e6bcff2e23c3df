import Services
import Simulation
import Testing
import Trainings

@testable import layersearch

@Suite("errors of libraries, as a command line tells them")
struct UsageTextTests {
  @Test("each names the options that help, in one line, and what the library says of it stays without them")
  func options() {
    let endpoint = "tcp://x:1"
    let errors: [(any UsageText, [String])] = [
      (SpoolError(folder: "/x", problem: "cannot be locked: no"), ["/x", "--spool", "XDG_CACHE_HOME"]),
      (HandshakeProblem.coordinatorWithoutKeys(endpoint: endpoint), [endpoint, "--keys"]),
      (HandshakeProblem.keysWanted(endpoint: endpoint), [endpoint, "--keys DIR"]),
      (HandshakeProblem.noCoordinator(endpoint: endpoint), [endpoint, "--keys DIR"]),
      (SimulationError.exists("/x"), ["--study /x", "new folder"]),
      (TrainingError.missing(.model), ["--model", "--from-study"]), (TrainingError.missing(.epochs), ["--epochs"]),
      (TrainingError.missing(.data), ["--data"]), (TrainingError.missingCandidate(kinds: "a row"), ["--candidate"]),
      (TrainingError.noStudy(candidate: "knee"), ["--candidate knee", "--from-study"]),
      (TrainingError.unfit(setting: "batch", "9 must be less"), ["--batch 9"]),
      (TrainingError.oneOutput("/dev/null"), ["--checkpoint /dev/null", "--seeds"]),
      (TrainingError.writtenOnce("f"), ["--checkpoint-every"]),
      (
        TrainingError.otherSettings(path: "f", [.init(setting: "epochs", there: "3", here: "4")]),
        ["--resume-from f", "--epochs is 3 there, 4 here"]
      ),
      (TrainingError.otherImages(path: "f", there: "a", here: "b"), ["--resume-from f", "--data"]),
      (TrainingError.otherKernels(path: "f", there: "a", here: "b"), ["--other-kernels"]),
      (TrainingError.kept(step: 1, steps: 2, place: "a f"), ["layersearch train --resume-from 'a f'"]),
      (TrainingError.diverged(trainings: 2), ["--learning-rate"]),
    ]
    for (error, words) in errors {
      for word in words { #expect(error.usage.contains(word), "\(error.usage)") }
      #expect(!error.usage.contains(where: \.isNewline) && !"\(error)".contains("--"), "\(error)")
      #expect(ProcessExit.describe(error) == error.usage)
    }
  }

  @Test("2 where nothing was begun and another command line helps, else 1")
  func codes() {
    #expect(ProcessExit.code(of: SimulationError.exists("/x")) == .usage)
    #expect(ProcessExit.code(of: TrainingError.missing(.data)) == .usage)
    for error in [
      TrainingError.diverged(trainings: 1), SimulationError.failed("x"), SpoolError(folder: "/x", problem: "y"),
      ServiceError.gaveUp("x"), TrainingError.unusable(path: "f", "x"),
    ] as [any Error] { #expect(ProcessExit.code(of: error) == .failed) }
  }
}
