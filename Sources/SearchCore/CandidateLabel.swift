/// A candidate in short, for people and narrow tables: ranks by stage instead of by layer name, such as
/// `layer1 4·4·–·8·–·– | layer3 C/4`. It reads back to the same candidate with `Candidate(label:in:)`.
///
/// Parts are joined by ` | `, in the network's order; what no part names is dense:
///
/// - `conv1 4` and `fc 3`: that layer's rank;
/// - `layer1 4·–·8·8·–·–`: ranks of the stage's 3×3 convolutions block by block (`conv1`, `conv2`), `–` for a dense
///   one; `4×6` and `–×3` stand for runs of three and more;
/// - `layer2 C/4`, `layer2–3 C/4`, `all C/4`: every 3×3 convolution of the stage, the stages, all stages has that
///   fraction of its output channels C as its rank; also `3C/4`;
/// - `shortcuts 32·–·128`: ranks of the 1×1 convolutions of the blocks' shortcuts;
/// - `layer1 4/grouped2·4×5` and `all C/4/tied`: variants where they are not the study's own.
///
/// Where the full text is no longer than that, as it is for single layers, it is the label; so is it for a candidate
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

  /// The label on as many lines as it needs, none wider than `width` columns where that can be: broken between parts,
  /// within one between layers. The lines read back as one label.
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

  /// Cut behind each `·`, `,` and `| `.
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
  /// Reads a label, or the full text `layer1.0.conv1=8,…`, in either of which spaces and line breaks count for little.
  /// On a keyboard without them, `-` is as good as `–`, `,` or `.` as `·`, and `x` or `*` as `×`. Ranks are not checked
  /// against the network's upper bounds: `validate(in:)` does.
  public init(label text: String, in architecture: Architecture) throws(SearchError) {
    let words = text.split(whereSeparator: \.isWhitespace)
    if text.contains("=") || words == ["dense"] || words.isEmpty {
      // A label that was broken at its commas has spaces there, which the full text may have.
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
