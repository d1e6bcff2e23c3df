import ArgumentParser
import Logging
import StudyServer

/// Whether a running study can be looked at over HTTP, and by whom.
struct HTTPOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Serve the study's live page, its numbers as JSON and metrics; port 0 picks a free one.",
      valueName: "host:port"))
  var http: String?

  @Option(
    help: ArgumentHelp(
      "What readers have to show: a file with one line, which others may not read. Needed where other machines reach "
        + "the page.", valueName: "file"))
  var httpTokenFile: String?

  func validate() throws {
    guard let http else {
      if httpTokenFile != nil { throw ValidationError("--http-token-file needs --http, where the page is served") }
      return
    }
    let address: HTTPAddress
    do { address = try HTTPAddress(http) } catch { throw ValidationError(error.usage) }
    if httpTokenFile == nil, !address.isLoopback {
      throw ValidationError(
        "--http \(http) is reachable from other machines, and without a token anyone may look: give "
          + "--http-token-file FILE, or serve the page on 127.0.0.1:\(address.port)")
    }
  }

  /// To pass on to a child process.
  var arguments: [String] {
    (http.map { ["--http", $0] } ?? []) + (httpTokenFile.map { ["--http-token-file", $0] } ?? [])
  }

  /// Listens when this returns; nil where no page is to be served.
  func serve(_ log: Logger) throws -> StudyServer? {
    guard let http else { return nil }
    let token = try httpTokenFile.map { try AccessToken(file: $0) }
    let sources = PageSources.processes(
      figures: { PagePartsCommand.arguments(study: $0) },
      history: { ["status", $0, "--explain", "\($1)", "--json"] })
    return try StudyServer(address: try HTTPAddress(http), token: token, sources: sources, log: log)
  }
}
