package import DaymillColumns
package import DaymillCore
import Foundation
import Synchronization

/// Everything Daymill keeps of earlier work: plain files in one folder.
///
///     .daymill/
///       catalog/                files seen, segments kept, outputs published: see `Catalog`
///       segments/ab/abcd….seg   immutable, named by what they were made of
///       receipts/PIPELINE/STEP/DATE-OUTPUT.json
///       tmp/                    groups that do not fit into memory, while a run has them
///       lock                    held while the catalog is appended to
///
/// Two processes may work on one store: segments have one content per name, and the catalog is appended to under the
/// lock. A process that dies leaves at most temporary files and half a line, which the next ones sweep away or pass over.
package final class Store: Sendable {
    package let folder: String
    private let clock: WallClock
    private let current = Mutex<Catalog?>(nil)
    /// Folders of receipts that this process has cleared of what dead ones left.
    private let swept = Mutex<Set<String>>([])

    package init(folder: String, clock: WallClock) {
        self.folder = folder
        self.clock = clock
    }

    /// Microseconds since 1970, for records.
    package var now: Int64 { clock.nowMicroseconds }

    /// Whether anything was ever kept here.
    package var exists: Bool { FileDoor.isDirectory(folder) }

    /// What temporary segments are named after, which hold what does not fit into memory.
    package var spillPath: String { "\(folder)/tmp/groups.seg" }

    /// Makes the folders and clears away what dead processes left.
    package func open() throws {
        try FileDoor.makeDirectory("\(folder)/segments")
        try FileDoor.makeDirectory("\(folder)/catalog")
        for name in try FileDoor.names(in: "\(folder)/segments") where name.count == 2 {
            try Store.sweep("\(folder)/segments/\(name)")
        }
        for sub in ["segments", "catalog", "tmp"] { try Store.sweep("\(folder)/\(sub)") }
        try Store.sweep(folder)
    }

    /// Removes temporary files whose maker no longer runs (or was an earlier process of this number).
    ///
    /// - Parameter name: only those that were to become a file of this name.
    package static func sweep(_ folder: String, of name: String? = nil) throws {
        for entry in try FileDoor.names(in: folder) {
            guard let owner = FileDoor.temporaryOwner(entry), !liveTemporaries.contains("\(folder)/\(entry)"),
                name.map({ $0 == TemporaryFile.target(of: entry) }) ?? true,
                owner == ProcessInfo.processInfo.processIdentifier || !FileDoor.isRunning(owner)
            else { continue }
            try FileDoor.remove("\(folder)/\(entry)")
        }
    }

    /// Removes what dead processes left beside a file that they were to write.
    package static func sweep(around path: String) throws {
        try sweep(FileDoor.parent(of: path), of: path.split(separator: "/").last.map(String.init))
    }

    // MARK: Catalog

    /// What is remembered, as this process knows it.
    package var catalog: Catalog {
        current.withLock { current in
            if let current { return current }
            let catalog = Catalog(folder: "\(folder)/catalog")
            current = catalog
            return catalog
        }
    }

    /// Forgets what was read of the catalog, so that what other processes noted meanwhile is seen.
    package func refresh() { current.withLock { $0 = nil } }

    /// Notes files that were seen, or are gone.
    package func note(files: [FileRecord], gone: [PathBytes] = []) throws {
        guard !files.isEmpty || !gone.isEmpty else { return }
        try locked { try catalog.note(files, gone: gone) }
    }

    /// Notes segments of a kind of partials.
    package func note(segments: [SegmentRecord], state: ContentID) throws {
        guard !segments.isEmpty else { return }
        try locked { try catalog.note(segments, state: state) }
    }

    /// Notes outputs of a step.
    package func note(outputs: [OutputRecord], gone: [OutputRecord.Key] = [], _ pipeline: String, _ step: String) throws
    {
        guard !outputs.isEmpty || !gone.isEmpty else { return }
        try locked { try catalog.note(outputs, gone: gone, pipeline, step) }
    }

    /// Leaves dead lines out of all catalog files.
    package func compact() throws { try locked { try catalog.compact() } }

    /// Lets nobody else change the catalog meanwhile.
    func locked<R>(_ body: () throws -> R) throws -> R {
        let lock = try FileDoor.lockFile("\(folder)/lock")
        _ = try lock.lock(wait: true)
        return try withExtendedLifetime(lock, body)
    }

    static func json(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return Array(try encoder.encode(value)) + [0x0a]
    }

    // MARK: Segments

    /// Where a segment lies.
    package func path(ofSegment id: ContentID) -> String {
        let name = id.text
        return "\(folder)/segments/\(name.prefix(2))/\(name).seg"
    }

    /// Opens a segment; nil when there is none of this id.
    ///
    /// - Throws: `.storeDamaged`.
    package func segment(_ id: ContentID) throws -> SegmentReader? {
        try FileDoor.openIfThere(path(ofSegment: id)).map { try SegmentReader($0, id: id) }
    }

    /// Whether a segment is there, is what it should be, and passes all its checks. Reads all of it.
    ///
    /// - Throws: `WorkEnded`: then nobody knows.
    package func isWhole(_ id: ContentID, _ isFitting: (SegmentReader) -> Bool) throws -> Bool {
        do {
            guard let segment = try segment(id), isFitting(segment) else { return false }
            try segment.check()
            return true
        } catch let ended as WorkEnded { throw ended } catch { return false }
    }

    /// Whether a segment of this id lies there, whatever is in it.
    package func hasSegment(_ id: ContentID) throws -> Bool { try FileDoor.stamp(of: path(ofSegment: id)) != nil }

    /// Deletes segments and what is remembered of them. Those whose files are gone are only forgotten: another process may
    /// be making them at this moment, and two that drop the same would else delete what the other one has made, in turn.
    package func dropSegments(_ ids: some Collection<ContentID>, state: ContentID) throws {
        guard !ids.isEmpty else { return }
        let there = try ids.filter(hasSegment)
        try locked { try catalog.note([], gone: Array(ids), state: state) }
        for id in there { try FileDoor.remove(path(ofSegment: id)) }
    }

    /// Writes groups as a segment that is there once it has been committed.
    package func write(
        _ groups: ScanGroups, id: ContentID, rows: Int, badRows: Int, dayPrefixed: Bool, threads: Int
    ) throws -> PendingSegment {
        let final = path(ofSegment: id)
        try FileDoor.makeDirectory(FileDoor.parent(of: final), isDurable: false)
        let temporary = TemporaryFile(for: final)
        let written = try groups.writeSegment(
            to: temporary.path, id: id, rows: rows, badRows: badRows, dayPrefixed: dayPrefixed, threads: threads)
        return PendingSegment(
            footer: written.footer, bytes: written.bytes, file: written.file, temporary: temporary)
    }

    // MARK: Receipts

    /// A date of a step has an output, and so a receipt, for each value of the params in its path.
    private func receiptPath(_ pipeline: String, _ step: String, _ key: OutputRecord.Key) -> String {
        let output = ContentID.of(key.output).text.prefix(8)
        return "\(folder)/receipts/\(pipeline)/\(step)/\(key.date)-\(output).json"
    }

    /// What an output was made of in every detail; nil when it was never made, or its receipt cannot be read.
    package func receipt(_ pipeline: String, _ step: String, _ key: OutputRecord.Key) throws -> Receipt? {
        guard let bytes = try FileDoor.contents(of: receiptPath(pipeline, step, key)) else { return nil }
        return try? JSONDecoder().decode(Receipt.self, from: Data(bytes))
    }

    package func write(_ receipt: Receipt) throws {
        let key = OutputRecord.Key(date: receipt.date, output: receipt.output)
        let path = receiptPath(receipt.pipeline, receipt.step, key)
        let folder = FileDoor.parent(of: path)
        try FileDoor.makeDirectory(folder)
        if swept.withLock({ $0.insert(folder).inserted }) { try Store.sweep(folder) }
        try TemporaryFile.replace(path, with: try Store.json(receipt))
    }
}
