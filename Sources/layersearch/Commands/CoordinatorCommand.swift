import ArgumentParser
import Foundation
import Messaging
import Processes
import Services
import StudyServer
import Terminal

struct CoordinatorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coordinator",
    abstract: "Hands out a study's trainings to workers and records the results.",
    discussion: Examples.folded(
      """
      Prints the endpoint that it listens on. When the study is done, it notifies the workers and exits with 0. Ctrl-C \
      stops it cleanly; --resume continues the study, also after a crash.

      Examples:
        layersearch coordinator Configs/cifar10-resnet20.yaml --bind tcp://127.0.0.1:5555
        layersearch coordinator Configs/cifar10-resnet20.yaml --bind 'tcp://*:5555' --keys keys/coordinator
        layersearch coordinator Configs/cifar10-resnet20.yaml --http 127.0.0.1:8080
      """))

  @OptionGroup var study: StudyOptions

  @Option(help: ArgumentHelp("Endpoint to listen on; port 0 picks a free port.", valueName: "endpoint"))
  var bind: String = "tcp://127.0.0.1:5555"

  @OptionGroup var security: CoordinatorKeyOptions

  @OptionGroup var http: HTTPOptions

  @Flag(help: "Keep running when the study is done.")
  var stay = false

  @OptionGroup var lease: LeaseOptions

  @OptionGroup var speculation: SpeculationOptions

  @OptionGroup var failures: FailureOptions

  @OptionGroup var contents: ContentOptions

  /// For `simulate`, so that the coordinator does not outlive it.
  @Flag(help: ArgumentHelp("Exit when standard input ends.", visibility: .hidden))
  var leaveWithInput = false

  @OptionGroup var verbosity: VerbosityOptions

  func validate() throws {
    do { try Endpoint.check(bind, isBound: true) } catch { throw ValidationError("--bind \(error)") }
    try security.check(bind)
    try failures.check(resume: study.resume)
  }

  func run() throws {
    let keys = try security.load()
    let log = verbosity.logger("coordinator", isRelayed: leaveWithInput)
    var bound: CoordinatorSocket?
    var served: StudyServer?
    let study = try study.open {
      bound = try CoordinatorSocket(endpoint: bind, keys: keys)
      served = try http.serve(log)
    }
    try failures.prepare(study)
    if try study.store.isFinished, !stay {
      try study.conclude()
      return
    }
    let socket = try bound ?? CoordinatorSocket(endpoint: bind, keys: keys)
    let page = try served ?? http.serve(log)
    defer { page?.stop() }
    if let doorkeeper = socket.doorkeeper {
      log.info(
        """
        encrypted; \(doorkeeper.authorizedKeys.names.count) keys in \(doorkeeper.listPath) are authorized; a test \
        connection with an unknown key was refused
        """)
    }
    let service = try CoordinatorService(
      study: study, socket: socket,
      options: .init(
        stays: stay, times: lease.times, failures: failures.rules, contentBytes: contents.bytes,
        display: ProgressDisplay.forService(isQuiet: verbosity.quiet), speculates: speculation.speculate,
        observer: page?.board), log: log)
    page?.control?.open(to: service)
    let stop = service.stop
    let signals = Signals { _, count in
      // Everything that was acknowledged is on disk, so a second signal may end the process at any point.
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
    if let page { StandardOutput.writeLine("page at \(page.url)") }
    try StandardOutput.check()
    let outcome = try withExtendedLifetime(signals) { try service.run() }
    if let failure = self.study.failure(of: outcome) { throw failure }
    try study.conclude()
  }
}
