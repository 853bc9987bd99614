package import DaymillCore
package import DaymillSQL

/// Removes duplicates: of the rows of a day that are equal in some columns, one is kept.
///
/// It is the least in the columns that the query reads, one after the other in the order of declaration: each compared in
/// its type's order, text by bytes, NULL after everything else. Rows that are equal in all of them are the same to
/// everybody. So the winner does not depend on the order of rows or files.
package struct NaiveDeduplication {
    private let distinctOn: [Int]
    private let compared: [Int]
    private var kept: [[UInt8]: [Value]] = [:]

    /// - Parameter columns: What the query reads of a row.
    package init(_ distinctOn: [Int], comparing columns: Set<Int>) {
        self.distinctOn = distinctOn
        compared = columns.sorted()
    }

    /// Takes a row of a day; nil where rows have no day.
    package mutating func add(_ row: [Value], of day: Day?) throws {
        let mark = Value.text(day?.description ?? "")
        let identity = NaiveOrder.identity(of: [mark] + distinctOn.map { row[$0] })
        if let rival = kept[identity], try !isLess(row, rival) { return }
        kept[identity] = row
    }

    /// The rows that are kept, in no order.
    package var rows: some Collection<[Value]> { kept.values }

    private func isLess(_ a: [Value], _ b: [Value]) throws -> Bool {
        for column in compared {
            let order = try NaiveOrder.compare(a[column], b[column], nullsFirst: false)
            if order != 0 { return order < 0 }
        }
        return false
    }
}
