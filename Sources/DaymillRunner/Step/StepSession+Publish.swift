import DaymillColumns
import DaymillConnect
import DaymillCore
import DaymillEngine
import DaymillPipeline
import Synchronization

/// From a window's groups to the output and its receipt.
extension StepSession {
    /// One pass over everything, nothing kept.
    func makeOnce(_ date: Day, _ wanted: [Int]) throws {
        let plan = oncePlan(date)
        let bytes = wanted.reduce(0) { $0 + inputs.files[$1].file.stamp.size }
        options.report(.reading(step: definition.step.name, bytes: bytes, files: wanted.count))
        let groups = try timed("read") { try once(plan, wanted) }
        let result = try timed("merge") { try WindowResult.make(groups, plan.counting, threads: options.threads) }
        _ = try publish(.groups(result, keeping: nil), date, nil)
    }

    /// Rows outside the window are left out at once.
    private func oncePlan(_ date: Day) -> ScanPlan {
        guard definition.source.eventTime != nil else { return definition.scan }
        let always = Day(daysSinceEpoch: -719_162)...Day(daysSinceEpoch: 2_932_896)
        return ScanPlan(definition.step.rollup, definition.scan.format, onlyDays: definition.days(date) ?? always)
    }

    private func once(_ plan: ScanPlan, _ wanted: [Int]) throws -> ScanGroups {
        let budget = plan.distinct == nil ? budget : budget.divided(by: 2)
        let groups = ScanGroups(plan.counting, memory: budget)
        guard plan.distinct != nil else {
            try scanOnce(wanted, plan, into: groups)
            return groups
        }
        // Equal rows count once a day: without an event time the days' files are taken one day at a time.
        let days = plan.hasDays ? [wanted] : byDay(wanted)
        for positions in days {
            let rows = ScanGroups(plan, memory: budget, packsRows: true)
            try scanOnce(positions, plan, into: rows)
            try RowFold.fold(rows, of: plan, keysHaveDays: plan.hasDays, into: groups, threads: options.threads)
        }
        return groups
    }

    private func byDay(_ wanted: [Int]) -> [[Int]] {
        Dictionary(grouping: wanted) { inputs.files[$0].day }.sorted { ($0.value[0]) < ($1.value[0]) }.map(\.value)
    }

    private func scanOnce(_ wanted: [Int], _ plan: ScanPlan, into groups: ScanGroups) throws {
        let scanned = try Scan.run(
            wanted.map { inputs.files[$0].file }, plan, into: groups, hashing: false,
            options: scanOptions(threads: options.threads))
        note(scanned)
        for (i, item) in zip(wanted, scanned) { try quarantine(item, inputs.files[i]) }
    }

    /// An output that is written under a temporary name, and still has to be synced and renamed.
    struct PendingOutput {
        fileprivate var temporary: TemporaryFile
        fileprivate var file: FileDoor
        fileprivate var written: WrittenOutput
        /// The window that was written beside it.
        fileprivate var window: (pending: PendingSegment, days: WindowDays)?
    }

    /// A window that was written beside the output.
    struct WrittenWindow {
        var pending: PendingSegment
        var days: WindowDays
        /// Brings it to the disk.
        var sync: BackgroundWork?
    }

    /// Writes the output under a temporary name, syncs it and renames it: it is there whole, or not at all. What is kept
    /// of the window comes to the disk meanwhile.
    func publish(_ window: MergedWindow, _ date: Day, _ store: Store?) throws -> WrittenOutput {
        let output = try timed("write") {
            let output: PendingOutput
            switch window {
            case .written(let ready): output = ready
            case .groups(let result, let days): output = try write(result, keeping: days, date, store)
            }
            if let (pending, days) = output.window {
                let sync = BackgroundWork { try pending.sync() }
                windowWritten = WrittenWindow(pending: pending, days: days, sync: sync)
            }
            try output.file.sync()
            try output.temporary.commit()
            return output.written
        }
        outcome.rowsWritten = output.rows
        outcome.bytesWritten = output.bytes
        outcome.firstLines = output.firstLines
        return output
    }

    private func write(
        _ result: WindowResult, keeping days: WindowDays?, _ date: Day, _ store: Store?
    ) throws -> PendingOutput {
        let format = OutputFormat(definition.step), threads = options.threads
        return try writeOutputs([date], keeping: days, store) { window, writes in
            guard let window else {
                return [try PublishedResult.write(result, format, threads: threads, write: writes[0])]
            }
            return [try PublishedResult.write(result, format, window: window, threads: threads, write: writes[0])]
        }[0]
    }

    /// Lets `body` write outputs, and the window of the last one beside them, under temporary names.
    ///
    /// - Parameter days: those of the window, where it is kept.
    func writeOutputs(
        _ dates: [Day], keeping days: WindowDays?, _ store: Store?,
        _ body: (SegmentStreamWriter?, [OutputDoor]) throws -> [WrittenOutput]
    ) throws -> [PendingOutput] {
        let files = try dates.map { try createOutput($0) }
        func outputs(_ written: [WrittenOutput]) -> [PendingOutput] {
            zip(files, written).map { PendingOutput(temporary: $0.temporary, file: $0.file, written: $1) }
        }
        guard let days, let store else {
            return outputs(try body(nil, files.map { write(to: $0.file, of: files.count) }))
        }
        let id = RollForward.id(days.groups, of: definition.dayState)
        let layouts = definition.scan.counting.layouts.map(\.countingDays)
        var made: [PendingOutput] = []
        let pending = try store.writeSegment(id) { path in
            let window = try SegmentStreamWriter(path, id: id, layouts, hasDays: false, order: .keys)
            made = outputs(try body(window, files.map { write(to: $0.file, of: files.count) }))
            return try window.finish(rows: 0, badRows: 0)
        }
        made[made.count - 1].window = (pending, days)
        return made
    }

    private func createOutput(_ date: Day) throws -> (temporary: TemporaryFile, file: FileDoor) {
        let output = definition.output(date)
        options.report(.phase(step: definition.step.name, "writing \(output)"))
        try FileDoor.makeDirectory(FileDoor.parent(of: output))
        try Store.sweep(around: output)
        let temporary = TemporaryFile(for: output)
        return (temporary, try FileDoor.create(temporary.path))
    }

    /// Pieces come one at a time, in order.
    ///
    /// - Parameter count: of files that are written side by side.
    private func write(to file: FileDoor, of count: Int) -> OutputDoor {
        let piece = max(1 << 20, (16 << 20) / count)
        let written = Mutex(0)
        return { bytes in
            try file.write(bytes)
            let end = written.withLock { sum in
                sum += bytes.byteCount
                return sum
            }
            file.beginSync(at: end, piece: piece)
        }
    }

    /// Lets go of a window that was written, when the work ends before it is kept.
    func dropUnkeptWindow() {
        let window = windowWritten
        windowWritten = nil
        try? window?.sync?.wait()
    }

    /// Notes what the output was made of: the receipt first, which explains, then the record, which counts.
    func writeReceipt(
        _ store: Store, _ written: WrittenOutput, _ date: Day, _ wanted: [Int], _ groups: ContentID
    ) throws {
        let output = definition.output(date)
        guard let stamp = try FileDoor.stamp(of: output) else {
            throw DaymillError(
                .io, "\(output) vanished as soon as it was written", hint: "find out who removes it")
        }
        let record = OutputRecord(
            key: definition.key(date), days: outcome.days?.joined(separator: " ") ?? "",
            definition: definition.definition(date), inputs: inputsID(date)!, groups: groups, stamp: stamp,
            content: written.contentID, rows: written.rows, made: store.now, turn: turn,
            window: outcome.window ?? "")
        try note(record, date, wanted, store)
    }

    /// Notes that the inputs changed, and that the output would come out the same.
    func renew(_ record: OutputRecord, _ date: Day, _ wanted: [Int], _ store: Store) throws {
        outcome.status = .unchanged
        outcome.rowsWritten = record.rows
        outcome.bytesWritten = record.stamp.size
        var renewed = record
        renewed.inputs = inputsID(date)!
        try note(renewed, date, wanted, store)
    }

    private func note(_ record: OutputRecord, _ date: Day, _ wanted: [Int], _ store: Store) throws {
        let inputs = wanted.map { i in
            let file = self.inputs.files[i]
            let content = self.inputs.content(i, definition, segments)!
            let segment = segments[definition.fileSegment(content)]
            return Receipt.Input(
                path: file.path, day: file.day?.description, bytes: file.bytes, content: content.text,
                rows: segment?.rows ?? 0, badRows: segment?.badRows ?? 0)
        }
        var receipt = Receipt(
            pipeline: definition.pipeline, step: definition.step.name, date: record.key.date,
            output: record.key.output, days: outcome.days, definition: record.definition.text,
            inputsID: record.inputs.text, groupsID: record.groups.text, inputs: inputs, rows: record.rows,
            bytes: record.stamp.size, content: record.content.text, stamp: record.stamp, made: record.made,
            daymill: daymillVersion)
        receipt.state = definition.fileState.text
        receipt.audited = outcome.audited.map { "\($0.segment) \($0.what) \($0.verdict)" }
        try store.write(receipt)
        try store.note(outputs: [record], definition.pipeline, definition.step.name)
        outputs[record.key] = record
    }

    /// Writes the records that a file's scan left out, with their reasons, where the source wants them kept.
    func quarantine(_ scanned: ScannedFile, _ item: StepPlan.File) throws {
        guard definition.source.onBadRow == .quarantine, !scanned.bad.isEmpty else { return }
        let path = definition.project.path(quarantinePath(item))
        var writer = ByteWriter()
        writer.append("file,line,column,reason,record\n")
        for bad in scanned.bad {
            writer.appendCSVField(scanned.path, delimiter: 0x2c)
            writer.append(",\(bad.line),\(bad.column),")
            writer.appendCSVField(bad.reason, delimiter: 0x2c)
            writer.append(0x2c)
            writer.appendCSVField(String(decoding: bad.bytes, as: UTF8.self), delimiter: 0x2c)
            writer.append(0x0a)
        }
        try FileDoor.makeDirectory(FileDoor.parent(of: path))
        try TemporaryFile.replace(path, with: writer.bytes)
        outcome.quarantine.append(path)
    }

    /// The source's quarantine path for a file. Where a day can have several files, the file's name is part of it.
    func quarantinePath(_ item: StepPlan.File) -> String {
        let source = definition.source
        let path = source.quarantineTo.render(for: item.day ?? Day(outcome.date) ?? Day(daysSinceEpoch: 0))
        let isOneFile = source.files.count == 1 && source.files.allSatisfy { $0.hasDate && !$0.isGlob }
        guard !isOneFile else { return path }
        // Of files by the hour the last part of the path may be the same for all.
        let isHourly = source.files.contains(where: \.hasHours)
        let last = item.file.path.split(separator: "/").last.map(String.init) ?? "file"
        let name = isHourly ? item.file.path.replacing("/", with: "-") : last
        guard path.hasSuffix(".csv") else { return "\(path).\(name)" }
        return "\(path.dropLast(4)).\(name.hasSuffix(".csv") ? String(name.dropLast(4)) : name).csv"
    }
}

extension OutputFormat {
    init(_ step: Step) {
        switch step.format {
        case .csv: self = .csv(hasHeader: step.header)
        case .jsonl: self = .jsonl
        }
    }
}
