import DaymillColumns
import DaymillSQL

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

    /// Whether the payload is so short that it is kept as a number, beside its key, and not as a text elsewhere.
    package var isPacked: Bool

    /// - Parameters:
    ///   - used: the columns of the query, ascending.
    ///   - columns: all columns of the source.
    init(keys: [Int], used: [Int], of columns: [Column]) {
        self.keys = keys
        let payload = used.filter { !keys.contains($0) }
        self.payload = payload
        isPacked = !payload.isEmpty && KeyCodec.packs(payload.map { vectorForm(of: columns[$0].type) })
    }

    /// How a row is kept.
    var layout: StateLayout { StateLayout(payload.isEmpty ? [] : [isPacked ? .minInt128 : .minText]) }
}
