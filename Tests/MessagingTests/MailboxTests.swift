import Messaging
import Testing

@Suite(.timeLimit(.minutes(10)))
struct MailboxTests {
  @Test("what is posted is taken at once, in order")
  func order() {
    let mailbox = Mailbox<Int>()
    mailbox.post([1, 2])
    mailbox.postUrgently(3)
    #expect(mailbox.receiveAll(waitingAtMost: 10) == [1, 2, 3])
    #expect(mailbox.receiveAll(waitingAtMost: 0).isEmpty)
  }

  @Test("a full mailbox holds the poster up until something is taken")
  func backpressure() async {
    let mailbox = Mailbox<Int>(capacity: 2)
    let posted = Mailbox<Int>()
    mailbox.post([1, 2])
    let poster = Task.detached {
      mailbox.post([3])
      posted.post([3])
    }
    #expect(posted.receiveAll(waitingAtMost: 0.05).isEmpty)
    #expect(mailbox.receiveAll(waitingAtMost: 10) == [1, 2])
    await poster.value
    #expect(mailbox.receiveAll(waitingAtMost: 10) == [3])
  }

  @Test("a mailbox whose elements weigh too much together holds the poster up as well")
  func weight() async {
    let mailbox = Mailbox<Int>(maximumWeight: 10) { $0 }
    mailbox.post([10])
    let posted = Mailbox<Int>()
    let poster = Task.detached {
      mailbox.post([1])
      posted.post([1])
    }
    #expect(posted.receiveAll(waitingAtMost: 0.05).isEmpty)
    mailbox.postUrgently(5)
    #expect(mailbox.receiveAll(waitingAtMost: 10) == [10, 5])
    await poster.value
    #expect(mailbox.receiveAll(waitingAtMost: 10) == [1])
  }

  @Test("closing wakes who waits")
  func closing() async {
    let mailbox = Mailbox<Int>(capacity: 1)
    let taker = Task.detached { mailbox.receiveAll(waitingAtMost: 3600) }
    mailbox.close()
    #expect(await taker.value.isEmpty)
    mailbox.post([1, 2, 3])
    #expect(!mailbox.postUrgently(4))
    #expect(mailbox.receiveAll(waitingAtMost: 0).isEmpty)
  }

  @Test("what was posted before the closing is still taken")
  func closingKeeps() {
    let mailbox = Mailbox<Int>()
    #expect(mailbox.postUrgently(1))
    mailbox.close()
    #expect(!mailbox.isOver && mailbox.receiveAll(waitingAtMost: 0) == [1] && mailbox.isOver)
  }
}
