import Dispatch
import Files
import Foundation
import Processes
import ReadableText
import Reporting
import Synchronization

/// Converts pages and figures to PDF with a program that is installed on this machine.
package enum PagePrinter {
  /// The browsers to try, in this order.
  static let browsers = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
  static let converter = "rsvg-convert"

  private static let secondsUntilGivenUp = 120.0

  /// Prints the whole page if there is a browser, otherwise its figures, one per page.
  /// - Returns: The file, and a note about what it lacks; `nil` if it is complete.
  package static func pdf(of page: ReportPage) throws(PrintingError) -> (bytes: [UInt8], note: String?) {
    if let browser = browsers.compactMap(program).first {
      let bytes = try inTemporaryFolder { folder throws(PrintingError) in
        try write(page.text, to: "\(folder)/report.html")
        // A browser run by the superuser has no sandbox. It reads only this program's own file, and nothing from the
        // network.
        try run(
          browser,
          ["--headless", "--disable-gpu", "--user-data-dir=\(folder)/profile", "--no-pdf-header-footer"]
            + (geteuid() == 0 ? ["--no-sandbox"] : [])
            + ["--print-to-pdf=\(folder)/report.pdf", "file://\(folder)/report.html"])
        return try read("\(folder)/report.pdf", of: browser)
      }
      return (bytes, nil)
    }
    guard program(converter) != nil else { throw .noProgram(browsers + [converter]) }
    let bytes = try pdf(of: page.figures)
    return (bytes, "there is no browser (\(browsers[0])) on this machine: the PDF contains only the figures")
  }

  /// Makes a PDF with one figure per page.
  package static func pdf(of figures: [SVGFigure]) throws(PrintingError) -> [UInt8] {
    guard let program = program(converter) else { throw .noProgram([converter]) }
    return try inTemporaryFolder { folder throws(PrintingError) in
      var names: [String] = []
      for (index, figure) in figures.enumerated() {
        names.append("\(folder)/\(index + 1).svg")
        try write(figure.file, to: names[index])
      }
      try run(program, ["--format=pdf", "--output=\(folder)/figures.pdf"] + names)
      return try read("\(folder)/figures.pdf", of: program)
    }
  }

  /// Returns the path of a program; `nil` if no folder of `PATH` contains it.
  private static func program(_ name: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  private static func inTemporaryFolder<Value>(
    _ body: (String) throws(PrintingError) -> Value
  ) throws(PrintingError) -> Value {
    let parent = FilePath.temporaryFolder
    var template = Array("\(parent)/layersearch-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw .folder(parent, SystemError(errno).description) }
    let folder = String(cString: made)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
  }

  private static func write(_ text: String, to path: String) throws(PrintingError) {
    do { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) } catch {
      throw .folder(path, "cannot be written")
    }
  }

  private static func read(_ path: String, of program: String) throws(PrintingError) -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path), !data.isEmpty else {
      throw .failed(program, "it wrote nothing")
    }
    return Array(data)
  }

  private static func run(_ program: String, _ arguments: [String]) throws(PrintingError) {
    let ended = DispatchSemaphore(value: 0)
    let ending = Mutex<ChildProcess.Ending?>(nil)
    let child: ChildProcess
    do {
      child = try ChildProcess(
        .named(program), arguments: arguments, environment: ProcessInfo.processInfo.environment, hasOwnGroup: false,
        onLine: { _ in }
      ) { end in
        ending.withLock { $0 = end }
        ended.signal()
      }
    } catch { throw .failed(program, "\(error)") }
    child.closeInput()
    guard ended.wait(timeout: .now() + secondsUntilGivenUp) == .success else {
      child.send(signal: SIGKILL)
      throw .failed(program, "it took more than \(Int(secondsUntilGivenUp)) s")
    }
    let end = ending.withLock { $0 }
    guard end?.status == .exited(0) else {
      throw .failed(program, end?.reason.inOneLine.cut(toCharacters: 300) ?? "it did not end")
    }
  }
}

/// The reason why no PDF was made, on one line.
package enum PrintingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// None of these programs is installed.
  case noProgram([String])
  case failed(String, String)
  case folder(String, String)

  package var description: String {
    switch self {
    case .noProgram(let names):
      "a PDF requires one of \(names.joined(separator: ", ")), and none is installed: install one, or print a page of "
        + "--format html from a browser"
    case .failed(let program, let reason): "\(program) made no PDF: \(reason)"
    case .folder(let path, let reason): "\(path): \(reason)"
    }
  }
}
