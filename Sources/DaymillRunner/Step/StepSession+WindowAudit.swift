import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillPipeline

/// Each time a window is rolled a part of it is compared with what its days give when they are merged.
///
///     hashes of keys   0 ──┬──┬──┬── … ──┬── max      N parts; another one with each output
///     days             ▒▒  █  ▒▒  a block or a few of each day
///     window           ▒▒  █  ▒▒  those of its records that pass by with such a hash
extension StepSession {
    /// A part of a window, and what its records should add up to.
    struct WindowPart {
        var number: Int
        var count: Int
        var hashes: ClosedRange<UInt64>
        var sum: RecordSum
    }

    /// A kept window that is not what its days give, though its checksums fit.
    struct WrongWindow: Error {
        var id: ContentID
    }

    /// The part whose turn it is, merged from the days; nil where nothing is audited.
    ///
    /// So many parts that one of them costs about a sixteenth of what is read of the window; 16 at least. A block of each
    /// day is read for it: where that is more, there is an audit with every so many-th output only.
    ///
    /// - Parameter made: how many outputs come of this roll.
    func auditOfWindow(
        _ window: SegmentReader, _ days: WindowDays, outputs made: Int = 1, _ store: Store
    ) throws -> WindowPart? {
        guard options.auditBytesMin > 0 else { return nil }
        return try timed("audit") {
            let inputs = RollForward.changes(added: try days.days.flatMap { try self.inputs($0, store) }, removed: [])
            let bytes = inputs.reduce(0) { $0 + $1.reader.bytes }
            let wanted = max(options.auditBytesMin, window.bytes / 16)
            var count = 16
            while count < 1 << 16, bytes / count > wanted { count *= 2 }
            let cost = inputs.reduce(0) { $0 + max($1.reader.bytes / count, $1.reader.usualBlockBytes) }
            guard let turn = AuditPlan.turn(in: turn..<turn + made, every: (cost + wanted - 1) / wanted) else {
                return nil
            }
            let number = turn % count
            let hashes = SegmentMergeCursor.piece(number, of: count)
            let sum = try WindowAudit.sum(
                inputs, definition.scan.counting.layouts, hashes: hashes, threads: options.threads)
            return WindowPart(number: number, count: count, hashes: hashes, sum: sum)
        }
    }

    /// What a comparison came to.
    ///
    /// - Throws: `WrongWindow`.
    func checked(
        _ part: WindowPart, _ isRight: Bool, _ kept: ContentID, _ days: WindowDays
    ) throws -> StepOutcome.Audited {
        let what = "part \(part.number) of \(part.count) of a window of \(days.groups.count) days"
        let audited = StepOutcome.Audited(segment: kept.text, what: what, verdict: isRight ? "right" : "wrong")
        if isRight { return audited }
        outcome.audited.append(audited)
        throw WrongWindow(id: kept)
    }

    /// A window in the order of hashes, after a part of it has been compared.
    func checked(
        _ window: SegmentReader, from kept: ContentID, _ days: WindowDays, _ store: Store
    ) throws -> SegmentReader {
        guard let part = try auditOfWindow(window, days, store) else { return window }
        let own = definition.scan.counting.layouts.map(\.countingDays)
        guard window.footer.order == .hashes, window.footer.layouts == own else { throw NotSubtractable() }
        let sum = try WindowAudit.sum(
            of: window, own, hashes: part.hashes, threads: options.threads)
        outcome.audited.append(try checked(part, sum == part.sum, kept, days))
        return window
    }

    /// Drops all windows of the step, and makes the outputs that may come of them stale.
    func drop(_ wrong: WrongWindow, _ date: Day, _ store: Store) throws {
        let record = try store.catalog.segments(of: definition.windowState)[wrong.id]
        let about = record?.about ?? "a window"
        let contents = inputs.positions(definition.days(date)).compactMap {
            inputs.content($0, definition, segments)?.text
        }
        let audit = StoreAudit(definition, store, threads: options.threads, memory: options.memoryBytes)
        let finding = try audit.dropWindows(wrong.id, about, contents: contents)
        options.report(
            .remark(
                "the stored segment of \(finding.about) was wrong: \(finding.what); the window is merged from its days")
        )
        outputs = try store.catalog.outputs(of: definition.pipeline, definition.step.name)
        outcome.rebuilt += 1
    }
}
