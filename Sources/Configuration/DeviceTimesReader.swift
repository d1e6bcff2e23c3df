import SearchCore

/// Reads the table of times of the device that a study weighs: the key `device_times` and the keys that depend on it.
struct DeviceTimesReader {
  let root: SectionReader
  let constraints: SectionReader

  private static let key = "device_times"

  /// Returns the space with its times, if there are any.
  /// - Parameters:
  ///   - space: `nil` if the space could not be read.
  ///   - tableOfFile: See `StudyConfiguration.parse`.
  func read(
    _ space: SearchSpace?, objectives: [Objective], _ limits: SearchConstraints,
    tableOfFile: StudyConfiguration.TableOfFile
  ) -> SearchSpace? {
    let isWeighed = objectives.contains(.deviceTime)
    guard let path = root.text(Self.key) else {
      if isWeighed, !root.isSet(Self.key) {
        root.report(
          "objectives",
          "has 'device_time', which needs a table of times: add device_times: FILE "
            + "(layersearch times makes one)")
      }
      reportBound(limits, isWeighed: isWeighed)
      return space
    }
    if path.isEmpty { root.report(Self.key, "is empty; write the path of a table of times") }
    if !isWeighed {
      root.report(
        Self.key, "is for the objective device_time, which is not among the objectives: add it, or leave this key out")
    }
    reportBound(limits, isWeighed: isWeighed)
    guard isWeighed, !path.isEmpty, let space else { return space }
    do {
      guard let table = try tableOfFile(path) else { return space }
      if let mismatch = table.mismatch(with: space.architecture) {
        root.report(Self.key, "cannot be used: \(path): \(mismatch)")
        return space
      }
      do { return try space.timed(by: table.times) } catch {
        root.report(Self.key, "cannot be used: \(path): \(error)")
      }
    } catch {
      root.report(Self.key, "cannot be used: \(error)")
    }
    return space
  }

  private func reportBound(_ limits: SearchConstraints, isWeighed: Bool) {
    guard limits.maxDeviceTime != nil, !isWeighed else { return }
    constraints.report(
      "max_device_time",
      "is for the objective device_time, which is not among the objectives: add it, or leave this "
        + "key out")
  }
}
