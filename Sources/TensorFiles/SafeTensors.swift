import Files
import ReadableText

/// A safetensors file: the length of the header (eight bytes, little-endian); the header, in JSON; the tensors'
/// numbers, little-endian and row-major, without gaps.
///
///     {"__metadata__": {"key": "text"}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
///
/// https://github.com/huggingface/safetensors. Bytes from outside are checked in full before a number is read, and no
/// more than the file itself is kept in memory.
package struct SafeTensors: Sendable {
  /// The description of one tensor, with its place in the file.
  package struct Tensor: Hashable, Sendable {
    package let name: String
    package let element: TensorElement
    package let shape: [Int]
    /// The range of the tensor's numbers in the file.
    package let range: Range<Int>

    package var count: Int { range.count / element.bytes }
  }

  /// In the order of their numbers.
  package let tensors: [Tensor]
  package let metadata: [String: String]
  private let file: [UInt8]
  private let places: [String: Int]

  /// The maximum length of a header. Names and shapes of the largest networks take a hundredth of it.
  static let mostHeaderBytes = 16 << 20

  /// - Throws: If the bytes are not a complete safetensors file, a one-line description of the problem.
  package init(_ file: [UInt8]) throws(TensorFileProblem) {
    if let problem = Self.otherKind(file) { throw TensorFileProblem(problem) }
    let start = try Self.start(beginning: file.prefix(8), fileBytes: file.count)
    let header = try SafeTensorsHeader(file[8..<start])
    tensors = try Self.placed(header.entries, start: start, end: file.count)
    metadata = header.metadata
    self.file = file
    places = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($0.element.name, $0.offset) })
  }

  /// Returns the offset of the numbers in a file of `fileBytes` bytes.
  /// - Parameter beginning: The first eight bytes of the file, or all bytes if there are fewer.
  package static func start(beginning: ArraySlice<UInt8>, fileBytes: Int) throws(TensorFileProblem) -> Int {
    guard beginning.count == 8 else {
      throw TensorFileProblem(
        fileBytes == 0
          ? "it is empty" : "it has \(fileBytes) bytes, too few for a safetensors file; it may be truncated"
      )
    }
    let length = beginning.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= Self.mostHeaderBytes else {
      throw TensorFileProblem(
        "its header would have \(length) bytes, more than \(Self.mostHeaderBytes): it is not a safetensors file")
    }
    let start = 8 + Int(length)
    guard start <= fileBytes else {
      throw TensorFileProblem(
        "its header should have \(length) bytes, but only \(fileBytes - 8) follow; it may be truncated")
    }
    return start
  }

  /// Returns the tensors of a file of `fileBytes` bytes, only whose header is in memory, in the order of their numbers.
  /// - Parameter header: The bytes from the ninth one up to `start(beginning:fileBytes:)`.
  package static func tensors(header: [UInt8], fileBytes: Int) throws(TensorFileProblem) -> [Tensor] {
    try placed(SafeTensorsHeader(header[...]).entries, start: 8 + header.count, end: fileBytes)
  }

  package init(path: String, mostBytes: Int) throws(TensorFileError) {
    let bytes: [UInt8]
    do { bytes = try RegularFile.read(path, mostBytes: mostBytes) } catch {
      throw .unreadable(path: path, error)
    }
    do { try self.init(bytes) } catch { throw .unusable(path: path, error) }
  }

  package subscript(name: String) -> Tensor? { places[name].map { tensors[$0] } }

  package func bytes(of tensor: Tensor) -> ArraySlice<UInt8> { file[tensor.range] }

  /// - Throws: If the numbers are not floats.
  package func floats(of tensor: Tensor) throws(TensorFileProblem) -> [Float] {
    guard let numbers = tensor.element.floats(bytes(of: tensor)) else {
      throw TensorFileProblem(
        "tensor \(tensor.name.inOneLine) has the type \(tensor.element.rawValue), but must have floats (F32, F64, "
          + "F16, BF16)")
    }
    return numbers
  }

  /// - Throws: If the numbers are not integers, or one is beyond the largest `Int`.
  package func integers(of tensor: Tensor) throws(TensorFileProblem) -> [Int] {
    guard let numbers = tensor.element.integers(bytes(of: tensor)) else {
      throw TensorFileProblem(
        "tensor \(tensor.name.inOneLine) of type \(tensor.element.rawValue) must have integers of at most 2⁶³ − 1")
    }
    return numbers
  }

  /// Whether `pickle` or `torch.save` wrote the file, as far as its first 512 bytes show: `torch.save` writes ZIP
  /// archives with a pickle among their first members. A pickle has no magic number: it begins with the version of its
  /// protocol, from 2 to 5.
  package static func isPickle(_ file: [UInt8]) -> Bool {
    if isArchive(file) {
      let start = file.prefix(512)
      return start.indices.contains { start[$0...].starts(with: "/data.pkl".utf8) }
    }
    guard file.count >= 2, file[0] == 0x80, (2...5).contains(file[1]) else { return false }
    // The length of a header can begin with the same two bytes; then its upper bytes are 0, and the header follows.
    return !(file.count >= 9 && file[4..<8].allSatisfy { $0 == 0 } && file[8] == UInt8(ascii: "{"))
  }

  private static func isArchive(_ file: [UInt8]) -> Bool { file.starts(with: Array("PK\u{3}\u{4}".utf8)) }

  /// A line of Python that converts a file written by `torch.save` to safetensors.
  package static let pickleAdvice =
    "save it as safetensors: python3 -c \"import torch, safetensors.torch as s; "
    + "d = torch.load('FILE.pth', map_location='cpu', weights_only=True); "
    + "s.save_file({k: v.contiguous().clone() for k, v in d.get('state_dict', d).items()}, 'FILE.safetensors')\""

  private static func otherKind(_ file: [UInt8]) -> String? {
    guard isPickle(file) else {
      return isArchive(file) ? "it is a ZIP archive, such as an .npz file, not a safetensors file" : nil
    }
    return "it is a Python pickle (.pt, .pth), which is not read because it may contain any program; \(pickleAdvice)"
  }

  /// Returns the tensors' descriptions. Throws unless each tensor directly follows the one before, and the last one
  /// ends with the file.
  private static func placed(
    _ entries: [SafeTensorsHeader.Entry], start: Int, end: Int
  ) throws(TensorFileProblem) -> [Tensor] {
    var tensors: [Tensor] = []
    tensors.reserveCapacity(entries.count)
    var next = 0
    for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      let name = entry.name.inOneLine.cut(toCharacters: 200)
      guard let element = TensorElement(rawValue: entry.type) else {
        throw TensorFileProblem(
          "tensor \(name) has the unknown type \(entry.type.inOneLine.cut(toCharacters: 40)); known: "
            + TensorElement.allCases.map(\.rawValue).joined(separator: ", "))
      }
      guard entry.begin >= next else {
        throw TensorFileProblem("tensor \(name) overlaps the one before it (its data_offsets begin at \(entry.begin))")
      }
      guard entry.begin == next else {
        throw TensorFileProblem("\(entry.begin - next) bytes before tensor \(name) belong to no tensor")
      }
      guard entry.end >= entry.begin else {
        throw TensorFileProblem("the data_offsets of tensor \(name) end before they begin")
      }
      guard entry.end <= end - start else {
        throw TensorFileProblem(
          "tensor \(name) should end at byte \(entry.end) of the data, which has \(end - start); it may be truncated")
      }
      guard let bytes = bytes(entry.shape, element), bytes == entry.end - entry.begin else {
        throw TensorFileProblem(
          "tensor \(name) has \(entry.end - entry.begin) bytes, which does not fit its shape "
            + "\(shapeText(entry.shape)) of \(element.rawValue)")
      }
      tensors.append(
        Tensor(name: entry.name, element: element, shape: entry.shape, range: start + entry.begin..<start + entry.end))
      next = entry.end
    }
    guard next == end - start else {
      throw TensorFileProblem("\(end - start - next) bytes at its end belong to no tensor")
    }
    return tensors
  }

  /// Returns `nil` if the number of bytes exceeds the range of `Int`.
  private static func bytes(_ shape: [Int], _ element: TensorElement) -> Int? {
    if shape.contains(0) { return 0 }
    var count = element.bytes
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { return nil }
      count = product
    }
    return count
  }

  /// Such as `16×3×3×3`.
  package static func shapeText(_ shape: [Int]) -> String {
    shape.isEmpty ? "of a single number" : shape.prefix(8).map(String.init).joined(separator: "×")
  }
}
