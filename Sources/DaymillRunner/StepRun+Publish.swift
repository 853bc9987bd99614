import DaymillColumns
import DaymillConnect
import DaymillCore
import DaymillEngine
import DaymillPipeline

/// From a window's groups to the output and its receipt.
extension StepRun {
    /// Writes the output under a temporary name, syncs it and renames it: it is there whole, or not at all.
    func publish(_ result: WindowResult) throws -> WrittenOutput {
        options.report(.phase(step: plan.step.name, "writing \(plan.output)"))
        try FileDoor.makeDirectory(FileDoor.parent(of: plan.output))
        try Store.sweep(around: plan.output)
        let format = OutputFormat(plan.step)
        let threads = options.threads
        let written = try timed("write") {
            try TemporaryFile.make(plan.output) { temporary in
                let file = try FileDoor.create(temporary)
                let written = try PublishedResult.write(result, format, threads: threads) { try file.write($0) }
                try file.sync()
                return written
            }
        }
        outcome.rowsWritten = written.rows
        outcome.bytesWritten = written.bytes
        outcome.firstLines = written.firstLines
        return written
    }

    func writeReceipt(_ store: Store, _ written: WrittenOutput, _ contents: [(day: Day?, content: String)]) throws {
        guard let stamp = try FileDoor.stamp(of: plan.output) else {
            throw DaymillError(
                .io, "\(plan.output) vanished as soon as it was written", hint: "find out who removes it")
        }
        let manifest = try store.manifest()
        let inputs = files.map { file in
            let segment = SegmentNames.file(state, file.content!)
            let record = manifest.segments[segment]
            return Receipt.Input(
                path: file.file.path, day: file.day?.description, bytes: file.file.stamp.size, content: file.content!,
                segment: segment, rows: record?.rows ?? 0, badRows: record?.badRows ?? 0)
        }
        try store.write(
            Receipt(
                pipeline: plan.pipeline, step: plan.step.name, date: plan.date.description, output: plan.outputName,
                days: outcome.days, definition: plan.definition.text, madeFrom: plan.madeFrom(contents).text,
                inputs: inputs, rows: written.rows, bytes: written.bytes, content: written.contentID.text, stamp: stamp,
                made: store.now, daymill: daymillVersion))
    }

    /// Writes the records that a file's scan left out, with their reasons, where the source wants them kept.
    func quarantine(_ scanned: ScannedFile, _ item: StepPlan.File) throws {
        guard plan.source.onBadRow == .quarantine, !scanned.bad.isEmpty else { return }
        let path = project.path(quarantinePath(item))
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
        let path = plan.source.quarantineTo.render(for: item.day ?? plan.date)
        let isOneFile = plan.source.files.count == 1 && plan.source.files.allSatisfy { $0.hasDate && !$0.isGlob }
        guard !isOneFile else { return path }
        let name = item.file.path.split(separator: "/").last.map(String.init) ?? "file"
        guard path.hasSuffix(".csv") else { return "\(path).\(name)" }
        return "\(path.dropLast(4)).\(name.hasSuffix(".csv") ? String(name.dropLast(4)) : name).csv"
    }
}

extension OutputFormat {
    fileprivate init(_ step: Step) {
        switch step.format {
        case .csv: self = .csv(hasHeader: step.header)
        case .jsonl: self = .jsonl
        }
    }
}
