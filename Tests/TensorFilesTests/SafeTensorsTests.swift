import Testing

@testable import TensorFiles

@Suite struct SafeTensorsTests {
  /// A file with this header, followed by `data` bytes.
  private func file(_ header: String, data: Int, length: UInt64? = nil) -> [UInt8] {
    let length = length ?? UInt64(header.utf8.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> UInt64(8 * $0)) } + Array(header.utf8)
      + [UInt8](repeating: 1, count: data)
  }

  private func problem(_ bytes: [UInt8]) -> String? {
    do {
      _ = try SafeTensors(bytes)
      return nil
    } catch { return error.description }
  }

  @Test func whatIsWrittenIsRead() throws {
    let written: [SafeTensorsWriter.Tensor] = [
      .init(
        name: "a \"quoted\" \\ name\n\u{1}é🧮", shape: [2, 2], floats: [1, -0.0, .infinity, .leastNonzeroMagnitude]),
      .init(name: "none", shape: [0, 3], floats: []), .init(name: "single", shape: [], floats: [7]),
      .init(name: "labels", element: .uint8, shape: [3], bytes: [0, 255, 7]),
    ]
    let file = SafeTensorsWriter.file(written, metadata: ["format": "pt", "b": "\"x\""])
    let headerBytes = Int(file[0]) | Int(file[1]) << 8
    #expect(headerBytes.isMultiple(of: 8))
    let read = try SafeTensors(file)
    #expect(read.metadata == ["format": "pt", "b": "\"x\""])
    #expect(Set(read.tensors.map(\.name)) == Set(written.map(\.name)))
    for tensor in written {
      let found = try #require(read[tensor.name])
      #expect(found.shape == tensor.shape && found.element == tensor.element)
      #expect(Array(read.bytes(of: found)) == tensor.bytes)
    }
    let first = try #require(read[written[0].name])
    let bits: [UInt32] = try read.floats(of: first).map(\.bitPattern)
    #expect(bits == [0x3f80_0000, 0x8000_0000, 0x7f80_0000, 1])
    #expect(try read.integers(of: #require(read["labels"])) == [0, 255, 7])
    #expect(throws: TensorFileProblem.self) { try read.floats(of: #require(read["labels"])) }
    #expect(throws: TensorFileProblem.self) { try read.integers(of: #require(read["single"])) }
  }

  @Test func numbersOfOtherTypes() {
    #expect(
      TensorElement.float16.floats([0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0x00, 0x7c]) == [1, -2, 0x1p-24, .infinity])
    #expect(TensorElement.float16.floats([0xff, 0x7b, 0x00, 0x80]) == [65504, -0.0])
    #expect(TensorElement.brainFloat16.floats([0x80, 0x3f]) == [1])
    #expect(TensorElement.float64.floats([0, 0, 0, 0, 0, 0, 0xf0, 0x3f]) == [1])
    #expect(TensorElement.int16.integers([0xfe, 0xff]) == [-2])
    #expect(TensorElement.uint16.integers([0xfe, 0xff]) == [65534])
    #expect(TensorElement.uint64.integers([UInt8](repeating: 255, count: 8)) == nil)
    #expect(TensorElement.int64.integers([UInt8](repeating: 255, count: 8)) == [-1])
  }

  @Test(arguments: [
    ("", 0, "empty"), ("{}", 1, "bytes at its end belong to no tensor"), ("[]", 0, "expected '{' at byte 0"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} x", 8, "expected the end"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 7, "may be truncated"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8, "belong to no tensor"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8, "its shape 3 of F32"),
    ("{\"a\":{\"dtype\":\"F4\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "has the unknown type F4"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, "not negative"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[02],\"data_offsets\":[0,8]}}", 8, "not negative"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}", 8, "expected ']'"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1000000000,1000000000],\"data_offsets\":[0,8]}}", 8, "its shape"),
    (
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4294967296],\"data_offsets\":[0,8]}}", 8, "its shape"
    ),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]}}", 8, "below 2⁶³"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,9223372036854775807]}}", 8, "may be truncated"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", 8, "two data_offsets"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "lacks dtype"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "once each"),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":{\"b\":{}},\"data_offsets\":[0,8]}}", 8, "expected '['"),
    (
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
        + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "a is in its header twice"
    ),
    (
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
        + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12, "tensor b overlaps"
    ),
    (
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
        + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}", 12, "4 bytes before tensor b"
    ),
    ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}", 8, "expected '}'"),
    ("{\"__metadata__\":{\"a\":1}}", 0, "expected '\"'"), ("{\"\\ud800\":{}}", 0, "a character"),
    ("{\"\\u12", 0, "four hexadecimal digits"), ("{\"a\\", 0, "the end of a text"), ("{\"a", 0, "the end of a text"),
  ])
  func liesAreTold(_ header: String, data: Int, said: String) throws {
    let bytes = header.isEmpty ? [] : file(header, data: data)
    let text = try #require(problem(bytes))
    #expect(text.contains(said), "\(text)")
    #expect(!text.contains("\n"))
  }

  @Test func lengthsOfHeadersThatLie() throws {
    #expect(try #require(problem([1, 2, 3])).contains("truncated"))
    #expect(try #require(problem(file("{}", data: 0, length: 3))).contains("truncated"))
    #expect(try #require(problem(file("{}", data: 0, length: .max))).contains("18446744073709551615 bytes"))
    #expect(try #require(problem(file("{}", data: 0, length: 1 << 40))).contains("not a safetensors file"))
  }

  @Test func everyTruncationAndNoTrap() {
    let whole = SafeTensorsWriter.file(
      [.init(name: "a", shape: [3], floats: [1, 2, 3]), .init(name: "b", shape: [1], floats: [4])],
      metadata: ["k": "v"])
    #expect(problem(whole) == nil)
    for count in 0..<whole.count { #expect(problem(Array(whole.prefix(count))) != nil, "\(count) bytes") }
    for index in whole.indices {
      for bit in 0..<8 {
        var flipped = whole
        flipped[index] ^= 1 << bit
        _ = problem(flipped)
      }
    }
  }

  @Test func picklesAreRefusedByName() throws {
    let archive = { (member: String) in
      Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 26) + Array(member.utf8)
    }
    for start in [archive("archive/data.pkl"), [0x80, 2], [0x80, 4, 0x95]] {
      let text = try #require(problem(start + [UInt8](repeating: 9, count: 100)))
      #expect(text.contains("pickle") && text.contains("save it as safetensors"), "\(text)")
    }
    for bytes in [archive("images.npy"), Array("PK\u{3}\u{4}".utf8)] {
      #expect(try #require(problem(bytes)).contains("ZIP archive"))
    }
    // Headers of 640 and of 66,176 bytes begin as pickles of protocol 2 do.
    for count in [640, 66_176] {
      let header = "{" + String(repeating: " ", count: count - 2) + "}"
      #expect(problem(file(header, data: 0)) == nil)
    }
  }
}
