import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillSQL

/// Steps whose partials are made of a file when another step has to read it anyway: its bytes are read, cut and hashed
/// once, and the steps' own runs find them kept.
struct Companions: Sendable {
    /// One of them.
    struct Member: Sendable {
        let definition: StepDefinition
        /// The days whose files it will read; nil for all.
        let days: ClosedRange<Day>?
        /// What was kept of it when the session began.
        let kept: Set<ContentID>

        /// Whether its own run would read a file that another step has to read.
        func wants(_ file: StepPlan.File) -> Bool {
            if let days, definition.source.eventTime == nil, let day = file.day, !days.contains(day) { return false }
            return file.content.map { !kept.contains(definition.fileSegment($0)) } ?? true
        }
    }

    var members: [Member] = []

    /// The later steps of a pipeline that read what a step reads, and keep something else of it.
    ///
    /// - Parameter days: those that a step will read; nil for all.
    init(
        of step: Step, in pipeline: Pipeline, project: Project, store: Store,
        days: (StepDefinition) -> ClosedRange<Day>?
    ) throws {
        guard let place = pipeline.steps.firstIndex(where: { $0.name == step.name }) else { return }
        var states: Set<ContentID> = [StepDefinition(step, of: pipeline, project: project).fileState]
        for other in pipeline.steps[(place + 1)...] where other.rollup.source == step.rollup.source {
            // What a split step has partials of counts as taken in, which is for its own runs to say.
            guard other.split == .none else { continue }
            let definition = StepDefinition(other, of: pipeline, project: project)
            guard states.insert(definition.fileState).inserted else { continue }
            members.append(
                Member(
                    definition: definition, days: days(definition),
                    kept: Set(try store.catalog.segments(of: definition.fileState).keys)))
        }
    }

    init() {}
}

/// Partials of a file for a companion, not yet on record.
struct CompanionSegment: Sendable {
    let state: ContentID
    let pending: PendingSegment
    let record: SegmentRecord
}

extension StepSession {
    /// A session over the files that a step is to read, once they have settled, with the later steps that read along.
    ///
    /// - Parameter days: those that a step will read; nil for all.
    /// - Throws: `.io`, `.limit`; `.inputDamaged`, retryable, when files do not settle.
    static func reading(
        _ step: Step, of pipeline: Pipeline, _ project: Project, _ store: Store?, _ options: RunOptions,
        days: (StepDefinition) -> ClosedRange<Day>?
    ) throws -> StepSession {
        let definition = StepDefinition(step, of: pipeline, project: project), own = days(definition)
        let files = try StepInputs.listSettled(definition, days: own, options)
        let session = try StepSession(definition, days: own, files: files, store: store, options: options)
        if let store {
            session.companions = try Companions(
                of: step, in: pipeline, project: project, store: store, days: days)
        }
        return session
    }

    /// Writes what a shared scan has found for the companions.
    ///
    /// - Parameters:
    ///   - found: for each of them what was found; nil where its own run is to tell what is wrong.
    func writeCompanions(
        _ members: [Companions.Member], _ targets: [ScanTarget], _ found: [[ScannedFile]?], _ file: StepPlan.File,
        _ store: Store, threads: Int
    ) throws -> [CompanionSegment] {
        try members.indices.compactMap { i in
            let definition = members[i].definition
            guard let scanned = found[i]?[0], let content = scanned.contentID else { return nil }
            // Only its own run keeps its bad rows aside.
            if definition.source.onBadRow == .quarantine && scanned.badRows > 0 { return nil }
            let id = definition.fileSegment(content)
            if members[i].kept.contains(id) { return nil }
            let pending = try store.write(
                targets[i].groups, id: id, rows: scanned.rows, badRows: scanned.badRows,
                dayPrefixed: definition.scan.hasDays, threads: threads)
            let record = SegmentRecord(
                id: id, pending, made: store.now, content: content, parts: [], about: file.path,
                madeFor: definition.name)
            return CompanionSegment(state: definition.fileState, pending: pending, record: record)
        }
    }
}
