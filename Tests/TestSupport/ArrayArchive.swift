/// Writes files of arrays in NumPy's formats, valid and invalid ones.
package enum ArrayArchive {
  /// A member of a zip archive.
  package struct Member {
    package var name: String
    package var bytes: [UInt8]
    /// The size and the checksum that the archive states; `nil` for the true ones.
    package var saidBytes: Int?
    package var checksum: UInt32?
    package var method: UInt16 = 0
    package var flags: UInt16 = 0

    package init(_ name: String, _ bytes: [UInt8]) { (self.name, self.bytes) = (name, bytes) }
  }

  package static func npz(_ arrays: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    zip(arrays.map { Member("\($0.name).npy", $0.bytes) })
  }

  /// Returns an .npy file of an array; by default, its elements are unsigned bytes.
  package static func npy(_ shape: [Int], descr: String = "|u1", fortran: Bool = false, _ bytes: [UInt8]) -> [UInt8] {
    let dimensions = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    return npy(
      header: "{'descr': '\(descr)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': (\(dimensions)), }", bytes
    )
  }

  package static func npy(header: String, _ bytes: [UInt8]) -> [UInt8] {
    let text = Array((header + "\n").utf8)
    var file: [UInt8] = [0x93]
    file += Array("NUMPY".utf8)
    file += [1, 0]
    file += little(UInt16(text.count))
    file += text
    file += bytes
    return file
  }

  /// Returns an .npz file with images of random bytes, `[image][row][column][channel]`, whose classes take turns. Each
  /// class has its own tint, so that a network can distinguish them.
  package static func drawn(count: Int, side: Int, classes: Int, tests: Int = 0) -> [UInt8] {
    func images(_ count: Int, _ seed: UInt32) -> [UInt8] {
      var noise = seed
      var bytes: [UInt8] = []
      bytes.reserveCapacity(count * side * side * 3)
      for image in 0..<count {
        for place in 0..<side * side * 3 {
          noise = noise &* 1_664_525 &+ 1_013_904_223
          let group = place / 3 % classes
          let tint = group == image % classes ? 120 : 0
          bytes.append(UInt8(truncatingIfNeeded: tint + Int(noise >> 25)))
        }
      }
      return bytes
    }
    func part(_ count: Int, _ prefix: String, _ seed: UInt32) -> [(name: String, bytes: [UInt8])] {
      [
        ("\(prefix)images", npy([count, side, side, 3], images(count, seed))),
        ("\(prefix)labels", npy([count], (0..<count).map { UInt8($0 % classes) })),
      ]
    }
    return npz(part(count, "", 1) + (tests > 0 ? part(tests, "test_", 2) : []))
  }

  package static func zip(_ members: [Member]) -> [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for member in members {
      let name = Array(member.name.utf8)
      var facts = little(member.flags)
      facts += little(member.method)
      // The time.
      facts += little(UInt32(0))
      facts += little(member.checksum ?? checksum(member.bytes))
      facts += little(UInt32(member.bytes.count))
      facts += little(UInt32(member.saidBytes ?? member.bytes.count))
      facts += little(UInt16(name.count))
      facts += little(UInt16(0))
      directory += [0x50, 0x4b, 1, 2, 20, 0, 20, 0]
      directory += facts
      // Comment, disk and attributes.
      directory += [UInt8](repeating: 0, count: 10)
      directory += little(UInt32(file.count))
      directory += name
      file += [0x50, 0x4b, 3, 4, 20, 0]
      file += facts
      file += name
      file += member.bytes
    }
    let start = little(UInt32(file.count))
    file += directory
    file += [0x50, 0x4b, 5, 6, 0, 0, 0, 0]
    file += little(UInt16(members.count))
    file += little(UInt16(members.count))
    file += little(UInt32(directory.count))
    file += start
    file += [0, 0]
    return file
  }

  /// CRC-32, bit by bit.
  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 {
        let isOdd = sum & 1 == 1
        sum >>= 1
        if isOdd { sum ^= 0xedb8_8320 }
      }
    }
    return ~sum
  }

  private static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
