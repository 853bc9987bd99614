package import DaymillColumns
package import DaymillEngine
package import DaymillPipeline

/// Which segments of a store the steps of a project can use.
package struct StoreUses: Sendable {
    /// What a kind of partials is good for.
    package struct Use: Sendable {
        /// `PIPELINE/STEP` of the steps that read it.
        package var steps: [String] = []
        /// The kinds of partials of files that segments of days are merged from.
        fileprivate var fileStates: Set<ContentID> = []
        /// The kinds of partials whose days' groups those of spans are merged from.
        fileprivate var dayStates: Set<ContentID> = []
        /// Whether they are those of windows: the steps that keep them drop old ones themselves.
        fileprivate var isOfWindows = false
    }

    package private(set) var uses: [ContentID: Use] = [:]

    /// - Throws: when a pipeline file is wrong: what it needs is then unknown, and nothing may be thrown away.
    package init(_ project: Project) throws {
        let pipelines = try Pipeline.names(in: project.root).map { try Pipeline.load($0, in: project) }
        self.init(
            pipelines.flatMap { pipeline in
                pipeline.steps.map { StepDefinition($0, of: pipeline, project: project) }
            })
    }

    package init(_ definitions: [StepDefinition]) {
        for definition in definitions {
            for state in Set([definition.fileState, definition.dayState]) {
                uses[state, default: Use()].steps.append(definition.name)
                uses[state]!.fileStates.insert(definition.fileState)
            }
            for state in [definition.windowState, definition.tierState] {
                uses[state, default: Use()].steps.append(definition.name)
                uses[state]!.dayStates.formUnion([definition.fileState, definition.dayState])
                uses[state]!.isOfWindows = state == definition.windowState
            }
        }
    }

    /// A segment and whether some step can use it.
    package struct Item: Sendable {
        package var state: ContentID
        package var record: SegmentRecord
        package var isUsed: Bool
    }

    /// All segments that the catalog knows. One of a file is used while some file has its content, one of a day while all
    /// its parts are, one of a span of days while all its days have the groups that it was merged from, one of a window as
    /// long as its step keeps it; all only while a step reads their kind.
    package func items(_ catalog: Catalog) throws -> [Item] {
        let contents = Set(try catalog.fileRecords().values.lazy.filter { !$0.isGone }.map(\.content))
        return try catalog.states().flatMap { state in
            let use = uses[state]
            let files = try (use?.fileStates ?? []).map { try catalog.segments(of: $0) }
            func isLive(_ record: SegmentRecord) -> Bool { record.content.map { contents.contains($0) } ?? false }
            if let use, !use.dayStates.isEmpty { return try windows(catalog, state, use) }
            return try catalog.segments(of: state).values.map { record in
                let isUsed =
                    use != nil
                    && (record.parts.isEmpty
                        ? isLive(record)
                        : record.parts.allSatisfy { part in files.contains { $0[part].map(isLive) ?? false } })
                return Item(state: state, record: record, isUsed: isUsed)
            }
        }
    }

    /// Those of windows and of spans of days.
    private func windows(_ catalog: Catalog, _ state: ContentID, _ use: Use) throws -> [Item] {
        var digests: Set<ContentID> = []
        if !use.isOfWindows {
            for state in use.dayStates {
                for record in try catalog.segments(of: state).values { digests.formUnion(record.days.map(\.digest)) }
            }
        }
        return try catalog.segments(of: state).values.map { record in
            let isUsed = use.isOfWindows || record.days.allSatisfy { digests.contains($0.digest) }
            return Item(state: state, record: record, isUsed: isUsed)
        }
    }
}

/// Deletes what nobody can use any more.
package enum StoreCollection {
    /// What was found.
    package struct Found: Sendable {
        package var segments: Int
        package var bytes: Int
    }

    /// - Parameter isTrial: only looks.
    /// - Throws: `.io`.
    package static func run(_ store: Store, _ uses: StoreUses, isTrial: Bool) throws -> Found {
        store.refresh()
        let unused = try uses.items(store.catalog).filter { !$0.isUsed }
        let strays = try store.strays()
        if !isTrial {
            for (state, items) in Dictionary(grouping: unused, by: \.state) {
                try store.dropSegments(items.map(\.record.id), state: state)
            }
            _ = try store.dropStrays()
            try store.compact()
        }
        return Found(
            segments: unused.count + strays.count,
            bytes: unused.reduce(0) { $0 + $1.record.bytes } + strays.reduce(0) { $0 + $1.bytes })
    }
}
