import Messaging
import Testing

@Suite("endpoints")
struct EndpointTests {
  @Test("only endpoints that stay on this machine are local")
  func localEndpoints() {
    for endpoint in [
      "tcp://127.0.0.1:1", "tcp://127.8.8.8:*", "tcp://localhost:5", "tcp://[::1]:5", "ipc:///tmp/x",
      "tcp://[0:0:0:0:0:0:0:1]:5", "tcp://[::ffff:127.0.0.1]:5", "tcp://lo:5",
      "tcp://LocalHost:5", "tcp://[::1%lo]:5",
    ] {
      #expect(Messaging.Endpoint.isLocal(endpoint))
    }
    for endpoint in [
      "tcp://*:1", "tcp://0.0.0.0:1", "tcp://10.0.0.1:1", "tcp://[::]:1", "tcp://eth0:1", "udp://127.0.0.1:1",
      "tcp://127.example.com:1", "tcp://[::2]:1", "tcp://[::ffff:10.0.0.1]:1", "tcp://[fe80::1%lo]:1",
      "tcp://localhost.x:1",
    ] {
      #expect(!Messaging.Endpoint.isLocal(endpoint))
    }
  }
}
