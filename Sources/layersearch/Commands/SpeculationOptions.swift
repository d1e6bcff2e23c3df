import ArgumentParser

/// Second attempts; an option of `run`, `coordinator` and `simulate`.
struct SpeculationOptions: ParsableArguments {
  @Flag(
    help: """
      When no job waits, also give a training that a slow worker would finish late to an idle worker that is faster; \
      the first result counts, and the other attempt ends.
      """)
  var speculate = false
}
