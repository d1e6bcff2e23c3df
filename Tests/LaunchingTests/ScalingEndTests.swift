import Launching
import Testing

@Suite("how workers of a launch are let go, and how it ends")
struct ScalingEndTests {
  @Test("it ends when the study is done and all have left; what had not begun is taken back")
  func ends() {
    var world = ScalingWorld("0:2", withJobs: 1)
    world.state = .pending(reason: nil)
    world.demand.openJobs = 2
    world.look()
    world.demand.isDone = true
    world.look()
    #expect(world.ending == nil)
    #expect(world.stopped == ["w1"])
    world.end("w0", .done)
    world.end("w1", .cancelled)
    world.look()
    #expect(world.ending == .studyDone)
  }

  @Test("a coordinator that is gone with all its workers was done")
  func goneCoordinator() {
    var world = ScalingWorld("0:2", withJobs: 1)
    world.look(answer: false)
    #expect(world.ending == nil)
    world.end("w0", .done)
    world.look(answer: false)
    #expect(world.ending == .studyDone)
  }

  @Test("that those which it let go have left does not say that the study is done")
  func restartedCoordinator() {
    var world = ScalingWorld("0:4", withJobs: 1)
    world.demand.openJobs = 0
    for _ in 0..<8 { world.look(after: 61) }
    #expect(world.stopped == ["w0"])
    world.end("w0", .done)
    world.look()
    world.look(answer: false)
    #expect(world.ending == nil)
    world.demand.openJobs = 2
    world.look()
    #expect(world.present.count == 2)
  }

  @Test("asked to end it lets all go, asked again it ends them, and a third time it ends whatever is there")
  func stops() {
    var world = ScalingWorld("0:2", withJobs: 2)
    world.handle(.stopRequested)
    #expect(world.stopped == ["w0", "w1"])
    world.look()
    #expect(world.ending == nil)
    world.handle(.stopRequested)
    #expect(world.killed == ["w0", "w1"])
    world.look()
    #expect(world.ending == .stopped)

    var stuck = ScalingWorld("0:2", withJobs: 2)
    stuck.handle(.stopRequested)
    stuck.handle(.stopRequested)
    stuck.handle(.stopRequested)
    #expect(stuck.ending == .stopped)
  }

  @Test("workers that come into sight after the request to end are told, too")
  func lateOnes() {
    var world = ScalingWorld("0:3", withJobs: 1)
    world.handle(.stopRequested)
    #expect(world.stopped == ["w0"])
    world.workers.append(PlacedWorker(id: "late", state: .running))
    world.look()
    #expect(world.stopped == ["w0", "late"] && world.ending == nil)
    world.end("w0", .done)
    world.look()
    #expect(world.stopped.count == 2 && world.ending == nil)
    world.end("late", .done)
    world.look()
    #expect(world.ending == .stopped)
  }

  @Test("a word to leave that was lost is said again, and to one that its place has queued again; only then")
  func toldAgain() {
    var world = ScalingWorld("0:2", withJobs: 2)
    world.losesStops = true
    world.handle(.stopRequested)
    #expect(world.stopped == ["w0", "w1"])
    for _ in 0..<20 { world.look() }
    #expect(world.stopped.count == 2)
    world.losesStops = false
    for _ in 0..<20 { world.look() }
    #expect(world.stopped == ["w0", "w1", "w0", "w1"])
    for _ in 0..<100 { world.look() }
    #expect(world.stopped.count == 4, "they leave, and are left to it")
    // Preempted on its way out, one waits in the queue again.
    world.workers[0].state = .pending(reason: "Resources")
    world.end("w1", .done)
    for _ in 0..<31 { world.look() }
    #expect(world.stopped.count == 5 && world.ending == nil)
    world.end("w0", .cancelled)
    world.look()
    #expect(world.ending == .stopped)
  }

  @Test("one that another told to leave and that its place takes back counts again")
  func takenBack() {
    var world = ScalingWorld("2", withJobs: 2)
    world.workers[0].state = .leaving
    world.look()
    #expect(world.starts == 3)
    world.workers[0].state = .pending(reason: nil)
    world.look()
    world.look(after: 61)
    #expect(world.stopped == ["w0"], "one too many, and what has not begun goes first")
  }
}
