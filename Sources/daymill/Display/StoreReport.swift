import DaymillCore
import DaymillEngine

/// The store in words.
enum StoreReport {
    static func nothing(_ folder: String) -> String { "\(folder): nothing is kept yet" }

    static func text(_ manifest: Manifest, folder: String, uses: StoreUses) -> String {
        guard !manifest.segments.isEmpty else { return nothing(folder) }
        let total = manifest.segments.values.reduce(0) { $0 + $1.bytes }
        var lines = ["\(folder): \(Words.count(manifest.segments.count, "segment")), \(ByteCount(total))"]
        let byTitle = Dictionary(grouping: manifest.segments) { title($0.key, $0.value, uses, manifest) }
        for (title, segments) in byTitle.sorted(by: { $0.key < $1.key }) {
            let bytes = segments.reduce(0) { $0 + $1.value.bytes }
            lines.append("")
            lines.append("\(title): \(Words.count(segments.count, "segment")), \(ByteCount(bytes))")
            for (id, s) in segments.sorted(by: { ($0.value.about, $0.key) < ($1.value.about, $1.key) }) {
                lines.append(
                    "  \(id.prefix(12))  \(ByteCount(s.bytes))  \(Words.count(s.groups, "group")) of \(Words.count(s.rows, "row"))  \(s.about)"
                )
            }
        }
        return lines.joined(separator: "\n")
    }

    /// What `daymill store collect` would delete is shown as no longer used.
    private static func title(
        _ id: String, _ segment: Manifest.SegmentRecord, _ uses: StoreUses, _ manifest: Manifest
    ) -> String {
        guard uses.isUsed(id, segment, manifest), let steps = uses.uses[segment.plan] else {
            return "no longer used (made for \(segment.madeFor); 'daymill store collect' deletes them)"
        }
        return "for \(Set(steps).sorted().joined(separator: ", "))"
    }
}
