import Foundation
import TestSupport
import Testing

/// A page in a real headless browser, driven by the Chrome DevTools Protocol over a pair of pipes: keys and pointer are
/// the browser's own events.
final class Browser: @unchecked Sendable {
  // Safe to share: mutable state is protected by a lock.
  private let process: StartedProcess
  private let place: Place
  private let commands: FileHandle
  private let answers: Int32
  private let shared = Shared()

  /// The state shared with the reading thread.
  fileprivate final class Shared: @unchecked Sendable {
    let lock = NSLock()
    var nextID = 1
    var pending: [UInt8] = []
    /// Answers by the number of their command.
    var answers: [Int: [String: Any]] = [:]
    var session: String?
    /// Errors that the page logged or caused.
    var problems: [String] = []
  }

  struct Failed: Error, CustomStringConvertible {
    var description: String
  }

  static let program: String? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    let paths: [String] = names.flatMap { name in folders.map { "\($0)/\(name)" } }
    return paths.first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  static var isInstalled: Bool { program != nil }

  /// Opens an empty page of this size.
  init(in place: Place, width: Int = 1200, height: Int = 900) async throws {
    self.place = place
    let name = UUID().uuidString
    let ends = ["commands", "answers"].map { place.path("\(name).\($0)") }
    for end in ends { guard mkfifo(end, 0o600) == 0 else { throw Failed(description: "no pipe") } }
    // Opened for both directions, so that opening does not wait for the other end.
    commands = FileHandle(fileDescriptor: open(ends[0], O_RDWR | O_CLOEXEC), closeOnDealloc: true)
    answers = open(ends[1], O_RDWR | O_CLOEXEC)
    process = try StartedProcess(
      "/bin/sh",
      ["-c", "commands=$1 answers=$2; shift 2; exec \"$0\" \"$@\" 3<\"$commands\" 4>\"$answers\""]
        + [Self.program ?? "", ends[0], ends[1]]
        + [
          "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
          "--user-data-dir=\(place.path("\(name).profile"))", "--window-size=\(width),\(height)", "about:blank",
        ])
    Thread { [shared, answers] in
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = read(answers, &buffer, buffer.count)
        guard count > 0 else { return }
        shared.receive(buffer.prefix(count))
      }
    }.start()
    let target = try await ask("Target.createTarget", ["url": "about:blank"])
    let attached = try await ask(
      "Target.attachToTarget", ["targetId": target["targetId"] ?? "", "flatten": true])
    shared.lock.withLock { shared.session = attached["sessionId"] as? String }
    for domain in ["Runtime", "Log", "Page"] { _ = try await ask("\(domain).enable") }
    _ = try await ask(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
  }

  func close() async throws {
    shared.lock.withLock { shared.session = nil }
    _ = try? await ask("Browser.close")
    process.waitUntilEnd()
  }

  /// Errors in the page's scripts, on its console, and of resources that it could not load.
  var problems: [String] { shared.lock.withLock { shared.problems } }

  func visit(_ address: String) async throws {
    _ = try await ask("Page.navigate", ["url": address])
    try await wait(for: "the page") { try await self.evaluate("document.readyState") as? String == "complete" }
  }

  /// Returns the value of a JavaScript expression in the page, as JSON represents it.
  @discardableResult
  func evaluate(_ expression: String) async throws -> Any? {
    let answer = try await ask(
      "Runtime.evaluate", ["expression": expression, "returnByValue": true, "awaitPromise": true])
    if let problem = answer["exceptionDetails"] { throw Failed(description: "\(expression): \(problem)") }
    return (answer["result"] as? [String: Any])?["value"]
  }

  func text(_ expression: String) async throws -> String { try await evaluate(expression) as? String ?? "" }

  func wait(for what: String, until condition: () async throws -> Bool) async throws {
    let deadline = Date().addingTimeInterval(120)
    while try await !condition() {
      guard Date() < deadline else { throw Failed(description: "no \(what); \(problems)") }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Waits until a JavaScript expression is true. Between two pages there is none in which to evaluate it.
  func wait(until expression: String, within seconds: Double = 120) async throws {
    let deadline = Date().addingTimeInterval(seconds)
    while (try? await evaluate("Boolean(\(expression))")) as? Bool != true {
      guard Date() < deadline else {
        let page = try await text("document.body.innerText")
        throw Failed(description: "not in \(seconds) s: \(expression); the page: \(page); \(problems)")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  func resize(width: Int, height: Int) async throws {
    _ = try await ask(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600])
  }

  /// The file of axe-core's script; `nil` if it is not available.
  static let axe = ProcessInfo.processInfo.environment["LAYERSEARCH_AXE"]

  /// Returns the serious and critical accessibility violations of the page, one per line.
  func seriousFindings(ofAxe file: String) async throws -> String {
    try await evaluate(String(contentsOfFile: file, encoding: .utf8) + "; 0")
    return try await text(
      """
      axe.run().then(found => found.violations.filter(entry => ["serious", "critical"].includes(entry.impact))
        .map(entry => `${entry.id}: ${entry.help}: ${entry.nodes.slice(0, 3).map(node => node.html).join(" | ")}`)
        .join("\\n"))
      """)
  }

  /// Writes a picture of the whole page, as PNG.
  func screenshot(to path: String) async throws {
    let answer = try await ask("Page.captureScreenshot", ["format": "png", "captureBeyondViewport": true])
    guard let data = Data(base64Encoded: answer["data"] as? String ?? "") else {
      throw Failed(description: "no picture")
    }
    try data.write(to: URL(fileURLWithPath: path))
  }

  /// Presses a key (`Tab`, `Enter`, `Escape`, `Space`), or inserts any other text.
  func press(_ key: String, count: Int = 1) async throws {
    let codes = ["Tab": 9, "Enter": 13, "Escape": 27, "Space": 32]
    for _ in 0..<count {
      guard let code = codes[key] else {
        _ = try await ask("Input.insertText", ["text": key])
        continue
      }
      let text = key == "Enter" ? "\r" : key == "Space" ? " " : ""
      for kind in ["keyDown", "keyUp"] {
        var event: [String: Any] = [
          "type": kind, "key": key == "Space" ? " " : key, "code": key, "windowsVirtualKeyCode": code,
        ]
        if kind == "keyDown", !text.isEmpty { event["text"] = text }
        _ = try await ask("Input.dispatchKeyEvent", event)
      }
    }
  }

  /// Moves the pointer to the middle of the element that a selector finds.
  func point(at selector: String) async throws {
    let box = try await evaluate(
      """
      (() => { const element = document.querySelector(\(Self.quoted(selector)));
        element.scrollIntoView({ block: "center" }); const box = element.getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2]; })()
      """)
    guard let place = box as? [NSNumber], place.count == 2 else { throw Failed(description: "no \(selector)") }
    _ = try await ask(
      "Input.dispatchMouseEvent", ["type": "mouseMoved", "x": place[0].doubleValue, "y": place[1].doubleValue])
  }

  /// Sets the color scheme that the reader's system prefers: `light` or `dark`.
  func prefer(scheme: String) async throws {
    _ = try await ask(
      "Emulation.setEmulatedMedia", ["features": [["name": "prefers-color-scheme", "value": scheme]]])
  }

  static func quoted(_ text: String) -> String {
    let data = try? JSONSerialization.data(withJSONObject: [text], options: [.withoutEscapingSlashes])
    return String(String(decoding: data ?? Data("[\"\"]".utf8), as: UTF8.self).dropFirst().dropLast())
  }

  private func ask(_ method: String, _ parameters: [String: Any] = [:]) async throws -> [String: Any] {
    let (id, session) = shared.lock.withLock {
      defer { shared.nextID += 1 }
      return (shared.nextID, shared.session)
    }
    var message: [String: Any] = ["id": id, "method": method, "params": parameters]
    if let session { message["sessionId"] = session }
    try commands.write(contentsOf: JSONSerialization.data(withJSONObject: message) + [0])
    let deadline = Date().addingTimeInterval(120)
    while true {
      if let answer = shared.lock.withLock({ shared.answers.removeValue(forKey: id) }) {
        if let error = answer["error"] { throw Failed(description: "\(method): \(error)") }
        return answer["result"] as? [String: Any] ?? [:]
      }
      guard process.isRunning, Date() < deadline else { throw Failed(description: "\(method): no answer") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}

extension Browser.Shared {
  /// Receives bytes of messages, each of which ends with a zero byte.
  func receive(_ bytes: some Sequence<UInt8>) {
    lock.withLock {
      pending += bytes
      while let end = pending.firstIndex(of: 0) {
        let message = try? JSONSerialization.jsonObject(with: Data(pending[..<end])) as? [String: Any]
        pending.removeSubrange(...end)
        guard let message else { continue }
        if let id = message["id"] as? Int { answers[id] = message }
        if let problem = Self.problem(message) { problems.append(problem) }
      }
    }
  }

  private static func problem(_ message: [String: Any]) -> String? {
    let parameters = message["params"] as? [String: Any] ?? [:]
    switch message["method"] as? String {
    case "Runtime.exceptionThrown": return "\(parameters["exceptionDetails"] ?? "an exception")"
    case "Runtime.consoleAPICalled":
      guard ["error", "warning", "assert"].contains(parameters["type"] as? String) else { return nil }
      return "\(parameters["args"] ?? "an error")"
    case "Log.entryAdded":
      let entry = parameters["entry"] as? [String: Any] ?? [:]
      return ["error", "warning"].contains(entry["level"] as? String) ? "\(entry["text"] ?? "an entry")" : nil
    default: return nil
    }
  }
}
