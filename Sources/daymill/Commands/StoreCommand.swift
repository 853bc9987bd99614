import ArgumentParser
import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import DaymillSQL

/// `daymill store`.
struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Show what is kept of earlier work, its size and why.",
        subcommands: [Show.self, Check.self, Collect.self], defaultSubcommand: Show.self)

    /// `daymill store show`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the segments (the default).")
        @OptionGroup var projectOptions: ProjectOptions

        func run() throws {
            let project = try projectOptions.project(for: nil)
            let store = Store(folder: project.storeFolder, clock: .system)
            guard store.exists else { return try Output.line(StoreReport.nothing(store.folder)) }
            try Output.line(StoreReport.text(try store.manifest(), folder: store.folder, uses: try StoreUses(project)))
        }
    }

    /// `daymill store check`.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Read every segment and verify its checksums.")
        @OptionGroup var projectOptions: ProjectOptions

        func run() throws {
            let project = try projectOptions.project(for: nil)
            let store = Store(folder: project.storeFolder, clock: .system)
            let segments = try store.manifest().segments.sorted { $0.key < $1.key }
            guard !segments.isEmpty else { return try Output.line(StoreReport.nothing(store.folder)) }
            var damaged: [DaymillError] = []
            for (id, _) in segments {
                do {
                    guard let segment = try store.segment(id) else {
                        damaged.append(
                            DaymillError(
                                .storeDamaged, "the segment \(store.path(ofSegment: id)) has vanished",
                                hint: "a run that needs it makes it anew"))
                        continue
                    }
                    try segment.check()
                } catch let error as DaymillError { damaged.append(error) }
            }
            try Output.line("\(segments.count - damaged.count) of \(segments.count) segments are whole")
            if !damaged.isEmpty { throw DaymillErrors(damaged) }
        }
    }

    /// `daymill store collect`.
    struct Collect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete segments that no pipeline of the project can use any more.")
        @OptionGroup var projectOptions: ProjectOptions
        @Flag(help: "Only say what would be deleted.") var dryRun = false

        func run() throws {
            let project = try projectOptions.project(for: nil)
            let store = Store(folder: project.storeFolder, clock: .system)
            guard store.exists else { return try Output.line(StoreReport.nothing(store.folder)) }
            let uses = try StoreUses(project)
            let manifest = try store.manifest()
            let unused = manifest.segments.filter { !uses.isUsed($0.key, $0.value, manifest) }
            if !dryRun { try store.dropSegments(unused.keys) }
            let strays = dryRun ? try store.strays() : try store.dropStrays()
            let count = unused.count + strays.count
            let bytes = unused.values.reduce(0) { $0 + $1.bytes } + strays.reduce(0) { $0 + $1.bytes }
            try Output.line(
                "\(dryRun ? "Would delete" : "Deleted") \(Words.count(count, "segment")), \(ByteCount(bytes))")
        }
    }
}

/// Which segments the project's pipelines can use.
struct StoreUses {
    /// For each plan of partials the steps that read it.
    let uses: [String: [String]]

    /// - Throws: when a pipeline file is wrong: what it needs is then unknown, and nothing may be thrown away.
    init(_ project: Project) throws {
        var uses: [String: [String]] = [:]
        for name in Pipeline.names(in: project.root) {
            let pipeline = try Pipeline.load(name, in: project)
            for step in pipeline.steps {
                let source = pipeline.source(step.rollup.source)!
                let state = ScanPlan(step.rollup, ScanFormat(source)).stateID.text
                uses[state, default: []].append("\(pipeline.name)/\(step.name)")
            }
        }
        self.uses = uses
    }

    /// Whether a step reads it, and its file still has this content (or its parts are used).
    func isUsed(_ id: String, _ segment: Manifest.SegmentRecord, _ manifest: Manifest) -> Bool {
        guard uses[segment.plan] != nil else { return false }
        if segment.parts.isEmpty { return manifest.files.values.contains { $0.content == segment.content } }
        return segment.parts.allSatisfy { part in
            manifest.segments[part].map { isUsed(part, $0, manifest) } ?? false
        }
    }
}
