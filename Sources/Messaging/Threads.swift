#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A mutex with a condition variable, for threads that wait for each other.
///
/// @unchecked: both are made for use by several threads, and stay at one address from `init` to `deinit`.
final class Monitor: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  init() {
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func withLock<Value>(_ body: () -> Value) -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// Waits. Must be called inside `withLock`. Returns when signaled, and sometimes spuriously.
  func wait() { pthread_cond_wait(condition, mutex) }

  /// Waits. Must be called inside `withLock`. Returns false once `deadline` has passed.
  func wait(until deadline: timespec) -> Bool {
    var deadline = deadline
    return pthread_cond_timedwait(condition, mutex, &deadline) == 0
  }

  func signalAll() { pthread_cond_broadcast(condition) }

  static func deadline(after seconds: Double) -> timespec {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    let nanoseconds = Int64(now.tv_nsec) + Int64(min(max(0, seconds), 1e8) * 1e9)
    return timespec(tv_sec: now.tv_sec + Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
  }
}

/// A value that is accessed under a lock only. (`Synchronization.Mutex` would do, but the thread sanitizer does not see
/// its lock on Linux and reports every access.)
///
/// @unchecked: `value` is private, and touched only inside the monitor.
final class Guarded<Value>: @unchecked Sendable {
  private let monitor = Monitor()
  private var value: Value

  init(_ value: Value) { self.value = value }

  func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
    monitor.withLock { body(&value) }
  }
}

/// A latch that opens once; threads that wait for it then continue.
final class Latch: @unchecked Sendable {
  // @unchecked: `isOpen` is touched only inside the monitor.
  private let monitor = Monitor()
  private var isOpen = false

  func open() {
    monitor.withLock {
      isOpen = true
      monitor.signalAll()
    }
  }

  func wait() {
    monitor.withLock {
      while !isOpen { monitor.wait() }
    }
  }
}
