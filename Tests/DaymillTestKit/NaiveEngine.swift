package import DaymillCore
package import DaymillSQL

/// A rollup computed the obvious way: every row kept, every group a list, everything exact.
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
    }

    private struct Group {
        var keys: [Value]
        var rows: [[Value]]
    }

    private struct Line {
        var keys: [Value]
        var order: [Value]
        var outputs: [Value]
    }

    private let dialect: TestDialect
    private let rollup: Rollup
    private let window: ClosedRange<Day>?

    /// Without a window every file and every row counts; with one, rows of its days and of files without a day.
    package init(dialect: TestDialect, rollup: Rollup, window: ClosedRange<Day>? = nil) {
        self.dialect = dialect
        self.rollup = rollup
        self.window = window
    }

    /// - Throws: `BadFile`, `BadRow` or `EvaluationFailure`.
    package func run(_ files: [TestFile]) throws -> Result {
        let (rows, badRows) = try read(files)
        var lines: [Line] = []
        for group in try groups(rows) {
            if let line = try finish(group) { lines.append(line) }
        }
        try lines.sort(by: isBefore)
        let kept = lines.dropFirst(rollup.offset).prefix(rollup.limit ?? .max)
        return Result(names: rollup.outputs.map(\.name), rows: kept.map(\.outputs), badRows: badRows)
    }

    private var eventTime: Int? {
        dialect.eventTime.map { name in dialect.columns.firstIndex { $0.name == name }! }
    }

    private func read(_ files: [TestFile]) throws -> (rows: [[Value]], badRows: [BadRow]) {
        var rows: [[Value]] = []
        var badRows: [BadRow] = []
        let used = rollup.usedColumns.union(eventTime.map { [$0] } ?? [])
        for file in files where eventTime != nil || isInWindow(file.day) {
            let table = try NaiveTable(file, dialect: dialect, used: used)
            if dialect.badRows == .fail, let first = table.badRows.first { throw first }
            rows += table.rows.filter { isInWindow(day(of: $0)) }
            badRows += table.badRows
        }
        return (rows, badRows)
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

    private func groups(_ rows: [[Value]]) throws -> [Group] {
        var groups: [[UInt8]: Group] = [:]
        if rollup.keys.isEmpty { groups[[]] = Group(keys: [], rows: []) }
        for row in rows {
            let evaluator = NaiveEvaluator(columns: row)
            guard try evaluator.isTrue(rollup.filter) else { continue }
            let keys = try rollup.keys.map(evaluator.value(of:))
            groups[NaiveOrder.identity(of: keys), default: Group(keys: keys, rows: [])].rows.append(row)
        }
        return Array(groups.values)
    }

    private func finish(_ group: Group) throws -> Line? {
        let aggregates = try rollup.aggregates.map { try result(of: $0, group.rows) }
        let evaluator = NaiveEvaluator(keys: group.keys, aggregates: aggregates)
        guard try evaluator.isTrue(rollup.having) else { return nil }
        return Line(
            keys: group.keys, order: try rollup.order.map { try evaluator.value(of: $0.expression) },
            outputs: try rollup.outputs.map { try evaluator.value(of: $0.expression) })
    }

    /// The argument is evaluated only for the rows that pass the aggregate's own filter.
    private func result(of aggregate: Rollup.Aggregate, _ rows: [[Value]]) throws -> Value {
        var values: [Value] = []
        var by: [Value] = []
        var seen: Set<[UInt8]> = []
        for row in rows {
            let evaluator = NaiveEvaluator(columns: row)
            guard try evaluator.isTrue(aggregate.filter) else { continue }
            let value = try aggregate.argument.map(evaluator.value(of:)) ?? .boolean(true)
            let other = try aggregate.by.map(evaluator.value(of:))
            if value == .null || other == .null { continue }
            if aggregate.distinct, !seen.insert(NaiveOrder.identity(of: [value])).inserted { continue }
            values.append(value)
            if let other { by.append(other) }
        }
        return try NaiveAggregate.result(of: aggregate, values, by: by)
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
