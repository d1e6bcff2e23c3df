import Foundation
import Synchronization
import TestSupport
import Testing

/// Both ends of a pseudoterminal.
struct TerminalEnds {
  /// The end at which a reader gets what is written to the terminal. The owner must close it.
  let master: Int32
  let slave: FileHandle

  struct Refused: Error {}

  /// `TIOCSPTLCK` and `TIOCGPTN` of asm-generic/ioctls.h.
  private static let setLock: UInt = 0x4004_5431
  private static let number: UInt = 0x8004_5430

  /// Does what `posix_openpt`, `unlockpt` and `ptsname` do, which Swift does not import from the C library.
  init(columns: Int, rows: Int) throws {
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var (locked, number) = (Int32(0), Int32(0))
    guard master >= 0, ioctl(master, Self.setLock, &locked) == 0, ioctl(master, Self.number, &number) == 0 else {
      throw Refused()
    }
    slave = FileHandle(
      fileDescriptor: open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC), closeOnDealloc: true)
    Self.setSize(of: master, columns, rows)
  }

  /// Sets the size; the kernel notifies the processes in the terminal.
  static func setSize(of terminal: Int32, _ columns: Int, _ rows: Int) {
    var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(terminal, UInt(TIOCSWINSZ), &size)
  }
}

/// A pseudoterminal in which a command runs; this process keeps the picture that it shows.
final class PseudoTerminal: @unchecked Sendable {
  // Safe to share: mutable state is protected by a mutex or kept by the kernel.
  private let master: Int32
  private let slave: FileHandle
  private let process: StartedProcess
  private let place: Place
  private let screen: Screen

  private final class Screen: Sendable {
    let picture: Mutex<TerminalPicture>

    init(columns: Int, rows: Int) { picture = Mutex(TerminalPicture(columns: columns, rows: rows)) }
  }

  /// - Parameter arguments: the arguments of `layersearch`, whose process leads the terminal's session, so that keys
  ///   become signals to it.
  init(
    _ arguments: [String], in place: Place, columns: Int = 80, rows: Int = 24, variables: [String: String] = [:]
  ) throws {
    self.place = place
    screen = Screen(columns: columns, rows: rows)
    let ends = try TerminalEnds(columns: columns, rows: rows)
    (master, slave) = (ends.master, ends.slave)
    let master = master
    var environment = ProcessInfo.processInfo.environment
    environment["HOME"] = place.folder.path
    for name in ["NO_COLOR", "COLUMNS", "LC_CTYPE", "LC_ALL"] { environment[name] = nil }
    environment.merge(["TERM": "xterm", "LANG": "C.UTF-8"]) { $1 }
    environment.merge(variables) { $1 }
    try? FileManager.default.removeItem(atPath: place.path("pid"))
    process = try StartedProcess(
      "/usr/bin/setsid",
      ["--ctty", "--wait", "sh", "-c", "echo $$ > pid.new; mv pid.new pid; exec \"$0\" \"$@\""]
        + [RunningCommand.executable.path] + arguments,
      in: place.folder.path, environment: environment, input: slave, output: slave, errors: slave)
    Thread { [screen] in
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while true {
        let count = read(master, &buffer, buffer.count)
        guard count > 0 || errno == EINTR else { return }
        screen.picture.withLock { $0.receive(buffer.prefix(max(0, count))) }
      }
    }.start()
  }

  deinit {
    if process.isRunning, let pid = try? pid { kill(pid, SIGKILL) }
    close(master)
  }

  var picture: TerminalPicture { screen.picture.withLock { $0 } }
  var isRunning: Bool { process.isRunning }

  /// The process id of the command itself.
  var pid: Int32 {
    get throws {
      let text = try String(contentsOfFile: place.path("pid"), encoding: .utf8)
      return try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }
  }

  /// The terminal's flags, which determine how it treats keys.
  var settings: [UInt32] {
    var settings = termios()
    tcgetattr(slave.fileDescriptor, &settings)
    return [settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag]
  }

  func type(_ keys: String) { _ = Array(keys.utf8).withUnsafeBytes { write(master, $0.baseAddress, $0.count) } }

  /// Changes the size; the kernel notifies the command.
  func resize(columns: Int, rows: Int) {
    screen.picture.withLock { $0.resize(columns: columns, rows: rows) }
    TerminalEnds.setSize(of: master, columns, rows)
  }

  func wait(for what: String, until condition: (TerminalPicture) -> Bool) async throws {
    let deadline = Date().addingTimeInterval(600)
    while !condition(picture) {
      guard Date() < deadline else {
        throw RunningCommand.TookTooLong(
          description: "no \(what); the terminal shows:\n" + picture.lines.joined(separator: "\n"))
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Returns the command's exit code once all its output is in the picture.
  func end() async throws -> Int32 {
    try await wait(for: "end") { _ in !process.isRunning }
    // Output that is still in the kernel arrives before this mark.
    _ = Array("\u{6}".utf8).withUnsafeBytes { write(slave.fileDescriptor, $0.baseAddress, $0.count) }
    try await wait(for: "all output") { $0.hasEnd }
    return process.exitCode
  }
}

/// The picture that a terminal shows. It knows the control sequences that a program of this project may use, and no
/// others.
struct TerminalPicture: Sendable {
  private(set) var columns: Int
  private(set) var rows: Int
  private(set) var isAlternate = false
  private(set) var showsCursor = true
  private(set) var wraps = true
  private(set) var hasColor = false
  /// Sequences that no program of this project has a reason to send.
  private(set) var unknown: [String] = []
  /// Whether the mark has arrived that a test writes after all output.
  private(set) var hasEnd = false
  private var cells: [[Character]]
  private var main: [[Character]] = []
  private var position = (row: 0, column: 0)
  private var pending: [UInt8] = []

  init(columns: Int, rows: Int) {
    (self.columns, self.rows) = (columns, rows)
    cells = Self.blank(columns, rows)
  }

  private static func blank(_ columns: Int, _ rows: Int) -> [[Character]] {
    Array(repeating: Array(repeating: " ", count: columns), count: rows)
  }

  var lines: [String] {
    cells.map { row in
      let end = row.lastIndex { $0 != " " }.map { $0 + 1 } ?? 0
      return String(row[..<end])
    }
  }

  var text: String { lines.joined(separator: "\n") }

  /// Changes the size. What does not fit is lost, as in terminals.
  mutating func resize(columns: Int, rows: Int) {
    (self.columns, self.rows) = (columns, rows)
    cells = cells.prefix(rows).map { row in
      Array(row.prefix(columns)) + Array(repeating: " ", count: max(0, columns - row.count))
    }
    cells += Self.blank(columns, max(0, rows - cells.count))
    position = (min(position.row, rows - 1), min(position.column, columns - 1))
  }

  mutating func receive(_ bytes: some Sequence<UInt8>) {
    pending += bytes
    // Applies only complete characters and sequences.
    while let piece = nextPiece() { apply(piece) }
  }

  private mutating func nextPiece() -> String? {
    guard let first = pending.first else { return nil }
    var count = 1
    if first == 0x1b {
      guard pending.count > 1 else { return nil }
      if pending[1] == 0x5b {
        guard let end = pending.dropFirst(2).firstIndex(where: { (0x40...0x7e).contains($0) }) else { return nil }
        count = end + 1
      } else {
        count = 2
      }
    } else if first >= 0xc0 {
      count = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
    }
    guard pending.count >= count else { return nil }
    defer { pending.removeFirst(count) }
    return String(decoding: pending.prefix(count), as: UTF8.self)
  }

  private mutating func apply(_ piece: String) {
    switch piece {
    case "\r": position.column = 0
    case "\n": position.row = min(rows - 1, position.row + 1)
    case "\u{6}": hasEnd = true
    case "\u{1b}[K": for column in position.column..<columns { cells[position.row][column] = " " }
    case "\u{1b}[2J": cells = Self.blank(columns, rows)
    case "\u{1b}[?1049h":
      (main, isAlternate) = (cells, true)
      cells = Self.blank(columns, rows)
    case "\u{1b}[?1049l":
      (cells, isAlternate) = (main, false)
      resize(columns: columns, rows: rows)
    case "\u{1b}[?25h": showsCursor = true
    case "\u{1b}[?25l": showsCursor = false
    case "\u{1b}[?7h": wraps = true
    case "\u{1b}[?7l": wraps = false
    case "\u{1b}[0m": break
    default:
      if let place = piece.wholeMatch(of: /\u{1b}\[(\d+);(\d+)H/), let row = Int(place.1), let column = Int(place.2) {
        position = (min(rows, row) - 1, min(columns, column) - 1)
      } else if piece.wholeMatch(of: /\u{1b}\[\d+m/) != nil {
        hasColor = true
      } else if let character = piece.first, piece.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }) {
        write(character)
      } else {
        unknown.append(piece.debugDescription)
      }
    }
  }

  private mutating func write(_ character: Character) {
    if position.column >= columns {
      guard wraps else { return }
      position = (min(rows - 1, position.row + 1), 0)
    }
    cells[position.row][position.column] = character
    position.column += 1
  }
}
