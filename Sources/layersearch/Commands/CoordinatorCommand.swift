import ArgumentParser
import Foundation

struct CoordinatorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coordinator",
    abstract: "Hands a study's trainings to workers and records what they find.",
    discussion: """
      Prints the endpoint that it listens on, ends with 0 when the study is done, and tells its workers. Ctrl-C ends it \
      in good order; --resume goes on where it was, and so it does after a crash.

      Example:
        layersearch coordinator Configs/cifar10-resnet20.yaml --bind tcp://127.0.0.1:5555
      """)

  @OptionGroup var study: StudyOptions

  @Option(help: ArgumentHelp("Where to listen; port 0 picks a free one.", valueName: "endpoint"))
  var bind: String = "tcp://127.0.0.1:5555"

  @Flag(help: "Listen beyond this machine although traffic is not encrypted and anyone who reaches the port may join.")
  var insecure = false

  @Flag(help: "Stay up when the study is done.")
  var stay = false

  @OptionGroup var lease: LeaseOptions

  /// For `simulate`: the coordinator must not outlive it.
  @Flag(help: ArgumentHelp("Leave when standard input ends.", visibility: .hidden))
  var leaveWithInput = false

  @OptionGroup var verbosity: VerbosityOptions

  func validate() throws {
    try Endpoint.check(bind, option: "--bind", isBound: true)
    if !insecure, !Endpoint.isLocal(bind) {
      throw ValidationError(
        "--bind \(bind) is reachable from other machines, and traffic is not encrypted yet: give --insecure on a network that "
          + "you trust, or bind tcp://127.0.0.1:5555 and come through an ssh tunnel")
    }
  }

  func run() throws {
    var bound: CoordinatorSocket?
    let study = try study.open { bound = try CoordinatorSocket(endpoint: bind) }
    if try study.store.isFinished, !stay {
      try study.printOutcome()
      return
    }
    let socket = try bound ?? CoordinatorSocket(endpoint: bind)
    let service = try CoordinatorService(
      study: study, socket: socket, options: .init(stays: stay, isQuiet: verbosity.quiet, times: lease.times),
      log: verbosity.logger("coordinator"))
    let stop = service.stop
    let signals = Signals { _, count in
      // Everything that was acknowledged is on disk: a second signal may end the process where it is.
      if count > 1 { ProcessExit.atOnce() }
      stop()
    }
    if leaveWithInput {
      Thread.detachNewThread {
        LineReader(descriptor: STDIN_FILENO).forEach { _ in }
        stop()
      }
    }
    StandardOutput.writeLine("listening on \(socket.endpoint)")
    let outcome = try withExtendedLifetime(signals) { try service.run() }
    if outcome == .stopped {
      throw Failure.failed(
        "stopped before the study was done; go on with: \(self.study.resumption(command: "coordinator")) --bind \(bind)"
      )
    }
    try study.printOutcome()
  }
}
