import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// One transfer from an address into a file, continued at the file's end if the server allows it.
///
/// `@unchecked Sendable`: everything mutable is touched only by the session's delegate callbacks, which run one after
/// the other on `queue`, and before the task starts.
final class Download: NSObject, URLSessionDataDelegate, @unchecked Sendable {
  private let url: URL
  private let path: String
  private let mostBytes: Int
  private let progress: @Sendable (Int, Int?) -> Void
  private let queue: OperationQueue

  private var file: AppendingFile?
  private var offset = 0
  private var received = 0
  private var total: Int?
  private var isWhole = false
  private var failure: ImageDataError?
  private var continuation: CheckedContinuation<Result<Void, ImageDataError>, Never>?

  /// - Parameter mostBytes: The maximum size of the file; a longer one is not downloaded to its end.
  init(url: URL, file path: String, mostBytes: Int, progress: @escaping @Sendable (Int, Int?) -> Void) {
    self.url = url
    self.path = path
    self.mostBytes = mostBytes
    self.progress = progress
    queue = OperationQueue()
    queue.maxConcurrentOperationCount = 1
  }

  /// Runs the transfer and returns whether bytes of an earlier call were kept.
  func run() async throws(ImageDataError) -> Bool {
    let file = try AppendingFile(path: path)
    self.file = file
    offset = file.size
    received = offset
    var request = URLRequest(url: url)
    // Limits silence, not the whole transfer.
    request.timeoutInterval = 60
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if offset > 0 { request.setValue("bytes=\(offset)-", forHTTPHeaderField: "Range") }

    let session = URLSession(configuration: .ephemeral, delegate: self, delegateQueue: queue)
    defer { session.finishTasksAndInvalidate() }
    let task = session.dataTask(with: request)
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        self.continuation = continuation
        task.resume()
      }
    } onCancel: {
      task.cancel()
    }
    try result.get()
    return offset > 0
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    do {
      completionHandler(try begin(response) ? .allow : .cancel)
    } catch {
      failure = error
      completionHandler(.cancel)
    }
  }

  /// Evaluates the response's header. Returns false if the file turns out to be complete already.
  private func begin(_ response: URLResponse) throws(ImageDataError) -> Bool {
    guard let response = response as? HTTPURLResponse else {
      throw .unreachable(address: url.absoluteString, reason: "the answer is not HTTP")
    }
    let range = response.value(forHTTPHeaderField: "Content-Range").flatMap(ContentRange.init)
    let length = response.expectedContentLength > 0 ? Int(response.expectedContentLength) : nil
    switch response.statusCode {
    case 206 where range?.first == offset:
      total =
        range?.total
        ?? length.flatMap { length in
          let (sum, isBeyond) = offset.addingReportingOverflow(length)
          return isBeyond ? nil : sum
        }
    case 416 where offset > 0:
      // The file is complete, or longer than the server's and so another file, which the caller's checksum detects.
      total = offset
      isWhole = true
      return false
    case 200:
      try file?.truncate()
      offset = 0
      received = 0
      total = length
    default:
      throw .refused(address: url.absoluteString, status: response.statusCode)
    }
    try checkSize(total ?? 0)
    progress(received, total)
    return true
  }

  private func checkSize(_ bytes: Int) throws(ImageDataError) {
    if bytes > mostBytes { throw .tooLarge(address: url.absoluteString, mostBytes: mostBytes) }
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    guard failure == nil else { return }
    do {
      try checkSize(received + data.count)
      try file?.append(data)
      received += data.count
      progress(received, total)
    } catch {
      failure = error
      dataTask.cancel()
    }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    let result = outcome(of: error)
    file = nil
    continuation?.resume(returning: result)
    continuation = nil
  }

  private func outcome(of error: (any Error)?) -> Result<Void, ImageDataError> {
    if let failure { return .failure(failure) }
    if isWhole { return .success(()) }
    let address = url.absoluteString
    guard let error else {
      guard let total, received != total else { return .success(()) }
      return .failure(
        .interrupted(address: address, receivedBytes: received, totalBytes: total, reason: "closed by the server"))
    }
    if (error as? URLError)?.code == .cancelled { return .failure(.cancelled(address: address)) }
    let reason = reason(of: error)
    return received > 0
      ? .failure(.interrupted(address: address, receivedBytes: received, totalBytes: total, reason: reason))
      : .failure(.unreachable(address: address, reason: reason))
  }
}

/// `bytes 100-199/1000`, `bytes 100-199/*`, or `bytes */1000` (RFC 9110, section 14.4).
struct ContentRange {
  let first: Int?
  let total: Int?

  init?(_ header: String) {
    let parts = header.split(separator: " ")
    guard parts.count == 2, parts[0].lowercased() == "bytes" else { return nil }
    let sides = parts[1].split(separator: "/")
    guard sides.count == 2 else { return nil }
    first = sides[0].split(separator: "-").first.flatMap { Int($0) }
    total = Int(sides[1])
  }
}
