/// Rows on their way to outputs, each row to those of its dates.
///
///     rows          a 3    b 1    b 4    c 7        bytes, one after another
///     dates         0…3    0…1    2…3    0…2
///     output 0      a 3    b 1           c 7
///     output 2      a 3           b 4    c 7
// Unchecked because one thread at a time has it.
package final class RowSpread: @unchecked Sendable {
    package let dates: Int
    private let writers: UnsafeMutablePointer<ByteWriter>
    private let rows: UnsafeMutablePointer<Int>

    package init(_ dates: Int) {
        self.dates = dates
        writers = .allocate(capacity: dates)
        rows = .allocate(capacity: dates)
        for date in 0..<dates {
            (writers + date).initialize(to: ByteWriter(capacity: 256 << 10))
            (rows + date).initialize(to: 0)
        }
    }

    deinit {
        writers.deinitialize(count: dates)
        writers.deallocate()
        rows.deallocate()
    }

    /// Forgets all rows; the memory is kept.
    package func removeAll() {
        for date in 0..<dates {
            writers[date].removeAll()
            rows[date] = 0
        }
    }

    /// Lets `body` append some rows to the first output.
    package func write(_ count: Int, _ body: (inout ByteWriter) -> Void) {
        body(&writers[0])
        rows[0] += count
    }

    /// How many rows an output has got.
    package func count(_ date: Int) -> Int {
        precondition(date >= 0 && date < dates)
        return rows[date]
    }

    /// The rows of an output, for as long as `body` runs.
    package func withRows<R>(_ date: Int, _ body: (RawSpan) throws -> R) rethrows -> R {
        precondition(date >= 0 && date < dates)
        return try writers[date].withBytes { try body($0.bytes) }
    }

    /// Adds rows of a batch; those that follow each other and have the same dates are copied at once.
    ///
    /// - Parameters:
    ///   - bytes: the rows, one after another.
    ///   - ends: where each of them ends.
    ///   - kept: the places of the rows' groups in the batch; nil: each group has a row.
    package func append(_ bytes: borrowing ByteWriter, _ ends: RowEnds, of batch: RolledGroups, _ kept: [Int]?) {
        let count = kept?.count ?? batch.count
        guard count > 0 else { return }
        precondition(batch.dates == dates && ends.capacity >= count && ends.pointer[count - 1] == bytes.count)
        let base = bytes.base, ends = ends.pointer
        let from = batch.from, to = batch.to
        var first = 0, start = 0
        while first < count {
            let group = kept?[first] ?? first
            var last = first
            while last &+ 1 < count {
                let next = kept?[last &+ 1] ?? last &+ 1
                guard from[next] == from[group], to[next] == to[group] else { break }
                last &+= 1
            }
            let n = ends[last] &- start
            for date in Int(from[group])..<Int(to[group]) {
                writers[date].append(base + start, n)
                rows[date] &+= last &+ 1 &- first
            }
            (first, start) = (last &+ 1, start &+ n)
        }
    }
}

/// Where rows end in the bytes that were written of them.
package final class RowEnds {
    private var memory = Buffer<Int>(capacity: 2048)
    private(set) var pointer: UnsafeMutablePointer<Int>
    private(set) var capacity = 2048

    package init() { pointer = memory.pointer }

    /// Makes room for so many rows.
    func reserve(_ rows: Int) {
        guard rows > capacity else { return }
        (memory, capacity) = (Buffer(capacity: rows), rows)
        pointer = memory.pointer
    }
}
