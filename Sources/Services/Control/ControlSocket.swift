import Files
import Messaging
import Processes
import SearchCore
import Studies
import StudyStore

/// A coordinator's ear in its study's folder: other processes of the same user on the same machine ask there
/// (`StudyControl`). One after the other, on a thread of its own.
final class ControlSocket: Sendable {
  static let name = StudyFileName.control
  /// For a request that does not come.
  private static let patienceSeconds = 5
  /// For an answer of the coordinator, which a long commit may hold up.
  private static let answerSeconds = 60.0

  private let listener: LocalListener

  /// - Parameter request: for any thread.
  /// - Throws: where the folder can have no socket.
  init(studyFolder: String, request: @escaping @Sendable (ControlRequest) -> Void) throws(SystemError) {
    let listener = try LocalListener(name: Self.name, in: studyFolder)
    self.listener = listener
    let isStarted = startThread {
      while let connection = listener.nextConnection() {
        // Who leaves before the answer has no need of it.
        try? Self.serve(connection, request)
      }
    }
    guard isStarted else {
      listener.close()
      throw SystemError.last
    }
  }

  func close() { listener.close() }

  private static func serve(
    _ connection: LocalConnection, _ request: @Sendable (ControlRequest) -> Void
  ) throws(SystemError) {
    guard connection.isOwn else { return }
    connection.setPatience(seconds: patienceSeconds)
    guard let line = try connection.readLine(mostBytes: ControlMessage.mostBytes),
      let answer = answer(to: line, request)
    else { return }
    try connection.write(line: ControlMessage(answer).line)
  }

  /// Nil where the coordinator gives none.
  private static func answer(
    to line: [UInt8], _ request: @Sendable (ControlRequest) -> Void
  ) -> InterventionAnswer? {
    guard let message = ControlMessage(line), message.version == ControlMessage.version else {
      return .refused("the coordinator is of another version than this command: use the same build for both")
    }
    let answers = Mailbox<InterventionAnswer>()
    do {
      let author = message.author ?? UserIdentity.current
      request(ControlRequest(try message.intervention(), by: author) { answers.postUrgently($0) })
    } catch { return .refused("\(error)") }
    return answers.receiveAll(waitingAtMost: answerSeconds).first
  }
}
