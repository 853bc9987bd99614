package import DaymillColumns
package import DaymillConnect
package import DaymillCore

/// A stored segment that can be compared with what it was made of.
package struct AuditEntry: Sendable, Hashable {
    /// What it was made of.
    package enum Origin: Sendable, Hashable {
        /// A file that still holds the content.
        case file(LocalFile)
        /// The segments of a day's files, which have so many bytes. `isFolded`: duplicates were removed on the way, so
        /// that no part of the segment can be made without the rest.
        case day(Day?, parts: [ContentID], bytes: Int, isFolded: Bool)
    }

    package var id: ContentID
    /// The segment's own.
    package var bytes: Int
    package var origin: Origin

    package init(id: ContentID, bytes: Int, origin: Origin) {
        self.id = id
        self.bytes = bytes
        self.origin = origin
    }
}

/// One thing to audit.
package enum AuditTask: Sendable, Hashable {
    /// The file is scanned again, and all bytes of its segment are compared.
    case file(AuditEntry)
    /// A day's parts are merged again, and the groups of one of 16 shards are compared; nil: of all.
    case slice(AuditEntry, shard: Int?)

    package var entry: AuditEntry {
        switch self {
        case .file(let entry), .slice(let entry, _): entry
        }
    }

    /// About how many bytes are read for it.
    package var cost: Int {
        switch (self, entry.origin) {
        case (_, .file(let file)): file.stamp.size + entry.bytes
        case (.slice(_, .some), .day(_, _, let bytes, _)): (bytes + entry.bytes) / AuditPlan.shards
        case (_, .day(_, _, let bytes, _)): bytes + entry.bytes
        }
    }
}

/// Chooses what a run audits: a function of what is stored and a number that grows by one with each run.
///
///     counter   0    1    2    3    4    5 ...
///     file      A    B    C    A    B    C         of those that may cost so much, by id
///     slice     D/0  E/0  D/1  E/1  D/2  E/2 ...   each day's segment in 16 parts
///
/// So while nothing changes each file segment has its turn within as many runs as there are, and each part of each day
/// segment within 16 times as many.
package enum AuditPlan {
    static let shards = 16

    /// At most one file and one slice.
    ///
    /// - Parameter maxBytes: what costs more is passed over; see `allowance`.
    package static func tasks(_ entries: [AuditEntry], counter: Int, maxBytes: Int) -> [AuditTask] {
        let sorted = entries.sorted { ContentID.precedes($0.id, $1.id) }
        let files = sorted.filter(\.isFile).map(AuditTask.file).filter { $0.cost <= maxBytes }
        let slices = slices(sorted.filter { !$0.isFile }).filter { $0.cost <= maxBytes }
        return [files, slices].compactMap { $0.isEmpty ? nil : $0[counter % $0.count] }
    }

    private static func slices(_ days: [AuditEntry]) -> [AuditTask] {
        (0..<shards).flatMap { shard in
            days.compactMap { entry -> AuditTask? in
                guard case .day(_, _, _, isFolded: true) = entry.origin else { return .slice(entry, shard: shard) }
                return shard == 0 ? .slice(entry, shard: nil) : nil
            }
        }
    }

    /// Where an audit of a window is due only with every so many-th output: a number that says which part it is, if it is
    /// due with one of these.
    ///
    ///     turns      1 2 3 4 │ 5 6 7 8 │ 9        outputs of three rolls
    ///     every 1          a         b   9        each roll has one, of its last window
    ///     every 3        c       d       3
    ///
    /// The numbers of single outputs follow each other, so that each part has its turn. Those of several at once (a to d) do
    /// not, and are scattered, so that each part is as likely as any other.
    package static func turn(in turns: Range<Int>, every: Int) -> Int? {
        let every = max(1, every), number = (turns.upperBound - 1) / every
        guard number * every >= turns.lowerBound else { return nil }
        return turns.count == 1 ? number : scattered(number)
    }

    /// The finalizer of SplitMix64, without the sign.
    private static func scattered(_ number: Int) -> Int {
        var word = UInt64(bitPattern: Int64(number)) &* 0x9E37_79B9_7F4A_7C15
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return Int(truncatingIfNeeded: (word ^ word >> 31) >> 1)
    }

    /// What one audit may read in a run that read so much itself: a fiftieth. There are two, so an audit costs a run at
    /// most about four percent.
    package static func allowance(runBytes: Int) -> Int { runBytes / 50 }
}

extension AuditEntry {
    fileprivate var isFile: Bool {
        if case .file = origin { true } else { false }
    }
}
