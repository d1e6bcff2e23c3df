/// Returns the exact volume that `points` dominate below `reference`; every component is minimized (Zitzler and Thiele
/// 1999).
///
/// Points that are not below the reference in every component contribute nothing, nor do dominated ones. Computed by
/// slicing one dimension after the other (Fonseca et al. 2006): O(n^(d−1)), which is instant for fronts of hundreds of
/// points. `reference` and all points must have the same number of components, at least one.
public func hypervolume(points: [[Double]], reference: [Double]) -> Double {
  precondition(!reference.isEmpty && points.allSatisfy { $0.count == reference.count })
  let inside = points.filter { point in zip(point, reference).allSatisfy { $0 < $1 } }
  return slicedVolume(front(of: inside), reference: reference)
}

private func slicedVolume(_ points: [[Double]], reference: [Double]) -> Double {
  guard !points.isEmpty else { return 0 }
  let last = reference.count - 1
  switch reference.count {
  case 1:
    return reference[0] - points.reduce(reference[0]) { min($0, $1[0]) }
  case 2:
    return staircaseArea(points, reference: reference)
  default:
    // Between two neighboring heights of the last component the cross-section is that of the points below.
    let sorted = points.sorted { $0[last] < $1[last] }
    let smaller = Array(reference[..<last])
    var below: [[Double]] = []
    var volume = 0.0
    for (index, point) in sorted.enumerated() {
      insert(Array(point[..<last]), into: &below)
      let top = index + 1 < sorted.count ? sorted[index + 1][last] : reference[last]
      if top > point[last] { volume += slicedVolume(below, reference: smaller) * (top - point[last]) }
    }
    return volume
  }
}

private func staircaseArea(_ points: [[Double]], reference: [Double]) -> Double {
  var area = 0.0
  var height = reference[1]
  for point in points.sorted(by: { ($0[0], $0[1]) < ($1[0], $1[1]) }) where point[1] < height {
    area += (reference[0] - point[0]) * (height - point[1])
    height = point[1]
  }
  return area
}

private func front(of points: [[Double]]) -> [[Double]] {
  var front: [[Double]] = []
  for point in points { insert(point, into: &front) }
  return front
}

/// Inserts a point, keeping `front` free of dominated and of equal points.
private func insert(_ point: [Double], into front: inout [[Double]]) {
  if front.contains(where: { $0 == point || Dominance.dominates($0, point) }) { return }
  front.removeAll { Dominance.dominates(point, $0) }
  front.append(point)
}
