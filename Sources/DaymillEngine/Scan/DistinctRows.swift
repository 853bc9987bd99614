package import DaymillColumns

/// Rows of which those that are equal in some columns count once a day.
///
/// A row is a group: its key is what has to be equal, its only partial the rest of what the query uses, encoded so that
/// bytes order as values do. Of equal keys the least rest stays. So merging the rows of files is merging groups: it does
/// not matter which file came first, and when a file goes, merging the others brings back the row that it had hidden.
package struct DistinctRows: Sendable, Hashable {
    /// Positions of the columns that have to be equal, in the pipeline's order.
    package var keys: [Int]
    /// Positions of the other columns that the query uses, ascending. They decide which of equal rows stays: the least,
    /// column by column; text by bytes, NULL last.
    package var payload: [Int]

    /// - Parameter used: the columns of the query, ascending.
    init(keys: [Int], used: [Int]) {
        self.keys = keys
        payload = used.filter { !keys.contains($0) }
    }

    /// How a row is kept.
    var layout: StateLayout { StateLayout(payload.isEmpty ? [] : [.minText]) }
}
