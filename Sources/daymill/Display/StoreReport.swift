import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillRunner

/// The store in words.
enum StoreReport {
    static func nothing(_ folder: String) -> String { "\(folder): nothing is kept yet" }

    static func text(_ items: [StoreUses.Item], folder: String, uses: StoreUses) -> String {
        guard !items.isEmpty else { return nothing(folder) }
        var lines = ["\(folder): \(Words.count(items.count, "segment")), \(ByteCount(bytes(items)))"]
        for (title, group) in Dictionary(grouping: items, by: { title($0, uses) }).sorted(by: { $0.key < $1.key }) {
            lines.append("")
            lines.append("\(title): \(Words.count(group.count, "segment")), \(ByteCount(bytes(group)))")
            lines += group.map(\.record).map { (about: $0.about, id: $0.id.text, record: $0) }
                .sorted { ($0.about, $0.id) < ($1.about, $1.id) }.map { line($0.id, $0.record) }
        }
        return lines.joined(separator: "\n")
    }

    private static func bytes(_ items: [StoreUses.Item]) -> Int { items.reduce(0) { $0 + $1.record.bytes } }

    private static func line(_ id: String, _ s: SegmentRecord) -> String {
        let counts = "\(Words.count(s.groups, "group")) of \(Words.count(s.rows, "row"))"
        return "  \(id.prefix(12))  \(ByteCount(s.bytes))  \(counts)  \(s.about)"
    }

    /// What `daymill store collect` would delete is shown as no longer used.
    private static func title(_ item: StoreUses.Item, _ uses: StoreUses) -> String {
        guard item.isUsed, let use = uses.uses[item.state] else {
            return "no longer used (made for \(item.record.madeFor); 'daymill store collect' deletes them)"
        }
        return "for \(Set(use.steps).sorted().joined(separator: ", "))"
    }
}
