import DaymillCore
package import DaymillEngine
import DaymillPipeline
package import DaymillRunner

/// A project of one pipeline on a disk in memory.
package final class ProofProject {
    package let disk: MemoryDisk
    private let pipeline: Pipeline

    /// - Parameter yaml: the text of the pipeline `job`.
    package init(_ yaml: String) throws {
        disk = MemoryDisk(now: 1_709_035_200_000_000_000)
        pipeline = try Pipeline.parse(yaml, file: "pipelines/job.yaml", project: Project(root: "."))
    }

    private init(_ other: ProofProject) {
        disk = other.disk.fork()
        pipeline = other.pipeline
    }

    deinit { disk.close() }

    /// Another project that is the same so far.
    package func fork() -> ProofProject { ProofProject(self) }

    package func put(_ path: String, _ text: String) { disk.put(path, Array(text.utf8)) }

    package func store() -> Store { Store(folder: "\(disk.root)/.daymill", clock: disk.clock) }

    /// What the program does for `daymill run`. Before it some time goes by, so that stamps are trusted.
    @discardableResult
    package func run(
        _ date: String, usesStore: Bool = true, threads: Int = 1, largeFileBytes: Int = 8 << 20
    ) throws -> [StepOutcome] {
        disk.advance(nanoseconds: 10_000_000_000)
        let store = usesStore ? store() : nil
        try store?.open()
        var options = RunOptions(threads: threads, clock: disk.clock)
        options.largeFileBytes = largeFileBytes
        let project = Project(root: disk.root)
        return try PipelineRun(project: project, pipeline: pipeline, store: store, options: options).run(Day(date)!)
    }

    /// `daymill store collect`.
    ///
    /// - Returns: how many segments it deletes.
    package func collect() throws -> Int {
        let project = Project(root: disk.root)
        let uses = StoreUses(pipeline.steps.map { StepDefinition($0, of: pipeline, project: project) })
        return try StoreCollection.run(store(), uses, isTrial: false).segments
    }

    /// What was published.
    package var outputs: [String: String] {
        disk.contents(of: "output").mapValues { String(decoding: $0, as: UTF8.self) }
    }
}
