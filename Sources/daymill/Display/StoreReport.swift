import DaymillCore
import DaymillEngine

/// The store in words.
enum StoreReport {
    static func text(_ manifest: Manifest, folder: String, uses: [String: [String]]) -> String {
        guard !manifest.segments.isEmpty else { return "\(folder): nothing is kept yet" }
        let total = manifest.segments.values.reduce(0) { $0 + $1.bytes }
        var lines = ["\(folder): \(Words.count(manifest.segments.count, "segment")), \(ByteCount(total))"]
        let byPlan = Dictionary(grouping: manifest.segments) { $0.value.plan }
        for (plan, segments) in byPlan.sorted(by: { title($0, uses) < title($1, uses) }) {
            let bytes = segments.reduce(0) { $0 + $1.value.bytes }
            lines.append("")
            lines.append(
                "\(title((plan, segments), uses)): \(Words.count(segments.count, "segment")), \(ByteCount(bytes))")
            for (id, s) in segments.sorted(by: { ($0.value.about, $0.key) < ($1.value.about, $1.key) }) {
                lines.append(
                    "  \(id.prefix(12))  \(ByteCount(s.bytes))  \(Words.count(s.groups, "group")) of \(Words.count(s.rows, "row"))  \(s.about)"
                )
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func title(
        _ entry: (key: String, value: [Dictionary<String, Manifest.SegmentRecord>.Element]), _ uses: [String: [String]]
    ) -> String {
        if let steps = uses[entry.key] { return "for \(Set(steps).sorted().joined(separator: ", "))" }
        let madeFor = Set(entry.value.map(\.value.madeFor)).sorted().joined(separator: ", ")
        return "no longer used (made for \(madeFor); 'daymill store collect' deletes them)"
    }
}
