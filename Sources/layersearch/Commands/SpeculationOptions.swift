import ArgumentParser

/// Second attempts; an option of `run`, `coordinator` and `simulate`.
struct SpeculationOptions: ParsableArguments {
  @Flag(
    help: """
      Where nothing waits, give a training that a slow worker would keep everybody waiting for to an idle worker as \
      well; the first result counts, the other attempt ends.
      """)
  var speculate = false
}
