import Files

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A SQLite write-ahead log, parsed without SQLite (see its file format, 4.1 to 4.4). SQLite itself ends a log at the
/// first frame whose checksum is wrong; what was committed after that frame is still in the file.
///
/// A frame's checksum continues that of the frame before. Because every frame stores its checksum, each one can be
/// checked by itself.
struct LogFile {
  struct Frame {
    /// The number of the frame's page: 1, 2, …
    var page: Int
    /// The size of the database in pages if a commit ends with this frame; else 0.
    var pagesAfterCommit: Int
    /// The offset of the page's bytes in the file.
    var offset: Int
    /// Whether the checksum is right.
    var isWhole: Bool
  }

  let pageBytes: Int
  /// The frames of the log's present generation. Frames of older generations, which are all in the database, follow
  /// them in the file.
  let frames: [Frame]
  /// The number of frames that SQLite sees.
  private let end: Int
  private let descriptor: LogDescriptor

  private static let headerBytes = 32
  private static let frameHeaderBytes = 24
  private static let mostFrames = 1 << 20

  /// `nil` if there is no log, or it has no frames.
  init?(_ path: String) {
    guard let descriptor = LogDescriptor(path) else { return nil }
    guard let header = descriptor.read(Self.headerBytes, at: 0) else { return nil }
    let stored = Int(header.word(8))
    pageBytes = stored.nonzeroBitCount == 1 && (512...65536).contains(stored) ? stored : 4096
    // If the magic number is damaged, this falls back to the byte order of this machine.
    let isBigEndian = header.word(0) == 0x377f_0683
    let step = Self.frameHeaderBytes + pageBytes
    let count = min(Self.mostFrames, (descriptor.bytes - Self.headerBytes) / step)
    guard count > 0 else { return nil }

    func frameHeader(_ index: Int) -> [UInt8]? {
      descriptor.read(Self.frameHeaderBytes, at: Self.headerBytes + index * step)
    }
    func salts(_ bytes: [UInt8], at offset: Int) -> UInt64 {
      UInt64(bytes.word(offset)) << 32 | UInt64(bytes.word(offset + 4))
    }
    // If the header is damaged, the first frames tell the present generation.
    let isHeaderWhole = Checksum(0, 0).adding(header[..<24], isBigEndian) == Checksum(header.word(24), header.word(28))
    let first = (0..<min(3, count)).compactMap { frameHeader($0).map { salts($0, at: 8) } }
    let common = first.first { salt in first.count { $0 == salt } > 1 } ?? first.first
    guard let generation = isHeaderWhole ? salts(header, at: 16) : common else { return nil }

    var frames: [Frame] = []
    var end: Int? = isHeaderWhole ? nil : 0
    // The checksum of the frame before, as stored and as computed.
    var told = Checksum(header.word(24), header.word(28))
    var summed = told
    var followsFrame = isHeaderWhole
    for index in 0..<count {
      let offset = Self.headerBytes + index * step
      guard let bytes = descriptor.read(step, at: offset) else { break }
      let own = Checksum(bytes.word(16), bytes.word(20))
      func sum(from seed: Checksum) -> Checksum {
        seed.adding(bytes[..<8], isBigEndian).adding(bytes[Self.frameHeaderBytes...], isBigEndian)
      }
      let sums = [sum(from: told), sum(from: summed)]
      let isWhole = sums.contains(own)
      let isOfGeneration = salts(bytes, at: 8) == generation
      if !isWhole || !isOfGeneration { end = end ?? frames.count }
      // The generation is not part of the checksum. A frame whose checksum continues that of a frame of this generation
      // is of this generation too.
      let isTaken = isOfGeneration || (isWhole && followsFrame)
      if isTaken {
        frames.append(
          Frame(
            page: Int(bytes.word(0)), pagesAfterCommit: Int(bytes.word(4)), offset: offset + Self.frameHeaderBytes,
            isWhole: isWhole))
      }
      followsFrame = isTaken
      told = own
      summed = isWhole ? own : sums[0]
    }
    self.end = end ?? frames.count
    self.frames = frames
    self.descriptor = descriptor
    guard !frames.isEmpty else { return nil }
  }

  /// Whether a commit follows a damaged frame, so that SQLite does not see it.
  var isBroken: Bool {
    frames[end...].contains { $0.isWhole && $0.pagesAfterCommit > 0 }
  }

  /// Writes the committed pages of the log into a database file, in order, so that the newest of each remains.
  /// - Parameter isStrict: whether to leave out damaged frames; their pages keep an older state.
  func lay(onto database: String, isStrict: Bool, of folder: StudyFolder) throws(StoreError) {
    let chosen = frames.filter { !isStrict || $0.isWhole }
    guard let last = chosen.lastIndex(where: { $0.pagesAfterCommit > 0 }) else { return }
    let file = StudyFolder.open(database, O_RDWR)
    guard file >= 0 else { throw .system(folder.path, errno, "open \(database)") }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .system(folder.path, errno, "open \(database)") }
    let size = chosen.filter(\.isWhole).map(\.pagesAfterCommit).max() ?? 0
    let mostPages = max(size, Int(status.st_size) / pageBytes)
    for frame in chosen[...last] where (1...max(1, mostPages)).contains(frame.page) {
      guard let bytes = descriptor.read(pageBytes, at: frame.offset) else { continue }
      guard pwrite(file, bytes, bytes.count, off_t((frame.page - 1) * pageBytes)) == bytes.count else {
        throw .system(folder.path, errno, "write \(database)")
      }
    }
    // Make it a database without a log. The number of its pages is the length of its file, which SQLite uses if the
    // header's two change counters differ (its file format, 1.3.7).
    var versions: [UInt8] = [1, 1]
    var count: UInt8 = 0
    pwrite(file, &versions, 2, 18)
    guard pread(file, &count, 1, 95) == 1 else { return }
    count &+= 1
    pwrite(file, &count, 1, 95)
  }
}

/// The file of a log, open as long as this object exists.
private final class LogDescriptor {
  private let descriptor: CInt
  let bytes: Int

  init?(_ path: String) {
    descriptor = StudyFolder.open(path, O_RDONLY | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    var status = stat()
    let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    bytes = isFile ? Int(status.st_size) : 0
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// `nil` if the file ends before.
  func read(_ count: Int, at offset: Int) -> [UInt8]? {
    guard offset + count <= bytes else { return nil }
    guard let found = try? Descriptor.read(count, from: descriptor, at: offset), found.count == count else {
      return nil
    }
    return found
  }
}

/// SQLite's checksum over 32-bit words, two at a time.
private struct Checksum: Equatable {
  private var first: UInt32
  private var second: UInt32

  init(_ first: UInt32, _ second: UInt32) {
    self.first = first
    self.second = second
  }

  func adding(_ bytes: ArraySlice<UInt8>, _ isBigEndian: Bool) -> Checksum {
    var (first, second) = (first, second)
    bytes.withUnsafeBytes { bytes in
      for offset in stride(from: 0, to: bytes.count & ~7, by: 8) {
        let words = (
          bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self),
          bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
        )
        first &+= (isBigEndian ? words.0.bigEndian : words.0.littleEndian) &+ second
        second &+= (isBigEndian ? words.1.bigEndian : words.1.littleEndian) &+ first
      }
    }
    return Checksum(first, second)
  }
}

extension [UInt8] {
  /// Four bytes as a big-endian number.
  fileprivate func word(_ offset: Int) -> UInt32 {
    self[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
  }
}
