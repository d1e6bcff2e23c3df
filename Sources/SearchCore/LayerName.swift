/// The order of PyTorch-style layer names.
public enum LayerName {
  /// Compares names piece by piece between dots. Pieces that are numbers compare as numbers and precede other pieces.
  public static func precedes(_ left: String, _ right: String) -> Bool {
    var (left, right) = (left, right)
    // The fast path, because every candidate that is created or read sorts its layers by this order.
    let plain = left.withUTF8 { left in right.withUTF8 { right in plainPrecedes(left, right) } }
    if let plain { return plain }
    let leftPieces = left.split(separator: ".")
    let rightPieces = right.split(separator: ".")
    for (l, r) in zip(leftPieces, rightPieces) where l != r {
      return precedes(l, Int(l), r, Int(r)) { $0 < $1 }
    }
    return leftPieces.count < rightPieces.count
  }

  /// The same for names of ASCII letters, digits, underscores and dots, without allocating pieces; `nil` for other
  /// names.
  private static func plainPrecedes(
    _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>
  ) -> Bool? {
    var (leftStart, rightStart) = (0, 0)
    while true {
      guard let l = nextPiece(left, &leftStart), let r = nextPiece(right, &rightStart) else { return nil }
      if l.range.isEmpty || r.range.isEmpty { return l.range.isEmpty && !r.range.isEmpty }
      if left[l.range].elementsEqual(right[r.range]) { continue }
      return precedes(left[l.range], l.number, right[r.range], r.number) { $0.lexicographicallyPrecedes($1) }
    }
  }

  /// Compares two different pieces, given with their values if they are numbers. A total order, so that a sequence in
  /// ascending order has no piece twice.
  private static func precedes<Piece>(
    _ left: Piece, _ leftNumber: Int?, _ right: Piece, _ rightNumber: Int?, asText: (Piece, Piece) -> Bool
  ) -> Bool {
    switch (leftNumber, rightNumber) {
    case (let left?, let right?) where left != right: left < right
    case (_?, nil): true
    case (nil, _?): false
    default: asText(left, right)
    }
  }

  /// Returns the piece at `start`, empty at the end, and its value if it is a number. Returns `nil` if the piece has
  /// other characters, or more digits than are certain to fit.
  private static func nextPiece(
    _ name: UnsafeBufferPointer<UInt8>, _ start: inout Int
  ) -> (range: Range<Int>, number: Int?)? {
    while start < name.count, name[start] == UInt8(ascii: ".") { start += 1 }
    var end = start
    var number: Int? = 0
    while end < name.count, name[end] != UInt8(ascii: ".") {
      let byte = name[end]
      if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
        guard end - start < 18 else { return nil }
        number = number.map { $0 * 10 + Int(byte - UInt8(ascii: "0")) }
      } else {
        let letter = byte | 0x20
        guard letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z") || byte == UInt8(ascii: "_") else {
          return nil
        }
        number = nil
      }
      end += 1
    }
    defer { start = end }
    return (start..<end, start == end ? nil : number)
  }
}
