import DaymillColumns
import DaymillConnect
package import DaymillCore
package import DaymillEngine
package import DaymillPipeline
import DaymillSQL

/// Decides what a step has to do: a function of the pipeline, the date, the files' stamps and the store's records.
package struct Planner: Sendable {
    package var project: Project
    /// nil: without a store.
    package var store: Store?

    package init(project: Project, store: Store?) {
        self.project = project
        self.store = store
    }

    /// What a correct pipeline asks for and a run refuses, since it is not there yet.
    package static func refusals(of pipeline: Pipeline) -> [DaymillError] {
        let sources = pipeline.sources.filter { source in pipeline.steps.contains { $0.rollup.source == source.name } }
        return sources.filter { !$0.distinctOn.isEmpty }.map(DaymillError.duplicatesLater)
    }

    /// - Throws: `.inputMissing`, `.unsupported`, `.io`.
    package func plan(_ step: Step, of pipeline: Pipeline, date: Day) throws -> StepPlan {
        let source = pipeline.source(step.rollup.source)!
        guard source.distinctOn.isEmpty else { throw DaymillError.duplicatesLater(source) }
        let days = step.window?.days(for: date)
        let inventory = try Inventory.files(
            of: source, days: days, required: step.window?.requiredDays(for: date), project: project)
        let manifest = try store?.manifest() ?? Manifest()
        let scan = scanPlan(step, source, days)
        var plan = StepPlan(
            pipeline: pipeline.name, step: step, source: source, date: date, days: days,
            output: project.path(step.to.render(for: date)), files: [], scan: scan)
        let state = scan.stateID.text
        plan.files = inventory.map { file($0, manifest, state) }
        plan.isFresh = try isFresh(plan)
        return plan
    }

    /// Without a store rows outside the window are left out at once; with one every day of a file is kept.
    private func scanPlan(_ step: Step, _ source: Source, _ days: ClosedRange<Day>?) -> ScanPlan {
        let format = ScanFormat(source)
        guard store == nil, source.eventTime != nil else { return ScanPlan(step.rollup, format) }
        let always = Day(daysSinceEpoch: -719_162)...Day(daysSinceEpoch: 2_932_896)
        return ScanPlan(step.rollup, format, onlyDays: days ?? always)
    }

    private func file(_ item: InventoryFile, _ manifest: Manifest, _ state: String) -> StepPlan.File {
        var file = StepPlan.File(file: item.file, day: item.day, action: .scan(.noStore))
        guard store != nil else { return file }
        if let content = manifest.content(item.file.path, item.file.stamp) {
            file.content = content
            let isKept = manifest.segments[SegmentNames.file(state, content)] != nil
            file.action = isKept ? .reuse : .scan(.definition)
        } else if manifest.files[item.file.path] != nil || manifest.knows(size: item.file.stamp.size) {
            file.action = .identify
        } else {
            file.action = .scan(.new)
        }
        return file
    }

    /// Fresh, stale, or nil when a file has to be looked into first.
    private func isFresh(_ plan: StepPlan) throws -> Bool? {
        guard let store else { return false }
        guard let receipt = try store.receipt(plan.pipeline, plan.step.name, plan.date.description),
            receipt.output == plan.outputName, try FileDoor.stamp(of: plan.output) == receipt.stamp
        else { return false }
        let known = plan.files.compactMap { file in file.content.map { (file.day, $0) } }
        guard known.count == plan.files.count else {
            return plan.files.contains { if case .scan(.new) = $0.action { true } else { false } } ? false : nil
        }
        return receipt.madeFrom == plan.madeFrom(known.map { (day: $0.0, content: $0.1) }).text
    }
}

/// Ids of segments: what they were made of.
package enum SegmentNames {
    /// The partials of one file's content under a plan.
    package static func file(_ state: String, _ content: String) -> String {
        ContentID.of("file \(state) \(content)").text
    }

    /// Segments of files merged for a day (nil: where the files as wholes belong to the day).
    package static func day(_ state: String, _ day: Day?, _ parts: [String]) -> String {
        ContentID.of((["day", state, day?.description ?? "-"] + parts.sorted()).joined(separator: " ")).text
    }
}
