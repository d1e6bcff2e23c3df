import Coordination

/// How much failure a coordinator tolerates.
package struct FailureRules {
  package var giveUpAfter: Int
  /// The jobs that are set aside at the start.
  package var leftOut: Set<Int64>

  package init(giveUpAfter: Int, leftOut: Set<Int64>) {
    self.giveUpAfter = giveUpAfter
    self.leftOut = leftOut
  }

  package func apply(to settings: inout CoordinatorSettings) {
    settings.failuresUntilGivenUp = giveUpAfter
    settings.leftOut = leftOut
  }
}
