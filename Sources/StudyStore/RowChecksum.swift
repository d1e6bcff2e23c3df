import GRDB
import SearchCore

/// A number that depends on every bit of what a row says. SQLite finds a page that is out of order, but not a digit
/// that turned into another one: a flipped bit in an accuracy would quietly be another frontier.
///
/// Each step is a bijection of the state for a given word and of the word for a given state, so that one changed word
/// always changes the sum; several do with 64 bits' certainty. Not cryptographic. The arithmetic is part of the schema.
struct RowChecksum {
  private var state: UInt64 = 0x4c59_5352_0000_0002

  /// As it is stored.
  var value: Int64 { Int64(bitPattern: state) }

  mutating func add(_ word: UInt64) {
    state = (state ^ word) &* 0x9e37_79b9_7f4a_7c15
    state ^= state >> 32
  }

  mutating func add(_ number: Int64) { add(UInt64(bitPattern: number)) }
  mutating func add(_ number: Int) { add(Int64(number)) }
  /// SQLite keeps no sign of zero.
  mutating func add(_ number: Double) { add(number == 0 ? 0 : number.bitPattern) }

  mutating func add(_ number: Double?) {
    add(number == nil ? 0 as UInt64 : 1)
    if let number { add(number) }
  }

  /// Its length, then eight bytes a word.
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
  /// Of the study: which one it is, and its configuration.
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

  /// Of a job: its work. State and counters change with every attempt and are not part of it.
  /// - Parameter kind: the sum of its kind's text.
  static func job(_ id: Int64, _ work: Work, kind: Int64) -> Int64 {
    var sum = RowChecksum()
    sum.add(id)
    sum.add(kind)
    sum.add(work.candidate.description)
    sum.add(work.repetition)
    sum.add(work.seed)
    return sum.value
  }

  /// Of an observation: everything that was found.
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
