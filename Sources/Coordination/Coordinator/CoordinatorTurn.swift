import SearchCore
import SearchProtocol

/// What a coordinator wants done in one turn, which answers one event or many: three lists, one after the other, each
/// in its order. So a result is acknowledged only once it is safe.
///
/// Jobs do not wait for the disk. If the coordinator ends between a job and the commit, the attempt is not on record;
/// its worker lists it as it says hello to the next coordinator, which then puts it there
/// (`CoordinatorMachine.confirm`). A turn that adds or reopens jobs sends after the commit: the number of a job that is
/// not on record might become another trial's, and an attempt at a job that is settled on record is no attempt.
public struct CoordinatorTurn: Hashable, Sendable {
  /// A job on its way to a worker.
  public struct Dispatch: Hashable, Sendable {
    public var job: JobAssignment
    public var peer: PeerID

    public init(_ job: JobAssignment, to peer: PeerID) {
      self.job = job
      self.peer = peer
    }
  }

  /// Sent before anything is committed: jobs that are on record.
  public private(set) var beforeCommit: [Dispatch] = []
  /// Recorded in one transaction. Where that fails, nothing of `afterCommit` may be done.
  public private(set) var commit: [StudyChange] = []
  /// Done once the commit is on the disk.
  public private(set) var afterCommit: [CoordinatorEffect] = []

  private var makesJobs = false

  public init() {}

  public var isEmpty: Bool { beforeCommit.isEmpty && commit.isEmpty && afterCommit.isEmpty }

  mutating func record(_ change: StudyChange) {
    switch change {
    case .jobAdded, .jobReopened, .resultStruckOut: makesJobs = true
    default: break
    }
    commit.append(change)
  }

  mutating func send(_ job: JobAssignment, to peer: PeerID) {
    if makesJobs {
      afterCommit.append(.send(.job(job), to: peer))
    } else {
      beforeCommit.append(Dispatch(job, to: peer))
    }
  }

  mutating func perform(_ effect: CoordinatorEffect) { afterCommit.append(effect) }
}
