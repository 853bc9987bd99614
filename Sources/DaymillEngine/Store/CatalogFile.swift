import DaymillColumns
import Synchronization

/// One file of the catalog: records of one kind, only ever appended to, so that noting a thing costs a line however much
/// is known already. It is read once, when first asked for.
///
/// A line that is torn or damaged is passed over: then less is known than could be, never something wrong. When dead
/// lines are many the file is written anew.
final class CatalogFile<Record: CatalogRecord>: Sendable {
    let path: String
    private let state = Mutex<State>(State())

    private struct State {
        var records: [Record.Key: Record]?
        /// Lines of the file as far as known, dead ones included.
        var lines = 0
    }

    init(_ path: String) { self.path = path }

    /// Everything known, as this process knows it.
    func records() throws -> [Record.Key: Record] {
        try state.withLock { state in
            if let records = state.records { return records }
            return try load(&state)
        }
    }

    @discardableResult
    private func load(_ state: inout State) throws -> [Record.Key: Record] {
        var records: [Record.Key: Record] = [:]
        let bytes = try FileDoor.contents(of: path) ?? []
        let gone = Record.letter.lowercased()
        let counts = CheckedLines.each(in: bytes) { line in
            let letter = line.text(0)
            if letter == Record.letter, let record = Record(line) {
                records[record.key] = record
            } else if letter == gone, let key = Record.key(line) {
                records[key] = nil
            }
        }
        state.lines = counts.whole + counts.broken
        state.records = records
        return records
    }

    /// Notes what is new; durable when this returns. The caller holds the store's lock.
    func append(_ changed: [Record], gone: [Record.Key] = []) throws {
        guard !changed.isEmpty || !gone.isEmpty else { return }
        try state.withLock { state in
            if state.records == nil { try load(&state) }
            let news = changed.filter { state.records![$0.key] != $0 }
            let drops = gone.filter { state.records![$0] != nil }
            guard !news.isEmpty || !drops.isEmpty else { return }
            try write(news, drops)
            for record in news { state.records![record.key] = record }
            for key in drops { state.records![key] = nil }
            state.lines += news.count + drops.count
            if state.lines > 1000, state.lines > 4 * state.records!.count { try rewrite(&state) }
        }
    }

    private func write(_ news: [Record], _ drops: [Record.Key]) throws {
        var bytes: [UInt8] = []
        for record in news { bytes += CheckedLines.line([Record.letter] + record.fields) }
        for key in drops { bytes += CheckedLines.line([Record.letter.lowercased()] + Record.fields(of: key)) }
        let file = try FileDoor.openAppending(path)
        if try !endsInNewline(file) { bytes.insert(0x0a, at: 0) }
        try file.write(bytes)
        try file.sync()
        if file.size == 0 { try FileDoor.syncDirectory(of: path) }
    }

    /// A process that died may have left half a line.
    private func endsInNewline(_ file: FileDoor) throws -> Bool {
        guard file.size > 0 else { return true }
        let buffer = ByteBuffer(capacity: 1)
        return try file.read(into: buffer, at: 0, offset: file.size - 1, count: 1) == 1
            && buffer.bytes(0..<1) == [0x0a]
    }

    /// Leaves dead lines out. What other processes appended is read again first: the lock is held, so nothing gets lost.
    private func rewrite(_ state: inout State) throws {
        let records = try load(&state)
        var bytes: [UInt8] = []
        let lines = records.values.map { CheckedLines.line([Record.letter] + $0.fields) }
        for line in lines.sorted(by: { $0.lexicographicallyPrecedes($1) }) { bytes += line }
        try TemporaryFile.replace(path, with: bytes)
        state.lines = records.count
    }

    /// Writes the file anew without dead lines, whatever there are. The caller holds the store's lock.
    func compact() throws {
        try state.withLock { state in
            try load(&state)
            if state.lines > state.records!.count { try rewrite(&state) }
        }
    }
}
