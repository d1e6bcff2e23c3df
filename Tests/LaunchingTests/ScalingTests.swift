import Randomness
import Testing

@testable import Launching

@Suite("how many workers a launch has")
struct ScalingTests {
  @Test("as many as there is work for, and no more than may be")
  func follows() {
    var world = ScalingWorld("1:4", withJobs: 0)
    #expect(world.staying.count == 1, "the least, also without work")
    world.demand.openJobs = 3
    world.look()
    #expect(world.staying.count == 3)
    world.demand.openJobs = 30
    world.look()
    #expect(world.staying.count == 4)
    world.look()
    #expect(world.starts == 4)
  }

  @Test("jobs to come count, and a worker's slots")
  func slots() {
    var world = ScalingWorld("0:9") { $0.slots = 4 }
    world.slots = 4
    world.demand.openJobs = 1
    world.demand.comingJobs = 100
    world.demand.soonJobs = 9
    world.look()
    #expect(world.staying.count == 3)
  }

  @Test("where slots are not known, the first worker tells")
  func unknownSlots() {
    var world = ScalingWorld("0:9") { $0.slots = nil }
    world.slots = nil
    world.demand.openJobs = 64
    world.look()
    #expect(world.starts == 1)
    world.look()
    #expect(world.starts == 1)
    for index in world.workers.indices { world.workers[index].slots = 16 }
    world.slots = 16
    world.look()
    #expect(world.starts == 4)
  }

  @Test("pending workers are there, and one that is not listed any more is replaced after a while")
  func pending() {
    var world = ScalingWorld("0:3")
    world.state = .pending(reason: "Resources")
    world.demand.openJobs = 3
    for _ in 0..<10 { world.look() }
    #expect(world.starts == 3)
    #expect(world.said.filter { $0.contains("Resources") }.count == 1)
    world.workers.removeLast()
    world.look()
    #expect(world.starts == 3)
    for _ in 0..<40 { world.look() }
    #expect(world.starts == 4)
  }

  @Test("what idles is let go after the cool-down: what has not begun, then idle ones, and busy ones only much later")
  func letsGo() {
    var world = ScalingWorld("1:4", withJobs: 4)
    world.demand.openJobs = 1
    world.demand.runningJobs = 1
    world.demand.idleWorkers = ["h0-17-ab", "h2-18-cd"]
    world.look()
    world.look(after: 50)
    #expect(world.stopped.isEmpty)
    world.look(after: 20)
    #expect(Set(world.stopped) == ["w0", "w2"])
    world.end("w0", .done)
    world.end("w2", .done)
    world.demand.idleWorkers = []
    world.look()
    world.look(after: 61)
    #expect(world.stopped.count == 2, "the others may have a job")
    world.look(after: 300)
    #expect(world.stopped == ["w2", "w0", "w3"])
  }

  @Test("preempted workers and those of lost nodes are replaced at once, those that fail at the start later and later")
  func replaces() {
    var world = ScalingWorld("2", withJobs: 2)
    world.end("w0", .preempted)
    world.end("w1", .nodeFailure)
    world.look()
    #expect(world.starts == 4)
    world.end("w2", .failed)
    world.end("w3", .failed)
    world.look()
    #expect(world.starts == 4)
    #expect(world.said.last?.contains("2 workers ended shortly after the start, failed: so") == true)
    world.look(after: 6)
    #expect(world.starts == 5, "one at a time")
    world.look()
    #expect(world.starts == 5)
    world.look(after: 61)
    #expect(world.starts == 6, "it stays: the others may come")
    world.end("w4", .failed)
    world.look()
    #expect(world.starts == 7, "after a long life a failure is none of the start")
  }

  @Test("a paused study gets no workers; without an answer nothing changes")
  func holds() {
    var world = ScalingWorld("0:3")
    world.demand.openJobs = 3
    world.demand.isPaused = true
    world.look()
    #expect(world.starts == 0)
    world.demand.isPaused = false
    world.look(answer: false)
    #expect(world.starts == 0)
    world.look()
    #expect(world.starts == 3)
    world.demand.openJobs = 0
    for _ in 0..<20 { world.look(after: 60, answer: false) }
    #expect(world.stopped.isEmpty)
    #expect(world.said.filter { $0.contains("no coordinator") }.count == 2)
  }

  @Test("where a training takes longer than a worker may stay, none is asked for, and it is said once")
  func hindered() {
    var world = ScalingWorld("0:4")
    world.demand.openJobs = 4
    world.demand.hindrance = "--time 2:00 is too short"
    for _ in 0..<5 { world.look() }
    #expect(world.starts == 0 && world.said == ["no worker is started: --time 2:00 is too short"])
    world.demand.hindrance = nil
    world.look()
    #expect(world.starts == 4)
  }

  @Test("while all starts fail, however they fail, few are asked for in an hour", arguments: 0..<6)
  func noFlood(kind: Int) {
    var world = ScalingWorld("2:10")
    world.demand.openJobs = 100
    let ends: [PlacedEnd] = [.failed, .preempted, .nodeFailure, .done, .timeLimit]
    if kind == 5 { world.refusal = "sbatch: invalid partition" }
    while world.now < 3600 {
      world.look(after: 2)
      for worker in world.present where kind < 5 { world.end(worker.id, ends[kind]) }
    }
    #expect(world.starts <= 10 + 3 * 10 + 14, "\(world.starts)")
    #expect(world.starts > 5)
    #expect(world.said.contains { $0.contains(kind == 5 ? "invalid partition" : "shortly after the start") })
  }

  @Test("room for no more is looked for now and then, without a word each time, and at once when a worker ends")
  func noRoom() {
    for refused in [[], ["bad: there is no layersearch"]] {
      var world = ScalingWorld("1:10")
      world.demand.openJobs = 100
      world.room = 3
      world.partRefused = refused
      while world.now < 3600 { world.look(after: 2) }
      #expect(world.present.count == 3 && (40...80).contains(world.requests), "\(world.requests)")
      #expect(world.said.count { $0.contains("are to come: starting") } <= 2, "\(world.said)")
      #expect(world.said.contains { $0.contains("no room for more workers") } == refused.isEmpty)
      #expect(world.said.count { $0.contains("bad: there is no layersearch") } == refused.count)
      world.end(world.present[1].id, .failed)
      world.look(after: 2)
      #expect(world.present.count == 3, "the place of one that ended is asked for at once")
    }
  }

  @Test("a worker that has been there for long does not hide that all others fail", arguments: [true, false])
  func noFloodBesideOne(isRefused: Bool) {
    var world = ScalingWorld("1:10", withJobs: 1)
    for _ in 0..<100 { world.look(after: 2) }
    let before = world.starts
    world.demand.openJobs = 100
    if isRefused { world.refusal = "sbatch: QOSMaxSubmitJobPerUserLimit" }
    while world.now < 3800 {
      world.look(after: 2)
      for worker in world.present where worker.id != "w0" { world.end(worker.id, .failed) }
    }
    #expect(world.starts - before <= 9 + 14 + 9, "\(world.starts)")
    #expect(!world.said.contains("workers stay up again"))
  }

  @Test("random sequences: never more than may be or than there is work for, and an end")
  func random() {
    for seed in 0..<200 {
      var random = StableRandom(seed: UInt64(seed))
      let least = random.integer(below: 3)
      let most = least + 1 + random.integer(below: 6)
      let slots = 1 + random.integer(below: 4)
      var world = ScalingWorld("\(least):\(most)") { $0.slots = nil }
      world.slots = slots
      for _ in 0..<200 {
        switch random.integer(below: 8) {
        case 0: world.demand.openJobs = random.integer(below: 40)
        case 1: world.demand.soonJobs = random.integer(below: 40)
        case 2: world.refusal = random.integer(below: 3) == 0 ? "no" : nil
        case 3: world.state = random.integer(below: 2) == 0 ? .running : .pending(reason: nil)
        case 4:
          if let worker = world.present.randomElement(using: &random) {
            let ends = PlacedEnd.allCases
            world.end(worker.id, ends[random.integer(below: ends.count)])
          }
        case 5:
          for index in world.workers.indices {
            if case .leaving = world.workers[index].state { world.workers[index].state = .ended(.done, detail: nil) }
            if case .pending = world.workers[index].state { world.workers[index].state = .running }
          }
        case 6: if !world.workers.isEmpty { world.workers.remove(at: random.integer(below: world.workers.count)) }
        default: world.demand.isPaused = random.integer(below: 4) == 0
        }
        let before = (world.staying.count, world.starts)
        world.look(after: Double(random.integer(below: 90)), answer: random.integer(below: 5) > 0)
        let useful = max(world.demand.openJobs, world.demand.soonJobs)
        #expect(world.staying.count <= max(most, before.0))
        if world.starts > before.1, world.refusal == nil {
          #expect(world.staying.count <= max(least, 1, (useful + slots - 1) / slots), "seed \(seed)")
        }
      }
      world.refusal = nil
      world.demand.isDone = true
      for _ in 0..<20 where world.ending == nil { world.look(after: 100) }
      #expect(world.ending == .studyDone, "seed \(seed)")
    }
  }
}
