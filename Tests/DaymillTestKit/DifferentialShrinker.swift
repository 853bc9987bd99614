import DaymillSQL

/// Cuts a case down to less input and a simpler rollup for as long as it stays interesting.
///
/// Files lose records, whole pieces of bytes as the naive reader sees them, so nothing is written anew: what shows the
/// difference stays as it was.
package struct DifferentialShrinker {
    private let isInteresting: (DifferentialCase) -> Bool

    package init(isInteresting: @escaping (DifferentialCase) -> Bool) {
        self.isInteresting = isInteresting
    }

    /// - Precondition: The case is interesting.
    package func smallest(of example: DifferentialCase) -> DifferentialCase {
        var best = example
        var size: [Int] = []
        while size != measure(best) {
            size = measure(best)
            for index in best.files.indices.reversed() { dropFile(index, from: &best) }
            for index in best.files.indices { dropRecords(ofFile: index, from: &best) }
            simplify(&best)
        }
        return best
    }

    private func measure(_ example: DifferentialCase) -> [Int] {
        let rollup = example.rollup
        let parts = rollup.outputs.count + rollup.order.count + (rollup.filter == nil ? 0 : 1)
        return [example.files.count, example.files.map(\.bytes.count).reduce(0, +), parts]
    }

    /// Keeps the change when the case is still interesting.
    @discardableResult
    private func attempt(_ best: inout DifferentialCase, _ change: (inout DifferentialCase) -> Void) -> Bool {
        var smaller = best
        change(&smaller)
        guard isInteresting(smaller) else { return false }
        best = smaller
        return true
    }

    private func dropFile(_ index: Int, from best: inout DifferentialCase) {
        if best.files.count > 1 { attempt(&best) { $0.files.remove(at: index) } }
    }

    /// Halves first, then ever smaller pieces.
    private func dropRecords(ofFile index: Int, from best: inout DifferentialCase) {
        var length = pieces(of: best.files[index], best.dialect).count
        while length > 0 {
            var start = 0
            while true {
                let all = pieces(of: best.files[index], best.dialect)
                guard start < all.count else { break }
                let kept = all[..<start] + all[min(all.count, start + length)...]
                if !attempt(&best, { $0.files[index].bytes = kept.flatMap { $0 } }) { start += length }
            }
            length /= 2
        }
    }

    private func pieces(of file: TestFile, _ dialect: TestDialect) -> [[UInt8]] {
        let records = NaiveCSV.records(of: file.bytes, delimiter: dialect.delimiter, quote: dialect.quote)
        let starts = [0] + records.dropFirst().map(\.offset) + [file.bytes.count]
        return zip(starts, starts.dropFirst()).map { Array(file.bytes[$0..<$1]) }.filter { !$0.isEmpty }
    }

    private func simplify(_ best: inout DifferentialCase) {
        attempt(&best) { $0.rollup.limit = nil }
        attempt(&best) { $0.rollup.offset = 0 }
        attempt(&best) { $0.rollup.having = nil }
        attempt(&best) { $0.rollup.filter = nil }
        attempt(&best) { $0.rollup.order = [] }
        for index in best.rollup.outputs.indices.reversed() where best.rollup.outputs.count > 1 {
            attempt(&best) { $0.rollup.outputs.remove(at: index) }
        }
    }
}
