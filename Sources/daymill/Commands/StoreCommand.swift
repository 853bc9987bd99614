import ArgumentParser
import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner

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
            let uses = try StoreUses(project)
            try Output.line(StoreReport.text(try uses.items(store.catalog), folder: store.folder, uses: uses))
        }
    }

    /// `daymill store check`.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Read every segment and verify its checksums.")
        @OptionGroup var projectOptions: ProjectOptions

        func run() throws {
            let project = try projectOptions.project(for: nil)
            let store = Store(folder: project.storeFolder, clock: .system)
            let states = try store.catalog.states()
            let segments = try states.flatMap { try store.catalog.segments(of: $0).keys }
            guard !segments.isEmpty else { return try Output.line(StoreReport.nothing(store.folder)) }
            var damaged: [DaymillError] = []
            for id in segments {
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
            let found = try StoreCollection.run(store, uses, isTrial: dryRun)
            try Output.line(
                "\(dryRun ? "Would delete" : "Deleted") \(Words.count(found.segments, "segment")), \(ByteCount(found.bytes))"
            )
        }
    }
}
