import DaymillCore
import Foundation

extension Pipeline {
    /// The folder of a project that holds its pipelines.
    public static let folder = "pipelines"

    /// The name of the pipeline in a file: the last part of its path, without `.yaml` or `.yml`.
    public static func name(ofFile file: String) -> String {
        let last = file.split(separator: "/").last.map(String.init) ?? file
        return PipelineFile.endings.first(where: last.hasSuffix).map { String(last.dropLast($0.count)) } ?? last
    }

    /// Reads and checks a pipeline, given by name or by path.
    ///
    /// - Throws: `DaymillError` or `DaymillErrors` with the codes of `find` and `parse`, and `.io`.
    public static func load(_ name: String, in project: Project = Project()) throws -> Pipeline {
        let file = try find(name: name, in: project.root)
        return try parse(try PipelineFile.text(of: file), file: file, project: project)
    }

    /// The path of a pipeline's file. A name without a slash and without `.yaml` is looked for in the folder
    /// `pipelines/` of `directory`; anything else is a path, relative to the current folder.
    ///
    /// - Throws: `DaymillError` with the code `.notFound` that names the nearest and the available ones.
    public static func find(name: String, in directory: String = ".") throws -> String {
        if name.contains("/") || PipelineFile.endings.contains(where: name.hasSuffix) {
            if PipelineFile.isFile(name) { return name }
            try PipelineFile.refuseFolder(name)
            return try PipelineFile.findMistaken(path: name, in: directory)
        }
        let folder = Project(root: directory).path(Pipeline.folder)
        let found = PipelineFile.endings.map { "\(folder)/\(name)\($0)" }.filter(PipelineFile.isFile)
        if found.count > 1 {
            throw DaymillError(
                .usage, "the pipeline '\(name)' has two files: \(found.joined(separator: " and "))",
                hint: "remove one of them")
        }
        if let file = found.first { return file }
        for ending in PipelineFile.endings { try PipelineFile.refuseFolder("\(folder)/\(name)\(ending)") }
        throw PipelineFile.unknown(name, folder: folder)
    }

    /// The names of all pipelines in the folder `pipelines/` of `directory`, sorted.
    public static func names(in directory: String = ".") -> [String] {
        PipelineFile.names(in: Project(root: directory).path(Pipeline.folder))
    }
}

/// Finding and reading pipeline files.
enum PipelineFile {
    static let endings = [".yaml", ".yml"]

    /// The whole text of a file.
    static func text(of file: String) throws -> String {
        let data = try contents(of: file)
        if let text = String(validating: data, as: UTF8.self) { return text }
        let lines = data.split(separator: 10, omittingEmptySubsequences: false)
        let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }.map { $0 + 1 }
        throw DaymillError(
            .pipelineInvalid, at: SourcePlace(file: file, line: line), "this is not UTF-8 text",
            hint: "save the file as UTF-8")
    }

    private static func contents(of file: String) throws -> Data {
        // By descriptor: a server reads hundreds of files when it starts, and paths as URLs cost more than the reading.
        guard let handle = FileHandle(forReadingAtPath: file) else { return try contentsOfURL(file) }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: Limits.pipelineFileBytesMax + 1) else {
            return try contentsOfURL(file)
        }
        guard data.count <= Limits.pipelineFileBytesMax else {
            throw DaymillError(
                .limit, at: SourcePlace(file: file),
                "the file has more than \(ByteCount(Limits.pipelineFileBytesMax)), which no pipeline file has",
                hint: "check that this is the right file")
        }
        return data
    }

    /// The slow way, which says why a file cannot be read.
    private static func contentsOfURL(_ file: String) throws -> Data {
        do {
            return try Data(contentsOf: URL(fileURLWithPath: file))
        } catch {
            let sentence = (error as NSError).localizedFailureReason ?? "\(error)"
            let reason = sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
            throw DaymillError(
                .io, at: SourcePlace(file: file), "the file cannot be read: \(reason)", hint: "check its permissions",
                cause: error)
        }
    }

    /// Whether a path leads to a folder in the end; nil where it leads to nothing.
    private static func isFolder(_ path: String) -> Bool? {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) ? isFolder.boolValue : nil
    }

    /// The part before the last `/`; "." for a bare name.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Says so when a folder has the name of a pipeline's file.
    static func refuseFolder(_ path: String) throws {
        guard endings.contains(where: path.hasSuffix), isFolder(path) == true else { return }
        throw DaymillError(
            .pipelineInvalid, at: SourcePlace(file: path), "this is a folder, not a pipeline file",
            hint: "rename it, or move it out of the way")
    }

    static func isFile(_ path: String) -> Bool { isFolder(path) == false }

    static func names(in folder: String) -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let pipelines = files.filter { file in !file.hasPrefix(".") && endings.contains(where: file.hasSuffix) }
        return Set(pipelines.map(Pipeline.name(ofFile:))).sorted()
    }

    static func unknown(_ name: String, folder: String) -> DaymillError {
        let available = names(in: folder)
        guard !available.isEmpty else {
            let exists = FileManager.default.fileExists(atPath: folder)
            return DaymillError(
                .notFound,
                "there is no pipeline '\(name)': \(exists ? "\(folder)/ has none" : "there is no folder \(folder)/")",
                hint: "go to the folder of the project, or make one with 'daymill init'")
        }
        let list = "there are \(available.prefix(20).joined(separator: ", "))\(available.count > 20 ? ", …" : "")"
        let hint = nearestWord(to: name, in: available).map { "did you mean '\($0)'? (\(list))" } ?? list
        return DaymillError(.notFound, "there is no pipeline '\(name)' in \(folder)/", hint: hint)
    }

    /// `user-actions.yaml` and `pipelines/user-actions` are taken for what they mean.
    static func findMistaken(path: String, in directory: String) throws -> String {
        let inFolder = Project(root: directory).path("\(Pipeline.folder)/\(path)")
        if !path.contains("/"), isFile(inFolder) { return inFolder }
        if !path.contains("/") { try refuseFolder(inFolder) }
        if let file = endings.map({ path + $0 }).first(where: isFile) { return file }
        for ending in endings { try refuseFolder(path + ending) }
        let folder =
            path.contains("/")
            ? path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") : "."
        let near = nearestWord(to: Pipeline.name(ofFile: path), in: names(in: folder.isEmpty ? "/" : folder))
        throw DaymillError(
            .notFound, "there is no file '\(path)'", hint: near.map { "did you mean '\($0)'?" } ?? "check the path")
    }
}
