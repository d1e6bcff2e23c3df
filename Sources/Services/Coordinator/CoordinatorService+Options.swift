import Studies

// What it is told, and what it tells in the end.
extension CoordinatorService {
  package struct Options {
    /// Stays up when the study is done.
    package var stays: Bool
    package var times: LeaseTimes
    package var failures: FailureRules
    /// Most that contents may take up in the study's folder; 0: workers give none.
    package var contentBytes: Int
    package var display: ProgressReporter.Display
    /// Stragglers get second attempts on idle slots.
    package var speculates: Bool
    /// Hears of everything; nil where no page is served.
    package var observer: (any StudyObserver)?

    package init(
      stays: Bool, times: LeaseTimes, failures: FailureRules, contentBytes: Int,
      display: @escaping ProgressReporter.Display, speculates: Bool = false, observer: (any StudyObserver)? = nil
    ) {
      self.stays = stays
      self.times = times
      self.failures = failures
      self.contentBytes = contentBytes
      self.display = display
      self.speculates = speculates
      self.observer = observer
    }
  }

  /// What stopped the service.
  package enum Outcome {
    case studyFinished
    case stopped
    /// The study cannot go on without a person, for this reason; whether jobs were set aside that are to be tried
    /// again.
    case gaveUp(String, isSetAside: Bool)
  }
}
