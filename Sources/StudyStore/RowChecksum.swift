import GRDB
import SearchCore

/// A checksum that depends on every bit of a row's contents. SQLite detects a page whose structure is damaged, but not
/// a digit that turned into another one: a flipped bit in an accuracy would silently change the frontier.
///
/// Each step is a bijection of the state for a given word, and of the word for a given state, so that one changed word
/// always changes the sum. A change of several words goes unnoticed with a probability of 2⁻⁶⁴. Not cryptographic. The
/// arithmetic is part of the schema.
struct RowChecksum {
  private var state: UInt64 = 0x4c59_5352_0000_0002

  /// The checksum as it is stored.
  var value: Int64 { Int64(bitPattern: state) }

  mutating func add(_ word: UInt64) {
    state = (state ^ word) &* 0x9e37_79b9_7f4a_7c15
    state ^= state >> 32
  }

  mutating func add(_ number: Int64) { add(UInt64(bitPattern: number)) }
  mutating func add(_ number: Int) { add(Int64(number)) }
  /// SQLite does not keep the sign of zero.
  mutating func add(_ number: Double) { add(number == 0 ? 0 : number.bitPattern) }

  mutating func add(_ number: Double?) {
    add(number == nil ? 0 as UInt64 : 1)
    if let number { add(number) }
  }

  /// Adds the text's length, then its bytes, eight per word.
  mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      add(bytes.count)
      let bytes = UnsafeRawBufferPointer(bytes)
      let whole = bytes.count & ~7
      for start in stride(from: 0, to: whole, by: 8) {
        add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)))
      }
      if whole < bytes.count { add(bytes[whole...].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }) }
    }
  }
}

extension RowChecksum {
  /// The checksum of the study: which one it is, and its configuration.
  static func study(_ identity: StudyIdentity) -> Int64 {
    var sum = RowChecksum()
    for text in [identity.studyID, identity.name, identity.configurationText, identity.fingerprint] { sum.add(text) }
    sum.add(identity.budget ?? -1)
    sum.add(identity.entries.count)
    for (key, value) in identity.entries.sorted(by: { $0.key < $1.key }) {
      sum.add(key)
      sum.add(value)
    }
    return sum.value
  }

  static func kind(_ text: String) -> Int64 {
    var sum = RowChecksum()
    sum.add(text)
    return sum.value
  }

  /// The checksum of a job: its work. State and counters change with every attempt and are not included.
  /// - Parameter kind: the checksum of the text of the job's kind.
  static func job(_ id: Int64, _ work: Work, kind: Int64) -> Int64 {
    var sum = RowChecksum()
    sum.add(id)
    sum.add(kind)
    sum.add(work.candidate.description)
    sum.add(work.repetition)
    sum.add(work.seed)
    return sum.value
  }

  /// The checksum of an observation: everything that was found.
  static func observation(_ row: ObservationRow, of job: Int64) -> Int64 {
    var sum = RowChecksum()
    sum.add(job)
    sum.add(row.metrics)
    sum.add(row.curves)
    sum.add(row.observation.diverged ? 1 : 0)
    sum.add(row.observation.kernelVariant)
    for artifact in row.observation.artifacts {
      sum.add(artifact.name)
      sum.add(artifact.value.hash)
      sum.add(artifact.value.bytes)
    }
    return sum.value
  }
}
