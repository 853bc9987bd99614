package import DaymillColumns
package import DaymillCore
import Foundation

/// Everything Daymill keeps of earlier work: plain files in one folder.
///
///     .daymill/
///       manifest.json           files seen, segments kept; replaced as a whole
///       segments/ab/abcd….seg   immutable, named by what they were made of
///       receipts/PIPELINE/STEP/DATE.json
///       tmp/                    groups that do not fit into memory, while a run has them
///       lock                    held while the manifest is replaced
///
/// Two processes may work on one store: segments have one content per name, and the manifest is changed under the lock by
/// reading it again. A process that dies leaves at most temporary files, which the next one sweeps away.
package final class Store: Sendable {
    package let folder: String
    private let clock: WallClock

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

    private var manifestPath: String { "\(folder)/manifest.json" }

    /// Makes the folders and clears away what dead processes left.
    package func open() throws {
        try FileDoor.makeDirectory("\(folder)/segments")
        for name in try FileDoor.names(in: "\(folder)/segments") where name.count == 2 {
            try Store.sweep("\(folder)/segments/\(name)")
        }
        try Store.sweep("\(folder)/segments")
        try Store.sweep("\(folder)/tmp")
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

    // MARK: Manifest

    /// What is remembered now. A manifest that cannot be read is taken as empty: only time is lost.
    package func manifest() throws -> Manifest {
        guard let bytes = try FileDoor.contents(of: manifestPath) else { return Manifest() }
        let found = try? JSONDecoder().decode(Manifest.self, from: Data(bytes))
        return found?.version == 1 ? found! : Manifest()
    }

    /// Changes the manifest, whoever else does at the same time.
    package func update(_ change: (inout Manifest) -> Void) throws {
        try locked {
            var manifest = try manifest()
            let before = manifest
            change(&manifest)
            guard manifest != before else { return }
            try TemporaryFile.replace(manifestPath, with: try Store.json(manifest))
        }
    }

    /// Lets nobody else change the manifest meanwhile.
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
    package func path(ofSegment id: String) -> String { "\(folder)/segments/\(id.prefix(2))/\(id).seg" }

    /// Opens a segment; nil when there is none of this id.
    ///
    /// - Throws: `.storeDamaged`.
    package func segment(_ id: String) throws -> SegmentReader? {
        guard try FileDoor.stamp(of: path(ofSegment: id)) != nil else { return nil }
        return try SegmentReader(path(ofSegment: id))
    }

    /// Deletes a segment and what is remembered of it.
    package func dropSegments(_ ids: some Collection<String>) throws {
        try update { manifest in for id in ids { manifest.segments[id] = nil } }
        for id in ids { try FileDoor.remove(path(ofSegment: id)) }
    }

    /// Writes groups as a segment that is there once it has been committed.
    package func write(
        _ groups: ScanGroups, id: String, rows: Int, badRows: Int, dayPrefixed: Bool, threads: Int
    ) throws -> PendingSegment {
        let final = path(ofSegment: id)
        try FileDoor.makeDirectory(FileDoor.parent(of: final))
        let temporary = TemporaryFile(for: final)
        let written = try groups.writeSegment(
            to: temporary.path, rows: rows, badRows: badRows, dayPrefixed: dayPrefixed, threads: threads)
        return PendingSegment(
            footer: written.footer, bytes: written.bytes, file: written.file, temporary: temporary)
    }

    // MARK: Receipts

    private func receiptPath(_ pipeline: String, _ step: String, _ date: String) -> String {
        "\(folder)/receipts/\(pipeline)/\(step)/\(date).json"
    }

    /// What an output was made of; nil when it was never made, or its receipt cannot be read.
    package func receipt(_ pipeline: String, _ step: String, _ date: String) throws -> Receipt? {
        guard let bytes = try FileDoor.contents(of: receiptPath(pipeline, step, date)) else { return nil }
        return try? JSONDecoder().decode(Receipt.self, from: Data(bytes))
    }

    package func write(_ receipt: Receipt) throws {
        let path = receiptPath(receipt.pipeline, receipt.step, receipt.date)
        let folder = FileDoor.parent(of: path)
        try FileDoor.makeDirectory(folder)
        try Store.sweep(folder)
        try TemporaryFile.replace(path, with: try Store.json(receipt))
    }
}
