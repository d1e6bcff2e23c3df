import Foundation
import TestSupport
import Testing

@Suite("a study that is monitored", .serialized)
struct MonitoringTests {
  @Test("real Prometheus takes the metrics", .enabled(if: MonitoringTools.hasPrometheus))
  func prometheus() async throws {
    let place = try Place()
    try place.writeLongerStudy(layers: ["layer1.0.conv1"])
    try place.write("0123456789abcdef0123456789abcdef\n", to: "token")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: place.path("token"))
    let coordinator = try place.start(
      "coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0", "--http", "127.0.0.1:0", "--http-token-file", "token",
      "--quiet")
    let port = try await coordinator.page()
    // The project's own configuration, with this port and an interval that suits a test.
    let text = try String(contentsOf: MonitoringTools.folder.appendingPathComponent("prometheus.yml"), encoding: .utf8)
    try place.write(
      Self.withToken(text, place).replacing("127.0.0.1:8080", with: "127.0.0.1:\(port)").replacing("15s", with: "1s"),
      to: "prometheus.yml")
    let own = try freePort()
    let prometheus = try RunningCommand(
      [
        "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.listen-address=127.0.0.1:\(own)",
      ], in: place, executable: URL(fileURLWithPath: try #require(MonitoringTools.path(of: "prometheus"))))
    try await prometheus.wait(for: "a scrape", within: 60) {
      guard
        let answer = try? await WebAnswer.of(
          "/api/v1/query?query=layersearch_jobs%7Bstate%3D%22waiting%22%7D", port: UInt16(own))
      else { return false }
      return answer.body.contains("\"value\":[")
    }
    prometheus.send(SIGTERM)
    coordinator.send(SIGTERM)
    _ = try await prometheus.end()
    _ = try await coordinator.end()
  }

  @Test("the dashboard asks for metrics that there are, and Prometheus' configuration is one")
  func dashboard() async throws {
    let folder = MonitoringTools.folder
    let text = try String(contentsOf: folder.appendingPathComponent("grafana-dashboard.json"), encoding: .utf8)
    let dashboard = try object(text)
    let expressions = (dashboard["panels"] as? [[String: Any]] ?? []).flatMap { panel in
      (panel["targets"] as? [[String: Any]] ?? []).compactMap { $0["expr"] as? String }
    }
    #expect(expressions.count >= 10)
    let page = try String(
      contentsOf: folder.appendingPathComponent("../../docs/live.md").standardizedFileURL, encoding: .utf8)
    for expression in expressions {
      for name in expression.matches(of: /(?:layersearch|process)_[a-z_]+/) {
        let known = ["_bucket", "_sum", "_count"].reduce(String(name.output)) {
          $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0
        }
        #expect(page.contains("`\(known)"), "\(known)")
      }
    }
    if MonitoringTools.path(of: "promtool") != nil {
      let configuration = try Place()
      let yaml = try String(contentsOf: folder.appendingPathComponent("prometheus.yml"), encoding: .utf8)
      try configuration.write("0123456789abcdef", to: "token")
      for text in [yaml, Self.withToken(yaml, configuration)] {
        try configuration.write(text, to: "prometheus.yml")
        let said = try TestSupport.shell("promtool check config '\(configuration.path("prometheus.yml"))' 2>&1")
        #expect(said.contains("SUCCESS") && !said.contains("does not exist"), "\(said)")
      }
    }
  }

  /// Returns the configuration with its commented lines for coordinators with a token in effect.
  private static func withToken(_ yaml: String, _ place: Place) -> String {
    yaml.replacing("# authorization:", with: "authorization:").replacing(
      "#   credentials_file:", with: "  credentials_file:"
    )
    .replacing("/etc/prometheus/layersearch-token", with: place.path("token"))
  }
}

enum MonitoringTools {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("cluster/monitoring")

  static func path(of tool: String) -> String? {
    let found = (try? TestSupport.shell("command -v \(tool)"))?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    return found.isEmpty ? nil : found
  }

  static let hasPrometheus = path(of: "prometheus") != nil
}
