/// The colors of the figures by name. A page assigns each a value for light and for dark surroundings; a separate file
/// has the light ones.
package enum PlotColor: String, CaseIterable, Sendable {
  case paper, ink, faint, grid, lattice
  case blue, orange, green, purple, red, cyan, olive, pink, moss, indigo, gray

  /// `#rrggbb`
  package var light: String {
    switch self {
    case .paper: "#ffffff"
    case .ink: "#22272e"
    case .faint: "#66707c"
    case .grid: "#eceff2"
    case .lattice: "#e3e7eb"
    case .blue: "#1b5fa8"
    case .orange: "#c04e18"
    case .green: "#2e8540"
    case .purple: "#7b3fa0"
    case .red: "#b3261e"
    case .cyan: "#00838f"
    case .olive: "#8a6d00"
    case .pink: "#a0346e"
    case .moss: "#4a5d23"
    case .indigo: "#3f51b5"
    case .gray: "#8b95a1"
    }
  }

  /// `#rrggbb`
  package var dark: String {
    switch self {
    case .paper: "#15181c"
    case .ink: "#e6e9ed"
    case .faint: "#a7b0bb"
    case .grid: "#272d34"
    case .lattice: "#2e353d"
    case .blue: "#6fb1f2"
    case .orange: "#f29a66"
    case .green: "#7cc98a"
    case .purple: "#c9a3e6"
    case .red: "#ff8a80"
    case .cyan: "#4dd0d9"
    case .olive: "#d3b84c"
    case .pink: "#ec86b4"
    case .moss: "#a6bd78"
    case .indigo: "#98a5f5"
    case .gray: "#7f8a96"
    }
  }

  /// The colors of lines and marks in one figure, in the order of their use.
  static let series: [PlotColor] = [
    .blue, .orange, .green, .purple, .red, .cyan, .olive, .pink, .moss, .indigo,
  ]
}
