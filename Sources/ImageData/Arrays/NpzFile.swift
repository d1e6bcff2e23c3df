import ReadableText

/// NumPy's format for several arrays: a zip archive with one `.npy` file per array.
struct NpzFile: ArrayContainer {
  private let archive: ZipArchive
  private static let ending = ".npy"

  init(_ source: ByteSource) throws(ImageDataError) { archive = try ZipArchive(source) }

  var names: [String] {
    archive.members.map { $0.name.hasSuffix(Self.ending) ? String($0.name.dropLast(Self.ending.count)) : $0.name }
      .sorted()
  }

  func array(_ name: String) throws(ImageDataError) -> StoredArray? {
    guard let member = archive.members.first(where: { $0.name == name + Self.ending }) else { return nil }
    func unusable(_ what: String) -> ImageDataError {
      .unusable(path: archive.source.name, what: "\(name): \(what)", remedy: ArraysFile.remedy)
    }
    let stream = try archive.open(member)
    guard member.bytes >= 10 else { throw unusable("it is not a NumPy array") }
    var start = ByteReader(try stream.read(8))
    guard start.bytes(6) == NpyHeader.magic, let major: UInt8 = start.number(), let minor: UInt8 = start.number()
    else { throw unusable("it is not a NumPy array") }
    guard (1...3).contains(major), minor == 0 else {
      throw unusable("it has version \(major).\(minor) of NumPy's format, but only 1.0 to 3.0 are known")
    }
    var length = ByteReader(try stream.read(major == 1 ? 2 : 4))
    let short: UInt16? = major == 1 ? length.number() : nil
    let long: UInt32? = major == 1 ? nil : length.number()
    let headerBytes = Int(short ?? 0) + Int(long ?? 0)
    guard headerBytes <= NpyHeader.mostBytes else { throw unusable("its header is too long: \(headerBytes) bytes") }
    let header: NpyHeader
    do { header = try NpyHeader(try stream.read(headerBytes)) } catch let error as NpyHeader.Problem {
      throw unusable(error.text)
    } catch let error as ImageDataError {
      throw error
    } catch {
      throw unusable("\(error)")
    }
    if case .integer(let bytes, _, _) = header.type {
      let rest = member.bytes - 8 - (major == 1 ? 2 : 4) - headerBytes
      guard header.shape.bytes(ofEach: bytes) == rest else {
        throw unusable("its shape \(header.shape.shapeText) does not fit its \(rest) bytes")
      }
    }
    return StoredArray(
      type: header.type, shape: header.shape, isFortranOrder: header.isFortranOrder, stream: stream)
  }
}

extension [Int] {
  /// Returns the number of bytes of an array of this shape with elements of `bytes` bytes, or `nil` if it is negative
  /// or overflows.
  func bytes(ofEach bytes: Int) -> Int? {
    var product = bytes
    for dimension in self {
      let (next, overflows) = product.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflows else { return nil }
      product = next
    }
    return product
  }

  /// `(1000, 32, 32, 3)`
  var shapeText: String { "(\(map(String.init).joined(separator: ", "))\(count == 1 ? "," : ""))" }
}
