import ReadableText
import SearchCore
import ShellCommands
import StudyStore

/// A preview of final trainings: their number, about how long they will take, and the study's other open jobs.
package struct FinalOutlook {
  /// The facts, one per line.
  package let lines: [String]

  /// - Parameters:
  ///   - works: The final trainings that were asked for.
  ///   - slots: The number of trainings at a time.
  package init(of works: [Work], in store: StudyStore, definition: StudyDefinition, slots: Int) throws {
    let jobs = try store.jobs()
    let wanted = Set(works)
    let open = jobs.filter {
      ($0.state == .waiting || $0.state == .running) && FinalTrainings.isWithin(definition.jobBudget, job: $0.id)
    }
    let seeds = Set(works.map(\.repetition)).count
    let candidates = Set(works.map(\.candidate)).count
    let done = works.count - open.count { wanted.contains($0.work) }
    let recipe = works.first?.kind.recipe
    let length =
      recipe.map {
        ", \(NumberText.plural($0.epochs.begun, "epoch")) on \(NumberText.plural($0.data.trainImages, "image"))"
      } ?? ""
    lines =
      [
        "\(NumberText.plural(candidates, "candidate")) × \(NumberText.plural(seeds, "seed"))\(length): "
          + "\(NumberText.plural(works.count, "training"))\(done > 0 ? ", \(done) of them done" : "")"
      ] + Self.others(open.filter { !wanted.contains($0.work) }.map(\.id), in: store.directory)
      + Self.time(of: open.map(\.work), jobs, slots: slots)
  }

  private static func others(_ jobs: [Int64], in folder: String) -> [String] {
    guard !jobs.isEmpty else { return [] }
    let numbers = JobNumbers(jobs)
    let final = JobNumbers(jobs.filter(FinalTrainings.includes))
    let command = ShellCommand.line(["layersearch", "control", folder, "cancel", final.word])
    return [
      "\(NumberText.plural(jobs.count, "other job")) of the study \(jobs.count == 1 ? "waits" : "wait") and "
        + "\(jobs.count == 1 ? "is" : "are") trained, too: \(numbers)"
        + (final.isEmpty ? "" : "; to leave out final trainings, stop this command and run: \(command)")
    ]
  }

  /// Estimates the time from the seconds per multiply-add of the study's trainings. Uses the median, since some
  /// trainings were held up.
  private static func time(of works: [Work], _ jobs: [JobRecord], slots: Int) -> [String] {
    let paces = jobs.compactMap { job -> Double? in
      guard let seconds = job.result?[.trainSeconds], seconds > 0 else { return nil }
      return seconds / job.work.multiplyAdds
    }.sorted()
    guard !paces.isEmpty, !works.isEmpty else { return [] }
    let ahead = works.reduce(0) { $0 + $1.multiplyAdds } * paces[paces.count / 2]
    let places = max(1, min(slots, works.count))
    return [
      "about \(Readable.duration(seconds: ahead / Double(places))) with \(places) at a time, if they train at the "
        + "rates of the study's trainings"
    ]
  }
}
