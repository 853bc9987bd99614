public import DaymillCore
import Foundation

/// A folder with `pipelines/` and maybe a `daymill.yaml`, which may be empty.
public struct Project: Sendable, Hashable {
    /// The project's folder; relative paths of pipelines start here.
    public var root: String
    /// The folder of what Daymill remembers, relative to `root` unless it is absolute.
    public var store: String
    /// The time zone of pipelines that name none.
    public var timezone: TimeZoneName
    /// What a run may take of the machine's memory; nil: a part of what there is.
    public var memory: ByteCount?
    /// With how many threads a run computes; nil: one per core.
    public var threads: Int?
    /// How many runs of all pipelines are at work at once when it is served.
    public var maxRuns = Limits.runsAtOnceMax
    /// How much of what was is remembered.
    public var history = HistoryPolicy()

    /// Servers and services, by names that are unique.
    public var connections: [ConnectionDefinition] = []
    /// Ways to people; their names are unique.
    public var channels: [ChannelDefinition] = []
    /// Who is told of what, of pipelines that say nothing about it.
    public var notify: NoticeRule?

    public init(root: String = ".", store: String = ".daymill", timezone: TimeZoneName = .utc) {
        self.root = root
        self.store = store
        self.timezone = timezone
    }

    /// The folder of what Daymill remembers, seen from the current folder.
    public var storeFolder: String { path(store) }

    /// A path of the project, seen from the current folder.
    public func path(_ path: String) -> String {
        path.hasPrefix("/") || root == "." || root.isEmpty
            ? path : root.hasSuffix("/") ? root + path : "\(root)/\(path)"
    }

    /// The project's folder of a pipeline given by name or path, seen from the current folder: for a path the folder above
    /// the file's `pipelines/`, or the file's own folder when it does not lie in one.
    ///
    /// - Parameter current: the current folder's real path; nil: that of the process.
    public static func root(ofPipeline name: String, current: String? = nil) -> String {
        let current = current ?? FileManager.default.currentDirectoryPath
        guard name.contains("/") || PipelineFile.endings.contains(where: name.hasSuffix) else { return "." }
        let folder = PipelineFile.folder(of: name)
        if folder == "." && current.hasSuffix("/\(Pipeline.folder)") && PipelineFile.isFile("\(current)/\(name)") {
            return ".."
        }
        let isInPipelines = folder == Pipeline.folder || folder.hasSuffix("/\(Pipeline.folder)")
        return isInPipelines ? PipelineFile.folder(of: folder) : folder
    }

    /// Reads `daymill.yaml` of a folder; without one everything is as usual.
    ///
    /// - Throws: `DaymillErrors` with every problem of the file.
    public static func load(root: String = ".") throws -> Project {
        let standard = Project(root: root)
        let file = standard.path("daymill.yaml")
        guard FileManager.default.fileExists(atPath: file) else { return standard }
        return try parse(try PipelineFile.text(of: file), file: file, root: root)
    }

    /// Reads and checks the text of a `daymill.yaml`.
    ///
    /// - Throws: `DaymillErrors` with every problem of the file.
    public static func parse(_ yaml: String, file: String = "daymill.yaml", root: String = ".") throws -> Project {
        var reader = FileReader(YAMLText(yaml, file: file))
        var project = Project(root: root)
        do {
            if let node = try YAMLDocument(reader.text).root, !node.isEmpty { project.read(node, &reader) }
        } catch let error as DaymillError {
            throw DaymillErrors([error])
        }
        let problems = reader.sortedProblems()
        guard problems.isEmpty else { throw DaymillErrors(problems) }
        return project
    }

    private mutating func read(_ node: YAMLNode, _ reader: inout FileReader) {
        guard case .mapping = node.content else {
            reader.report(
                "the project file is a mapping of keys, not \(node.kind)", hint: "write 'timezone:' or leave it empty",
                at: node.place)
            return
        }
        let fields = reader.fields(of: node, .project, owner: "the project")
        timezone = reader.parsed(fields["timezone"], "a time zone", TimeZoneName.parse) ?? timezone
        readLimits(fields["limits"], memory: fields["memory"], &reader)
        history = reader.history(fields["history"])
        connections = reader.connections(fields["connections"])
        channels = reader.channels(fields["channels"])
        // What is wrong with a channel is told once.
        notify = reader.notices(fields["notify"], channels: fields["channels"]?.value.keys ?? [])
        guard let field = fields["store"], let text = reader.string(field, "a folder") else { return }
        if text.contains("{") || text.contains("*") || text.contains("://") {
            reader.report(
                "\(field.title) is '\(FileReader.shortened(text))', which is not a folder of this machine",
                hint: "write a plain path such as '.daymill'", at: field.value.place)
        }
        store = text.hasSuffix("/") && text.count > 1 ? String(text.dropLast()) : text
    }

    /// `limits: { max_runs: 4, memory: 4GiB, threads: 8 }`; `memory` may stand at the top, too.
    private mutating func readLimits(
        _ field: FileReader.Field?, memory top: FileReader.Field?, _ reader: inout FileReader
    ) {
        var fields: [String: FileReader.Field] = [:]
        if let field {
            if case .mapping = field.value.content {
                fields = reader.fields(of: field.value, .limits, owner: field.title)
            } else {
                reader.report(
                    wrong: field, "\(field.title) takes a mapping, not \(field.value.kind)",
                    hint: "write { max_runs: 4, memory: 4GiB, threads: 8 }")
            }
        }
        if let top, let inner = fields["memory"] {
            reader.report(
                "the project says its memory twice; the other one is in line \(inner.place.line ?? 0)",
                hint: "keep one of them", at: top.place)
        }
        memory = reader.parsed(fields["memory"] ?? top, "a size such as 512MiB") { text throws(TextProblem) in
            try ByteCount.parseMemory(text)
        }
        threads = reader.count(fields["threads"], 1...256)
        maxRuns = reader.count(fields["max_runs"], 1...1000) ?? maxRuns
    }
}
