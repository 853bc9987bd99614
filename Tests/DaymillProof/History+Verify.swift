import DaymillColumns
import DaymillConnect
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import DaymillTestKit

/// What is wrong although every checksum fits.
extension History {
    /// An output that a run has made, or found right, is verified; and the verdict is that of the bytes.
    func verify(_ run: Run) throws {
        try runWell(run)
        guard try !world.expected(run.shape, run.date).fails else { return }
        guard let verdicts = try verdicts(run) else { return }
        for (step, found) in verdicts.enumerated() {
            if found.verdict != .equal { throw Broken("verify of \(run), step \(step): \(found.differences)") }
        }
        for (step, status) in try world.status(run.shape).enumerated() {
            let output = status.outputs.first { $0.date == run.date.description }
            if output?.verified == nil {
                throw Broken("step \(step) of \(run) was verified, and status does not say so")
            }
        }
    }

    /// Nil where the receipt may have been damaged.
    private func verdicts(_ run: Run) throws -> [Verification]? {
        do { return try world.verify(run.shape, run.date) } catch let error as DaymillError {
            if mayHaveForgotten { return nil }
            throw error
        }
    }

    /// Exchanges a stored segment, and lets runs use it. Whatever comes out wrong must be found by `verify`, and the segment
    /// by an audit of everything. Then everything is right again.
    func forge(_ shape: Int, _ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let pipeline = try world.pipeline(shape)
        let definition = StepDefinition(random.pick(pipeline.steps), of: pipeline, project: world.project())
        guard let forged = try world.forge(definition, &random) else { return }
        publications = publications.filter { !$0.key.hasPrefix("out/\(HistoryPipelines.shapes[shape].name)-") }
        var wrong: [String] = []
        for run in tried.sorted() where run.shape == shape { wrong += try useForged(run, &random) }
        // A run for another date may have read the file again, so that the segment is right; then verify has told.
        // Or what it was made of is not there any more, so that nothing can tell.
        let hasFound = try world.auditAll(shape)
        if !hasFound || world.disk.bytes(forged.path) == forged.bytes {
            wrong.forEach(world.disk.delete)
            world.disk.delete(forged.path)
        }
        for run in tried.sorted() where run.shape == shape {
            outputs = world.disk.contents(of: "out")
            try runWell(run)
        }
    }

    /// Makes outputs of what is there, and verifies them.
    ///
    /// - Returns: those that are wrong.
    private func useForged(_ run: Run, _ random: inout SeededGenerator) throws -> [String] {
        let answer = try world.expected(run.shape, run.date)
        if answer.fails { return [] }
        let paths = try answer.outputs.indices.map { try world.output(run.shape, $0, run.date) }
        if random.once(in: 2) { paths.forEach(world.disk.delete) }
        do { try world.run(run.shape, run.date) } catch let error as DaymillError {
            throw Broken("the run of \(run) with a forged segment fails: \(error)")
        }
        let wrong = paths.indices.filter { world.disk.bytes(paths[$0]) != answer.outputs[$0] }.map { paths[$0] }
        guard let verdicts = try verdicts(run) else { return wrong }
        for (step, found) in verdicts.enumerated() {
            let isRight = world.disk.bytes(paths[step]) == answer.outputs[step]
            guard (found.verdict == .equal) == isRight else {
                throw Broken("\(paths[step]) is \(isRight ? "right" : "wrong"), and verify says \(found.verdict)")
            }
        }
        return wrong
    }
}

extension HistoryWorld {
    /// `daymill verify`, by the naive engine.
    func verify(_ shape: Int, _ date: Day) throws -> [Verification] {
        let pipeline = try pipeline(shape)
        let options = VerifyOptions(engine: .naive, duckDB: nil)
        let run = VerifyRun(project: project(), pipeline: pipeline, store: store(), options: options)
        return try pipeline.steps.map { try run.verify($0, date) }
    }

    /// What there is to audit of a step: the segments of its files as they are, and of its days.
    private func audit(_ definition: StepDefinition) throws -> (audit: StoreAudit, entries: [AuditEntry]) {
        let audit = StoreAudit(definition, store(), threads: 1)
        let files = try StepInputs.list(definition, days: nil)
        return (audit, try audit.entries(try files.map { (file: $0.file, content: try $0.file.contentID(threads: 1)) }))
    }

    /// Writes a segment anew with the partials of another content: name, id and checksums all fit.
    ///
    /// - Returns: where it is and what it holds; nil if it is none or the same.
    func forge(
        _ definition: StepDefinition, _ random: inout SeededGenerator
    ) throws -> (path: String, bytes: [UInt8])? {
        let store = store()
        let entries = try audit(definition).entries.filter { store.hasFile($0.id) }
            .sorted { ($0.id.high, $0.id.low) < ($1.id.high, $1.id.low) }
        guard !entries.isEmpty else { return nil }
        let entry = random.pick(entries)
        guard let whole = try? store.segment(entry.id), (try? whole.check()) != nil else { return nil }
        let before = disk.bytes(relative(whole.path))
        let number = HistoryPipelines.shapes.firstIndex { $0.name == definition.pipeline }!
        let slot = HistoryOperation.Slot(shape: number, day: random.below(HistoryWorld.days), number: 0)
        let text = HistoryContent.bytes(random.next(), slot)
        disk.put("forged.csv", text)
        defer { disk.delete("forged.csv") }
        guard let groups = try? groups(definition, entry, "forged.csv") else { return nil }
        let isFile = if case .file = entry.origin { true } else { false }
        try store.write(
            groups, id: entry.id, rows: whole.footer.rows, badRows: whole.footer.badRows,
            dayPrefixed: isFile && definition.scan.hasDays, threads: 1
        ).commit()
        let path = relative(whole.path)
        return disk.bytes(path).flatMap { $0 == before ? nil : (path, $0) }
    }

    private func relative(_ path: String) -> String { String(path.dropFirst(disk.root.count + 1)) }

    private func groups(_ definition: StepDefinition, _ entry: AuditEntry, _ path: String) throws -> ScanGroups {
        let full = "\(disk.root)/\(path)"
        let file = LocalFile(path: path, realPath: full, stamp: try FileDoor.stamp(of: full)!)
        let rows = ScanGroups(definition.scan)
        _ = try Scan.run([file], definition.scan, into: rows, hashing: false, options: ScanOptions(threads: 1))
        if case .file = entry.origin { return rows }
        guard definition.scan.distinct != nil else {
            return definition.scan.hasDays ? ScanGroups(definition.scan.counting) : rows
        }
        let groups = ScanGroups(definition.scan.counting)
        try RowFold.fold(rows, of: definition.scan, keysHaveDays: false, into: groups, threads: 1)
        return groups
    }

    /// Audits everything of a pipeline, until nothing is found.
    ///
    /// - Returns: whether something was.
    func auditAll(_ shape: Int) throws -> Bool {
        var hasFound = false
        let pipeline = try pipeline(shape)
        for step in pipeline.steps {
            let definition = StepDefinition(step, of: pipeline, project: project())
            var finds = true
            while finds {
                finds = false
                let (audit, entries) = try audit(definition)
                for entry in entries {
                    let isFile = if case .file = entry.origin { true } else { false }
                    let task: AuditTask = isFile ? .file(entry) : .slice(entry, shard: nil)
                    if case .wrong = try audit.audit(task) { finds = true }
                }
                hasFound = hasFound || finds
            }
        }
        return hasFound
    }
}

extension Store {
    fileprivate func hasFile(_ id: ContentID) -> Bool { (try? hasSegment(id)) ?? false }
}
