import SearchCore

extension ResidualBlock {
  var convolutions: [Int] { [first, second] }
  var last: Int { second }
}

extension Architecture {
  var poolsStem: Bool { false }
}
