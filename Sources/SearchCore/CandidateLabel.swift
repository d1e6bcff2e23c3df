/// A short text of a candidate, for people and narrow tables: ranks by stage instead of by layer name, such as
/// `layer1 4·4·–·8·–·– | layer3 C/4`. `Candidate(label:in:)` reads it back to the same candidate.
///
/// Parts are joined by ` | `, in the network's order. A layer that no part names is dense:
///
/// - `conv1 4` and `fc 3`: the rank of that layer;
/// - `layer1 4·–·8·8·–·–`: the ranks of the convolutions of the stage's blocks, block by block (`conv1`, `conv2`, and
///   `conv3` in bottlenecks), `–` for a dense one; `4×6` and `–×3` stand for runs of three or more;
/// - `layer2 C/4`, `layer2–3 C/4`, `all C/4`: the rank of every such convolution of the stage, the stages, all stages
///   is that fraction of its output channels C; also `3C/4`;
/// - `shortcuts 32·–·128`: the ranks of the 1×1 convolutions of the blocks' shortcuts;
/// - `layer1 4/grouped2·4×5` and `all C/4/tied`: variants, if they are not the study's own.
///
/// If the full text is no longer than that, as for single layers, it is the label. It is also the label of a candidate
/// that the network cannot take.
public struct CandidateLabel: Hashable, Sendable {
  public let text: String

  public init(_ candidate: Candidate, in architecture: Architecture) {
    let full = candidate.description
    guard !candidate.isDense, let parts = LabelPart.parts(of: candidate, in: architecture) else {
      text = full
      return
    }
    let short = parts.joined(separator: " | ")
    text = full.count <= short.count ? full : short
  }

  /// Breaks the label into lines of at most `width` columns, if possible: between parts, or within a part between
  /// layers. The lines read back as one label.
  public func lines(width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for piece in Self.pieces(of: text) {
      let isTooLong = line.count + Self.withoutTrailingSpace(piece).count > width
      if isTooLong, !line.isEmpty {
        lines.append(Self.withoutTrailingSpace(line))
        line = ""
      }
      line += piece
    }
    return lines + [line]
  }

  /// Cuts the text after each `·`, `,` and `| `.
  private static func pieces(of text: String) -> [String] {
    var pieces: [String] = []
    var piece = ""
    for character in text {
      if character == " ", piece.last == "|" {
        pieces.append(piece + " ")
        piece = ""
        continue
      }
      piece.append(character)
      if character == "·" || character == "," {
        pieces.append(piece)
        piece = ""
      }
    }
    return piece.isEmpty ? pieces : pieces + [piece]
  }

  private static func withoutTrailingSpace(_ text: String) -> String {
    text.last == " " ? String(text.dropLast()) : text
  }
}

extension CandidateLabel: CustomStringConvertible {
  public var description: String { text }
}

extension Candidate {
  /// Reads a label, or the full text `layer1.0.conv1=8,…`. Surplus spaces and line breaks are ignored in both. For
  /// keyboards without the label's signs, `-` stands for `–`, `,` or `.` for `·`, and `x` or `*` for `×`. Ranks are not
  /// checked against the network's upper bounds; `validate(in:)` does that.
  public init(label text: String, in architecture: Architecture) throws(SearchError) {
    let words = text.split(whereSeparator: \.isWhitespace)
    if text.contains("=") || words == ["dense"] || words.isEmpty {
      // A label that is the full text may have been broken at its commas: spaces there are allowed.
      try self.init(parsing: text)
      return
    }
    var forms: [String: BasisForm] = [:]
    for part in text.split(separator: "|", omittingEmptySubsequences: false) {
      let read = try LabelPart.read(part, label: text, in: architecture)
      for (layer, form) in read {
        guard forms.updateValue(form, forKey: layer) == nil else {
          throw .candidateText(text: text, problem: "\(layer) appears twice")
        }
      }
    }
    self.init(forms: forms)
  }
}
