import Foundation
import StudyStore
import Testing

/// Devices of this machine are never named as an output here: earlier versions replaced them instead of writing to
/// them.
@Suite("what is written arrives, or it is an error", .serialized)
struct OutputTests {
  private static let training =
    "train --model resnet8 --data shapes10 --train-images 32 --test-images 16 --epochs 1 --batch 16 --quiet"

  @Test("exports go to any name, into what is no file, and through links, with the mode of what they replace")
  func exports() async throws {
    let place = try await Place.withFinishedStudy()
    let export = "layersearch export studies/tiny --format csv"
    let text = try await place.shell(export).output
    #expect(text.contains("accuracy"))
    for name in ["x", "é", "e\u{301}", "./-", "a b"] {
      let result = try await place.run("export", "studies/tiny", "--format", "csv", "--output", name)
      #expect(result.exitCode == 0, "\(result.errors)")
      #expect(try String(contentsOfFile: place.path(name), encoding: .utf8) == text)
    }
    for path in ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
      #expect(try await place.shell("\(export) --output \(path)").output == text, "\(path)")
      #expect(try await place.shell("\(export) --output \(path) | cat").output == text, "\(path)")
    }
    #expect(try await place.shell("\(export) --output >(cat > through); wait; sleep 0.1; cat through").output == text)
    #expect(
      try await place.shell("mkfifo f; cat f & \(export) --output f && wait && test -p f").output == text)
    let linked = try await place.shell(
      "umask 022; ln -s target link; echo old > old; chmod 600 old; \(export) --output link && \(export) --output old "
        + "&& stat -c %a old && test -L link && cat target")
    #expect(linked.output == "600\n" + text)
    // Three databases: to a file, through a pipe, and to a file without an extension.
    let sqlite = "layersearch export studies/tiny --format sqlite --output"
    let copies = try await place.shell(
      "mkdir a b; \(sqlite) a/study.sqlite && \(sqlite) - | cat > b/study.sqlite && \(sqlite) d && test -s d")
    #expect(copies.exitCode == 0, "\(copies.errors)")
    for folder in ["a", "b"] {
      let copy = try StudyStore.open(directory: place.path(folder), mode: .readOnly)
      #expect(try copy.isFinished)
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: place.folder.path).allSatisfy { !$0.contains("partial") })
  }

  @Test(
    "what cannot be written is refused before the work begins", arguments: ["''", "dir", "dir/", "no/such", "file/x"])
  func refusals(path: String) async throws {
    let place = try Place()
    let isMisuse = ["''", "dir", "dir/"].contains(path)
    for command in ["\(Self.training) --checkpoint", "export studies/none --format csv --output"] {
      let result = try await place.shell("mkdir -p dir; touch file; layersearch \(command) \(path)")
      #expect(result.exitCode == (isMisuse ? 2 : 1), "\(result.errors)")
      #expect(isOneLine(result.errors) && result.errors.contains("cannot be written"), "\(result.errors)")
      #expect(result.output.isEmpty)
    }
  }

  @Test("a checkpoint goes to any name, through a pipe and to standard output, which then has nothing else")
  func checkpoints() async throws {
    let place = try Place()
    let result = try await place.shell(
      """
      layersearch \(Self.training) --checkpoint m > table || exit 1
      layersearch \(Self.training) --checkpoint - > o 2> lines || exit 2
      cmp m o && grep -q 'test accuracy' table && grep -q 'test accuracy' lines || exit 3
      mkfifo f; cat f > p & layersearch \(Self.training) --checkpoint f > /dev/null && wait && cmp m p || exit 4
      layersearch \(Self.training) --checkpoint - --json > none; test $? = 2 || exit 5
      """)
    #expect(result.exitCode == 0, "\(result.exitCode): \(result.errors)")
  }

  @Test("standard output that cannot take what is written is one line and exit code 1, for every command")
  func fullOutput() async throws {
    let place = try await Place.withFinishedStudy()
    let commands = [
      "--help", "--version", "train --help", "help run", "--generate-completion-script zsh", "doctor", "doctor --json",
      "data info shapes10", "data verify shapes10 --json", "status studies/tiny", "status studies/tiny --json",
      "status studies/tiny --explain 1", "export studies/tiny --format json", "export studies/tiny --format svg",
      "export studies/tiny --format sqlite --output -", Self.training, "\(Self.training) --json",
      "\(Self.training) --checkpoint -", "keygen keys --workers 1", "keygen keys --json",
      "run study.yaml --resume --quiet", "coordinator study.yaml --resume --quiet",
      "coordinator study.yaml --study other --quiet", "engine --describe",
      "simulate --virtual --workers 2 --jobs 4 --mean 1 --json",
      "salvage studies/tiny --output saved", "bench --model resnet8 --batch 16 --json",
    ]
    for command in commands {
      for target in [">/dev/full", "1</dev/null"] {
        let result = try await place.shell("rm -rf saved other; layersearch \(command) \(target)")
        #expect(result.exitCode == 1, "\(command) \(target)")
        let lines = result.errors.split(separator: "\n").filter { $0.hasPrefix("layersearch: error: ") }
        #expect(lines.count == 1 && lines[0].contains("standard output"), "\(command): \(result.errors)")
      }
    }
    // A reader that closes early is no error.
    let closed = try await place.shell(
      "set -o pipefail; layersearch export studies/tiny --format json | true; layersearch --help | true")
    #expect(closed.exitCode == 0 && closed.errors.isEmpty, "\(closed.errors)")
  }

  @Test(
    "standard descriptors that were closed at start get nothing into the study's files",
    arguments: ["2>&-", "<&- >&- 2>&-"])
  func closedDescriptors(closing: String) async throws {
    let place = try Place()
    try place.writeStudy()
    let result = try await place.shell("layersearch run study.yaml --slots 1 --verbose \(closing)")
    #expect(result.exitCode == 0)
    let lock = try String(contentsOfFile: place.path("studies/tiny/lock"), encoding: .utf8)
    #expect(lock.hasPrefix("process ") && !lock.contains("\n"), "\(lock)")
    #expect(try StudyStore.open(directory: place.path("studies/tiny"), mode: .readOnly).isFinished)
  }

  @Test(
    "a study whose folder goes away while it runs ends within seconds with an error, and so do its workers",
    arguments: [
      "rm -rf studies/tiny", "mv studies/tiny elsewhere", "rm studies/tiny/study.sqlite",
      "mv studies/tiny t; cp -r t studies/tiny",
    ])
  func removed(how: String) async throws {
    let place = try Place()
    try place.writeStudy(trainImages: 4096, epochs: 40)
    let run = try place.start("run", "study.yaml", "--slots", "1", "--quiet")
    try await run.wait(for: "a training") {
      (try? StudyStore.open(directory: place.path("studies/tiny"), mode: .readOnly).jobs())?
        .contains { $0.state == .running } ?? false
    }
    let children = try await place.shell("pgrep -P \(run.processID)").output
    #expect(try await place.shell(how).exitCode == 0)
    let result = try await run.end()
    #expect(result.exitCode == 1)
    // The worker may have noticed that the coordinator is gone before it was ended itself.
    let lines = result.errors.split(separator: "\n").filter { !$0.contains(" worker: ") }
    #expect(lines.count == 1 && lines.last?.contains("removed or replaced") == true, "\(result.errors)")
    #expect(result.output.isEmpty)
    for child in children.split(separator: "\n").compactMap({ Int32($0) }) {
      try await run.wait(for: "the end of its worker") { kill(child, 0) != 0 }
    }
  }
}
