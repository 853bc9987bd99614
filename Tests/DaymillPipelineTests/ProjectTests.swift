import DaymillCore
import DaymillPipeline
import Foundation
import Testing

@Suite struct ProjectTests {
    @Test func anEmptyFileSaysNothing() throws {
        #expect(try Project.parse("") == Project())
        #expect(try Project.parse("# nothing\n") == Project())
        #expect(Project().storeFolder == ".daymill")
    }

    @Test func theFileSetsZoneAndStore() throws {
        let project = try Project.parse("timezone: Asia/Tokyo\nstore: state/\n", root: "/srv/shop")
        #expect(project.timezone.name == "Asia/Tokyo")
        #expect(project.storeFolder == "/srv/shop/state")
        #expect(try Project.parse("store: /var/lib/daymill", root: "x").storeFolder == "/var/lib/daymill")
    }

    @Test(arguments: [
        ("stor: x", "daymill.yaml:1:1: the project has no key 'stor'; did you mean 'store'?"),
        ("name: shop", "daymill.yaml:1:1: the project has no key 'name'; remove it: its file's name is its name"),
        (
            "- a",
            "daymill.yaml:1:1: the project file is a mapping of keys, not a list; write 'timezone:' or leave it empty"
        ),
        (
            "timezone: Mars/Base\nstore: s3://x/y",
            """
            daymill.yaml:1:11: the time zone 'Mars/Base' is not known; write an Area/City name of the IANA database, such as 'Europe/Moscow', or 'UTC'
            daymill.yaml:2:8: 'store' of the project is 's3://x/y', which is not a folder of this machine; write a plain path such as '.daymill'
            """
        ),
        (
            "a: [",
            "daymill.yaml:1:5: a value is missing here, or a '[' or '{' is not closed; close it, and remove a ',' that is too many"
        ),
    ])
    func wrongFilesAreExplained(yaml: String, problems: String) {
        let thrown = #expect(throws: DaymillErrors.self) { try Project.parse(yaml) }
        #expect(thrown?.description == problems)
    }

    @Test func pipelinesTakeWhatTheyDoNotSayFromTheProject() throws {
        let project = try Project.parse("timezone: Asia/Tokyo\nstore: state")
        let yaml = """
            sources:
              a: { files: 'a/{date}.csv', columns: { x: text }, on_bad_row: quarantine }
            steps:
              s: { window: last day, rollup: 'SELECT x, count(*) AS n FROM a GROUP BY x', to: 'o/{date}.csv' }
            """
        let pipeline = try Pipeline.parse(yaml, file: "pipelines/shop.yaml", project: project)
        #expect(pipeline.name == "shop")
        #expect(pipeline.timezone.name == "Asia/Tokyo")
        #expect(pipeline.source("a")?.quarantineTo.text == "state/quarantine/shop/a/{date}.csv")
        #expect(pipeline.step("s")?.place == SourcePlace(file: "pipelines/shop.yaml", line: 4, column: 3))
        #expect(try Pipeline.parse("timezone: UTC\n" + yaml, file: "x", project: project).timezone == .utc)
    }
}

@Suite struct PipelineFileTests {
    /// A project in a folder of its own, removed afterwards.
    static func withProject(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("daymill-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: root) }
        for (path, text) in files {
            let url = URL(fileURLWithPath: root).appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        try body(root)
    }

    static let projectFiles = [
        "pipelines/user-actions.yaml": "", "pipelines/shop.yml": "", "pipelines/.hidden.yaml": "",
        "pipelines/notes.txt": "", "pipelines/both.yaml": "", "pipelines/both.yml": "", "elsewhere/one.yaml": "",
    ]

    @Test(arguments: [
        ("user-actions", "/pipelines/user-actions.yaml"), ("shop", "/pipelines/shop.yml"),
        ("user-actions.yaml", "/pipelines/user-actions.yaml"),
    ])
    func pipelinesAreFoundByName(name: String, path: String) throws {
        try Self.withProject(Self.projectFiles) { root in
            let found = try Pipeline.find(name: name, in: root)
            #expect(found == root + path)
        }
    }

    @Test(arguments: ["/elsewhere/one.yaml", "/elsewhere/one"])
    func pipelinesAreFoundByPath(path: String) throws {
        try Self.withProject(Self.projectFiles) { root in
            let found = try Pipeline.find(name: root + path, in: root)
            #expect(found == root + "/elsewhere/one.yaml")
        }
    }

    @Test(arguments: [
        (
            "user-action",
            "there is no pipeline 'user-action' in ROOT/pipelines/; did you mean 'user-actions'? (there are both, shop, user-actions)"
        ),
        ("xyz", "there is no pipeline 'xyz' in ROOT/pipelines/; there are both, shop, user-actions"),
        (
            "both",
            "the pipeline 'both' has two files: ROOT/pipelines/both.yaml and ROOT/pipelines/both.yml; remove one of them"
        ),
        ("ROOT/elsewhere/on.yaml", "there is no file 'ROOT/elsewhere/on.yaml'; did you mean 'one'?"),
        ("ROOT/nowhere/x.yaml", "there is no file 'ROOT/nowhere/x.yaml'; check the path"),
    ])
    func unknownPipelinesAreExplained(name: String, problem: String) throws {
        try Self.withProject(Self.projectFiles) { root in
            let name = name.replacingOccurrences(of: "ROOT", with: root)
            let thrown = #expect(throws: DaymillError.self) { try Pipeline.find(name: name, in: root) }
            #expect(thrown?.description.replacingOccurrences(of: root, with: "ROOT") == problem)
        }
    }

    @Test func aFolderNamedLikeAPipelineIsExplained() throws {
        try Self.withProject(["pipelines/broken.yaml/x": ""]) { root in
            #expect(Pipeline.names(in: root) == ["broken"])
            for name in ["broken", "broken.yaml", root + "/pipelines/broken.yaml", root + "/pipelines/broken"] {
                let thrown = #expect(throws: DaymillError.self) { try Pipeline.find(name: name, in: root) }
                #expect(
                    thrown?.description.replacingOccurrences(of: root, with: "ROOT")
                        == "ROOT/pipelines/broken.yaml: this is a folder, not a pipeline file; rename it, or move it out of the way"
                )
            }
        }
    }

    @Test(arguments: [
        ("shop", "."), ("shop.yaml", "."), ("pipelines/shop.yaml", "."), ("x/pipelines/shop.yaml", "x"),
        ("../pipelines/shop.yml", ".."), ("/srv/pipelines/shop.yaml", "/srv"), ("/pipelines/shop.yaml", "/"),
        ("x/shop.yaml", "x"), ("my-pipelines/shop.yaml", "my-pipelines"),
    ])
    func theProjectOfAPathIsAboveItsPipelines(name: String, root: String) {
        #expect(Project.root(ofPipeline: name, current: "/srv/x") == root)
    }

    @Test func insidePipelinesTheProjectIsTheParent() throws {
        try Self.withProject(["pipelines/shop.yaml": ""]) { root in
            let current = root + "/pipelines"
            #expect(Project.root(ofPipeline: "shop.yaml", current: current) == "..")
            #expect(Project.root(ofPipeline: "./shop.yaml", current: current) == "..")
            #expect(Project.root(ofPipeline: "other.yaml", current: current) == ".")
            #expect(Project.root(ofPipeline: "shop.yaml", current: root) == ".")
        }
    }

    @Test func aFolderWithoutPipelinesIsExplained() throws {
        try Self.withProject(["x/y": ""]) { root in
            let thrown = #expect(throws: DaymillError.self) { try Pipeline.find(name: "a", in: root) }
            #expect(thrown?.code == .notFound)
            #expect(thrown?.message == "there is no pipeline 'a': there is no folder \(root)/pipelines/")
        }
    }

    @Test func allNamesAreListedOnce() throws {
        try Self.withProject(Self.projectFiles) { root in
            #expect(Pipeline.names(in: root) == ["both", "shop", "user-actions"])
        }
        #expect(Pipeline.names(in: "/nowhere") == [])
    }

    @Test func aPipelineIsLoadedFromItsFile() throws {
        let yaml = """
            sources: { a: { files: all.csv, columns: { x: text } } }
            steps: { s: { rollup: 'SELECT x, count(*) AS n FROM a GROUP BY x', to: out.csv } }
            """
        try Self.withProject(["pipelines/p.yaml": yaml, "daymill.yaml": "store: keep"]) { root in
            let project = try Project.load(root: root)
            let pipeline = try Pipeline.load("p", in: project)
            #expect(project.storeFolder == root + "/keep")
            #expect(pipeline.file == root + "/pipelines/p.yaml")
            #expect(pipeline.steps.map(\.name) == ["s"])
        }
    }

    @Test func filesThatAreNotTextAreRefused() throws {
        try Self.withProject([:]) { root in
            let folder = URL(fileURLWithPath: root).appendingPathComponent("pipelines")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data([0x61, 0x3A, 0x20, 0x62, 0x0A, 0xFF, 0xFE]).write(to: folder.appendingPathComponent("p.yaml"))
            try Data(count: Limits.pipelineFileBytesMax + 1).write(to: folder.appendingPathComponent("big.yaml"))
            let project = Project(root: root)
            let text = #expect(throws: DaymillError.self) { try Pipeline.load("p", in: project) }
            #expect(text?.message == "this is not UTF-8 text")
            #expect(text?.place?.line == 2)
            let big = #expect(throws: DaymillError.self) { try Pipeline.load("big", in: project) }
            #expect(big?.code == .limit)
        }
    }
}
