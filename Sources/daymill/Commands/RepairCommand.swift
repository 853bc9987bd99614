import ArgumentParser
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner

/// `daymill repair`.
struct RepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair", abstract: "Make stale and missing outputs anew, and nothing else.",
        discussion: """
            Reads only files that are new or changed. An output that was never made is not made: see 'daymill backfill'. \
            'daymill repair --plan' only says what it would do.
            """)

    @Argument(help: "A name under pipelines/, or the path of a pipeline file (default: all pipelines).")
    var pipeline: String?

    @OptionGroup var projectOptions: ProjectOptions
    @OptionGroup var paramOptions: ParamOptions
    @OptionGroup var work: WorkOptions

    @Flag(help: "Only list what is not fresh and how much has to be read.")
    var plan = false

    func run() throws {
        let (project, loaded) = try projectOptions.pipelines(pipeline)
        let pipelines = try paramOptions.applied(to: loaded, named: pipeline)
        let store = Store(folder: project.storeFolder, clock: .system)
        if plan {
            let status = StatusRun(
                project: project, store: store, options: RunOptions(threads: work.threadOptions.count(project)))
            return try Output.write(StatusReport.plan(try pipelines.flatMap { try status.status(of: $0) }))
        }
        try store.open()
        let display = ManyDisplay(isSilent: work.isSilent)
        let options = try work.runOptions(project) { display.show($0) }
        func repairAll() throws -> [DateOutcome] {
            try pipelines.flatMap { pipeline in
                try RunJournal.noting("repair", pipeline, dates: "", params: paramOptions.given, project) { journal in
                    let runner = ManyRun(
                        project: project, store: store, options: options, progress: { display.show($0, $1) },
                        note: journal.note)
                    return try runner.repair(pipeline)
                }
            }
        }
        let outcomes = try display.during {
            // What is found damaged may have been used by a pipeline that was looked at before.
            pipelines.count > 1 ? try ManyRun.untilSound(repairAll) : try repairAll()
        }
        try ManyReport.print(outcomes, verb: "repaired", json: work.json, quiet: work.quiet)
    }
}
