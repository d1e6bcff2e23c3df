import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How far the record went, in a small file beside the database. Written after each commit and before any
/// acknowledgment is sent.
///
/// SQLite ends its journal at the first damaged frame, and takes what comes before for the whole. The mark tells that
/// there was more. It is exact after kill -9. Because it is synced only now and then, it may say less than the record
/// after a power cut, never more.
///
/// Two slots are written in turns, each with a checksum: if one of them is torn, the other has the commit before.
final class StudyMark: Sendable {
  private struct State {
    /// `nil` once closed.
    var descriptor: CInt?
    var counts: RecordCounts
    var number: UInt64
    var isOnDisk = false
  }

  private static let placeBytes = 256
  private static let places = 2
  private static let title = "layersearch-mark-1"

  private let folder: StudyFolder
  private let study: UInt64
  private let state: Mutex<State>

  /// Starts from the counts of the database. The caller must check before what the mark said.
  init(of folder: StudyFolder, study: String, counts: RecordCounts) throws(StoreError) {
    let descriptor = try Self.openFile(folder)
    self.folder = folder
    self.study = Self.hash(study)
    state = Mutex(State(descriptor: descriptor, counts: counts, number: 0))
    // Overwrites both slots, whose old contents no longer apply.
    guard (0..<Self.places).allSatisfy({ _ in state.withLock { Self.write(&$0, self.study) } }) else {
      let number = errno
      Self.closeFile(descriptor)
      throw .system(folder.path, number, "write \(StudyFolder.markName)")
    }
    synchronize()
  }

  deinit { close() }

  private static func openFile(_ folder: StudyFolder) throws(StoreError) -> CInt {
    let descriptor = StudyFolder.open(folder.mark, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system(folder.path, errno, "open \(StudyFolder.markName)") }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      closeFile(descriptor)
      throw StoreError(
        .inputOutput, folder.path, "\(StudyFolder.markName) is not a file; remove it and start again")
    }
    return descriptor
  }

  /// Recreates the file if it was removed or replaced.
  func restore() throws(StoreError) {
    try state.withLock { (state) throws(StoreError) in
      guard let open = state.descriptor, !StudyFolder.isSame(open, folder.mark) else { return }
      state.descriptor = try Self.openFile(folder)
      Self.closeFile(open)
      for _ in 0..<Self.places { _ = Self.write(&state, study) }
    }
  }

  /// Advances the mark after a commit. If the write fails (disk full, say), the mark lags behind the record, which is
  /// harmless.
  func add(_ counts: RecordCounts) {
    state.withLock {
      $0.counts = $0.counts + counts
      _ = Self.write(&$0, study)
    }
  }

  /// Syncs the mark to disk. Takes as long as the disk does, without holding up commits.
  func synchronize() {
    let descriptor: CInt? = state.withLock { state in
      guard !state.isOnDisk, let open = state.descriptor else { return nil }
      state.isOnDisk = true
      // A duplicate, so that a concurrent close() of the mark does no harm.
      return fcntl(open, F_DUPFD_CLOEXEC, 0)
    }
    guard let descriptor, descriptor >= 0 else { return }
    fsync(descriptor)
    Self.closeFile(descriptor)
  }

  func close() {
    synchronize()
    state.withLock { state in
      if let open = state.descriptor { Self.closeFile(open) }
      state.descriptor = nil
    }
  }

  private static func closeFile(_ descriptor: CInt) {
    #if canImport(Glibc)
      _ = Glibc.close(descriptor)
    #else
      _ = Darwin.close(descriptor)
    #endif
  }

  private static func write(_ state: inout State, _ study: UInt64) -> Bool {
    guard let descriptor = state.descriptor else { return true }
    state.number += 1
    state.isOnDisk = false
    let counts = state.counts
    let numbers = [
      state.number, study, UInt64(StudySchema.newestVersion), UInt64(counts.jobs), UInt64(counts.attempts),
      UInt64(counts.endings), UInt64(counts.results),
    ]
    var text = "\(title) \(numbers.map { String($0) }.joined(separator: " ")) \(checksum(numbers))"
    text += String(repeating: " ", count: placeBytes - 1 - text.utf8.count) + "\n"
    let offset = Int(state.number % UInt64(places)) * placeBytes
    return text.withCString { pwrite(descriptor, $0, placeBytes, off_t(offset)) } == placeBytes
  }

  private static func checksum(_ numbers: [UInt64]) -> UInt64 {
    var sum = RowChecksum()
    for number in numbers { sum.add(number) }
    return UInt64(bitPattern: sum.value)
  }

  private static func hash(_ study: String) -> UInt64 {
    var sum = RowChecksum()
    sum.add(study)
    return UInt64(bitPattern: sum.value)
  }
}

extension StudyMark {
  /// The contents of a mark. Must be read before the database: a coordinator may commit in between, and a database is
  /// never behind a mark that was read before it.
  struct Reading {
    private let study: UInt64
    private let schema: Int
    let counts: RecordCounts

    /// `nil` if there is no mark, as beside copies and studies of older versions, or it cannot be read.
    init?(of folder: StudyFolder) {
      let descriptor = StudyFolder.open(folder.mark, O_RDONLY | O_NONBLOCK)
      guard descriptor >= 0 else { return nil }
      defer { StudyMark.closeFile(descriptor) }
      var bytes = [UInt8](repeating: 0, count: places * placeBytes)
      let count = pread(descriptor, &bytes, bytes.count, 0)
      let latest = (0..<places).compactMap { place -> [UInt64]? in
        let range = place * placeBytes..<(place + 1) * placeBytes
        return range.upperBound <= count ? StudyMark.parse(bytes[range]) : nil
      }.max { $0[0] < $1[0] }
      guard let latest else { return nil }
      study = latest[1]
      schema = Int(latest[2])
      counts = RecordCounts(
        jobs: Int(latest[3]), attempts: Int(latest[4]), endings: Int(latest[5]), results: Int(latest[6]))
    }

    /// What a study with `found` on record lacks; `nil` if nothing, or if the mark is another study's. A study with an
    /// older schema than the mark is the copy made before the schema was brought up to date: the user went back to it.
    func missing(from found: RecordCounts, of study: String, schema: Int) -> MissingRecords? {
      guard self.study == StudyMark.hash(study), schema >= self.schema else { return nil }
      return MissingRecords(found, of: counts)
    }
  }

  /// Parses number, study, schema and counts; `nil` if they are not what was written.
  private static func parse(_ bytes: ArraySlice<UInt8>) -> [UInt64]? {
    let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard words.count == 9, words[0] == title else { return nil }
    let numbers = words.dropFirst().compactMap { UInt64($0) }
    guard numbers.count == 8, checksum(Array(numbers[..<7])) == numbers[7],
      numbers[2..<7].allSatisfy({ $0 <= 1 << 40 })
    else { return nil }
    return Array(numbers[..<7])
  }
}
