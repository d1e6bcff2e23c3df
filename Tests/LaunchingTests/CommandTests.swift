import Foundation
import Testing

@testable import Launching

@Suite struct CommandTests {
  @Test func givesWhatAProgramWroteAndHowItEnded() async throws {
    let result = try await Command(
      "sh", ["-c", "cat; echo $WORD; echo no >&2; exit 3"], environment: ["WORD": "there"], input: Array("here\n".utf8)
    ).run()
    #expect(result == Command.Result(status: 3, output: "here\nthere\n", errors: "no\n"))
    #expect(result.lastLine == "no")
  }

  @Test func aProgramThatIsNotThereIsAnErrorOfOneLine() async {
    await #expect(
      throws: LaunchError.failure("no-such-program-here: there is no such program; install it, or correct PATH")
    ) { try await Command("no-such-program-here").run() }
  }

  @Test func whatTakesTooLongIsKilled() async {
    let error = await #expect(throws: LaunchError.self) {
      try await Command("sleep", ["3600"], limit: .milliseconds(50)).run()
    }
    #expect(error?.description.hasPrefix("sleep: did not end within") == true)
  }

  @Test func whatIsLongerThanAnyAnswerIsCutOff() async throws {
    let result = try await Command("sh", ["-c", "yes $(printf %1000s x) | head -c 40000000"]).run()
    let bytes = result.output.utf8.count
    #expect(result.status == 0 && (8 << 20...16 << 20).contains(bytes), "\(bytes)")
  }

  @Test func numbersOfWorkersGoOnFromThoseThatAreThere() {
    #expect(WorkerNumbers.next(after: ["w2", "w10", "x11", "w"], prefix: "w") == 11)
    #expect(WorkerNumbers.next(after: ["w\(Int.max)", "w3"], prefix: "w") == 4)
    #expect(WorkerNumbers.next(after: [], prefix: "w") == 1)
  }

  @Test func anInputThatNobodyReadsHoldsNothingUp() async throws {
    // As the program does.
    signal(SIGPIPE, SIG_IGN)
    let result = try await Command("true", input: [UInt8](repeating: 65, count: 1 << 20)).run()
    #expect(result.status == 0)
  }
}
