package import DaymillCore
package import DaymillSQL

/// A rollup computed the obvious way: file by file and row by row, every group with lists of its arguments, everything
/// exact.
///
/// Every column that the filter, the keys, the aggregates or the event time use is converted for every row, whether or
/// not the filter would keep it. Every output is evaluated for every group that HAVING keeps, whatever the limit.
package struct NaiveEngine {
    /// A computed rollup.
    package struct Result: Sendable, Hashable {
        package var names: [String]
        package var rows: [[Value]]
        /// The rows passed over, when the dialect skips bad rows.
        package var badRows: [BadRow]
        /// Good rows read, those outside the window included.
        package var rowsRead = 0
    }

    private struct Line {
        var keys: [Value]
        var order: [Value]
        var outputs: [Value]
    }

    private let dialect: NaiveDialect
    private let rollup: Rollup
    private let window: ClosedRange<Day>?

    /// Without a window every file and every row counts; with one, rows of its days and of files without a day.
    package init(dialect: NaiveDialect, rollup: Rollup, window: ClosedRange<Day>? = nil) {
        self.dialect = dialect
        self.rollup = rollup
        self.window = window
    }

    /// - Throws: `BadFile`, `BadRow` or `EvaluationFailure`.
    package func run(_ files: [NaiveFile]) throws -> Result { try run(files.map(NaiveInput.init)) }

    /// The same over files that are read piece by piece. Kept in memory are, for each group, its key and what its
    /// aggregates look at: nothing but a number for a count. Where duplicates are removed, the rows that are kept of a
    /// day (of all days, with an event time) are too.
    ///
    /// - Throws: `BadFile`, `BadRow` or `EvaluationFailure`; what reading throws.
    package func run(_ inputs: [NaiveInput]) throws -> Result {
        var result = Result(names: rollup.outputs.map(\.name), rows: [], badRows: [])
        var groups = NaiveGroups(rollup)
        try read(inputs, &groups, &result)
        var lines: [Line] = []
        for group in groups.all {
            if let line = try finish(group.keys, try group.results(rollup)) { lines.append(line) }
        }
        try lines.sort(by: isBefore)
        result.rows = lines.dropFirst(rollup.offset).prefix(rollup.limit ?? .max).map(\.outputs)
        return result
    }

    private var eventTime: Int? { dialect.eventTime.map(position) }

    private func position(_ name: String) -> Int { dialect.columns.firstIndex { $0.name == name }! }

    private func read(_ inputs: [NaiveInput], _ groups: inout NaiveGroups, _ result: inout Result) throws {
        let distinctOn = dialect.distinctOn.map(position)
        let used = rollup.usedColumns.union(eventTime.map { [$0] } ?? []).union(distinctOn)
        let wanted = inputs.filter { eventTime != nil || isInWindow($0.day) }
        var distinct = distinctOn.isEmpty ? nil : NaiveDeduplication(distinctOn, comparing: rollup.usedColumns)
        for input in wanted {
            var rows = try NaiveRows(input.name, dialect: dialect, used: used, pieces: try input.open())
            while let row = try rows.next() {
                switch row {
                case .bad(let row):
                    if dialect.badRows == .fail { throw row }
                    result.badRows.append(row)
                case .good(let row):
                    result.rowsRead += 1
                    let day = day(of: row) ?? input.day
                    guard isInWindow(day) else { continue }
                    if distinct == nil { try groups.add(row) } else { try distinct!.add(row, of: day) }
                }
            }
        }
        if let distinct { for row in distinct.rows { try groups.add(row) } }
    }

    private func isInWindow(_ day: Day?) -> Bool {
        guard let window, let day else { return true }
        return window.contains(day)
    }

    /// The day its event time says; nil when there is no event time.
    private func day(of row: [Value]) -> Day? {
        guard let eventTime else { return nil }
        return switch row[eventTime] {
        case .date(let days): Day(daysSinceEpoch: days)
        case .timestamp(let time): Day(daysSinceEpoch: NaiveCalendar.split(time).days)
        default: nil
        }
    }

    private func finish(_ keys: [Value], _ aggregates: [Value]) throws -> Line? {
        let evaluator = NaiveEvaluator(keys: keys, aggregates: aggregates)
        guard try evaluator.isTrue(rollup.having) else { return nil }
        return Line(
            keys: keys, order: try rollup.order.map { try evaluator.value(of: $0.expression) },
            outputs: try rollup.outputs.map { try evaluator.value(of: $0.expression) })
    }

    private func isBefore(_ a: Line, _ b: Line) throws -> Bool {
        for (index, term) in rollup.order.enumerated() {
            let (x, y) = (a.order[index], b.order[index])
            let bothPresent = x != .null && y != .null
            let order = try NaiveOrder.compare(x, y, nullsFirst: term.nullsFirst)
            if order != 0 { return bothPresent && term.descending ? order > 0 : order < 0 }
        }
        for (x, y) in zip(a.keys, b.keys) {
            let order = try NaiveOrder.compare(x, y, nullsFirst: false)
            if order != 0 { return order < 0 }
        }
        return false
    }
}
