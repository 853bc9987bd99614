package import DaymillSQL

/// A table of typed values that favours the ugly: NULLs, extremes, awkward text, all keys equal, all keys different,
/// one row, no rows.
package struct GeneratedTable: Sendable {
    /// What kind of values a column holds.
    package enum Flavour: Sendable {
        /// One value.
        case constant
        /// A handful of values.
        case few
        /// Many values, all of modest size.
        case many
        /// The ugliest values of the type. Arithmetic on them may fail.
        case ugly
    }

    package var columns: [Column]
    package var flavours: [Flavour]
    package var rows: [[Value]]

    /// How large tables may become.
    package enum Size: Sendable {
        case small
        case large
    }

    package init(using random: inout SeededGenerator, size: Size = .small) {
        let count = random.pick([1, 2, 3, 3, 4, 5, 6, 7])
        columns = (0..<count).map { Column("c\($0)", Self.type(using: &random)) }
        flavours = columns.map { _ in random.pick([.constant, .few, .few, .many, .ugly]) }
        rows = []
        var pools = GeneratedValues.pools(columns, flavours, using: &random)
        for _ in 0..<Self.rowCount(using: &random, size) {
            rows.append(pools.indices.map { pools[$0].next(using: &random) })
        }
    }

    /// Whether arithmetic on a column cannot fail.
    package func isCalm(_ column: Int) -> Bool { flavours[column] != .ugly }

    private static func type(using random: inout SeededGenerator) -> SQLType {
        random.pick([
            .text, .text, .text, .integer, .integer, .decimal(scale: random.pick([0, 1, 2, 2, 4, 6])), .double, .double,
            .boolean, .date, .timestamp, .timestamp,
        ])
    }

    private static func rowCount(using random: inout SeededGenerator, _ size: Size) -> Int {
        switch (random.below(10), size) {
        case (0, _): 0
        case (1, _): 1
        case (2, _), (3, _): random.number(2...8)
        case (_, .small): random.number(9...80)
        case (_, .large): random.number(500...5000)
        }
    }
}
