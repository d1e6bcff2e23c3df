import Files
import Messaging
import Processes
import SearchCore
import Studies
import StudyStore

/// A coordinator's socket in its study's folder, for requests by other processes of the same user on the same machine
/// (`StudyControl`). Serves one after the other, on its own thread.
final class ControlSocket: Sendable {
  static let name = StudyFileName.control
  /// How long to wait for a request.
  private static let patienceSeconds = 5
  /// How long to wait for the coordinator's answer, which a long commit may delay.
  private static let answerSeconds = 60.0

  private let listener: LocalListener

  /// - Parameter request: called on the socket's thread.
  /// - Throws: if the folder cannot have a socket.
  init(studyFolder: String, request: @escaping @Sendable (ControlRequest) -> Void) throws(SystemError) {
    let listener = try LocalListener(name: Self.name, in: studyFolder)
    self.listener = listener
    let isStarted = startThread {
      while let connection = listener.nextConnection() {
        // A process that leaves before the answer does not need it.
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

  /// Returns the answer to a request; `nil` if the coordinator gives none.
  private static func answer(
    to line: [UInt8], _ request: @Sendable (ControlRequest) -> Void
  ) -> InterventionAnswer? {
    guard let message = ControlMessage(line), message.version == ControlMessage.version else {
      return .refused("the coordinator and this command are different versions: use the same build for both")
    }
    let answers = Mailbox<InterventionAnswer>()
    do {
      let author = message.author ?? UserIdentity.current
      request(ControlRequest(try message.intervention(), by: author) { answers.postUrgently($0) })
    } catch { return .refused("\(error)") }
    return answers.receiveAll(waitingAtMost: answerSeconds).first
  }
}
