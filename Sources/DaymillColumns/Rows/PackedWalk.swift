/// All packed rows, some at a time and in no order, as columns.
///
/// Reads the rows without locks: the workers are done.
package final class PackedWalk {
    private let rows: PackedRows
    private let form: PackedForm
    private let batch: Int
    private let arena = TextArena()
    private var shard = 0
    private var chunk = 0
    private var row = 0

    /// - Parameter batch: how many rows are taken apart at once.
    /// - Returns: nil where no row was ever packed.
    package init?(_ rows: PackedRows, batch: Int) {
        guard let form = rows.form else { return nil }
        self.rows = rows
        self.form = form
        self.batch = batch
    }

    /// Begins with the rows of a shard: of those with 0 to `ShardedGroups.shards` - 1 each has its own.
    package func begin(shard: Int) { (self.shard, chunk, row) = (shard, 0, 0) }

    /// Takes the next rows apart, which stay valid until the next call.
    ///
    /// - Parameter columns: those that have to be equal, then the rest; nil for those that nobody wants.
    /// - Returns: how many rows; 0 when there are no more.
    package func next(into columns: [Vector?]) -> Int {
        while let all = rows.tables[shard].chunk(chunk) {
            let n = min(batch, all.count - row)
            if n > 0 {
                arena.reset()
                form.unpack(all.rows + row * form.rowBytes, count: n, into: columns, arena: arena)
                row += n
                return n
            }
            (chunk, row) = (chunk + 1, 0)
        }
        return 0
    }
}
