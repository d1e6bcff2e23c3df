import ArgumentParser
import Logging
import Services
import StudyServer

/// Whether a running study is served over HTTP, and to whom.
struct HTTPOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Serve the study's live page, its numbers as JSON, and metrics at this address; port 0 picks a free port.",
      valueName: "host:port"))
  var http: String?

  @Option(
    help: ArgumentHelp(
      """
      File with the token that readers of the page must present: one line, in a file that other users cannot read. \
      Required if other machines can reach the page.
      """, valueName: "file"))
  var httpTokenFile: String?

  @Flag(
    help: ArgumentHelp(
      "Let readers of the page act on the study, like the command control. Needs --http-token-file."))
  var httpControl = false

  func validate() throws {
    guard let http else {
      if httpTokenFile != nil { throw ValidationError("--http-token-file requires --http, the address of the page") }
      if httpControl { throw ValidationError("--http-control requires --http, the address of the page") }
      return
    }
    if httpControl, httpTokenFile == nil {
      throw ValidationError(
        "--http-control without a token would let every process on this machine control the study; give "
          + "--http-token-file FILE")
    }
    let address: HTTPAddress
    do { address = try HTTPAddress(http) } catch { throw ValidationError(error.usage) }
    if httpTokenFile == nil, !address.isLoopback {
      throw ValidationError(
        "--http \(http) is reachable from other machines, and without a token anyone may read the page; give "
          + "--http-token-file FILE, or serve the page on 127.0.0.1:\(address.port)")
    }
  }

  /// The same options for a child process.
  var arguments: [String] {
    (http.map { ["--http", $0] } ?? []) + (httpTokenFile.map { ["--http-token-file", $0] } ?? [])
      + (httpControl ? ["--http-control"] : [])
  }

  /// Starts the server, which listens when the function returns; `nil` if no page is served.
  func serve(_ log: Logger) throws -> StudyServer? {
    guard let http else { return nil }
    let token = try httpTokenFile.map { try AccessToken(file: $0) }
    let sources = PageSources.processes(
      figures: { PagePartsCommand.arguments(study: $0) },
      history: { ["status", $0, "--explain", "\($1)", "--json"] })
    return try StudyServer(
      address: try HTTPAddress(http), token: token, control: httpControl ? ControlDesk() : nil, sources: sources,
      log: log)
  }
}

extension ControlDesk {
  /// Passes the requests of the page's readers to the coordinator from now on.
  func open(to service: CoordinatorService) {
    let control = service.control
    open { intervention, author, answer in control(ControlRequest(intervention, by: author, answer: answer)) }
  }
}
