import DaymillSQL

/// The groups of a rollup, while rows come in.
struct NaiveGroups {
    /// One group: its key, and what its aggregates have been given so far.
    struct Group {
        var keys: [Value]
        /// For each aggregate its arguments, where they are needed.
        fileprivate var arguments: [[Value]]
        /// For each aggregate its other arguments, where the function has them.
        fileprivate var others: [[Value]]
        /// For each aggregate how many arguments there were.
        fileprivate var counts: [Int]
        /// For each aggregate of distinct arguments those seen.
        fileprivate var seen: [Set<[UInt8]>]
    }

    private let rollup: Rollup
    private var groups: [[UInt8]: Group] = [:]

    init(_ rollup: Rollup) {
        self.rollup = rollup
        if rollup.keys.isEmpty { groups[[]] = empty([]) }
    }

    /// In no order.
    var all: some Collection<Group> { groups.values }

    /// Takes a row of the window, unless WHERE leaves it out.
    mutating func add(_ row: [Value]) throws {
        let evaluator = NaiveEvaluator(columns: row)
        guard try evaluator.isTrue(rollup.filter) else { return }
        let keys = try rollup.keys.map(evaluator.value(of:))
        let new = empty(keys)
        try groups[NaiveOrder.identity(of: keys), default: new].add(evaluator, rollup.aggregates)
    }

    private func empty(_ keys: [Value]) -> Group {
        let count = rollup.aggregates.count
        return Group(
            keys: keys, arguments: Array(repeating: [], count: count), others: Array(repeating: [], count: count),
            counts: Array(repeating: 0, count: count),
            seen: Array(repeating: [], count: count))
    }
}

extension NaiveGroups.Group {
    /// The argument is evaluated only for the rows that pass the aggregate's own filter.
    fileprivate mutating func add(_ row: NaiveEvaluator, _ aggregates: [Rollup.Aggregate]) throws {
        for (index, aggregate) in aggregates.enumerated() where try row.isTrue(aggregate.filter) {
            let value = try aggregate.argument.map(row.value(of:)) ?? .boolean(true)
            let other = try aggregate.by.map(row.value(of:))
            if value == .null || other == .null { continue }
            if aggregate.distinct, !seen[index].insert(NaiveOrder.identity(of: [value])).inserted { continue }
            counts[index] += 1
            if aggregate.function != .count { arguments[index].append(value) }
            if let other { others[index].append(other) }
        }
    }

    /// The aggregates' results.
    func results(_ rollup: Rollup) throws -> [Value] {
        try rollup.aggregates.indices.map { index in
            let aggregate = rollup.aggregates[index]
            if aggregate.function == .count { return .integer(Int64(counts[index])) }
            return try NaiveAggregate.result(of: aggregate, arguments[index], by: others[index])
        }
    }
}
