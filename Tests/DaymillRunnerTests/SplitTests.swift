import DaymillCore
import DaymillEngine
import DaymillPipeline
import DaymillRunner
import Testing

/// Steps with `split: day`: what has been taken in counts, whatever else is asked or edited.
@Suite struct SplitTests {
    private static func yaml(_ select: String = "x, count(*) AS n", _ window: String = "this day") -> String {
        """
        sources:
          t: { files: "in/{date}/*.csv", columns: { x: text, y: text, at: timestamp }, event_time: at }
        steps:
          s: { window: \(window), split: day, rollup: "SELECT \(select) FROM t GROUP BY x", to: "out/{date}.csv" }
        """
    }

    private func made(_ yaml: String = yaml()) throws -> TestProject {
        let project = try TestProject(yaml)
        try project.write("in/2024-09-01/a.csv", "a,p,2024-09-01 01:00:00\n")
        try project.write("in/2024-09-02/b.csv", "b,q,2024-09-01 02:00:00\nc,q,2024-09-02 02:00:00\n")
        try project.run("2024-09-01")
        try project.run("2024-09-02")
        return project
    }

    private func many(_ project: TestProject, _ yaml: String? = nil) throws -> (ManyRun, Pipeline) {
        let store = project.store()
        try store.open()
        let run = ManyRun(project: Project(root: project.root), store: store, options: RunOptions(threads: 1))
        return (run, try project.pipeline(yaml))
    }

    @Test func anotherQueryKeepsTheRowsOfAllFiles() throws {
        let project = try made()
        try project.write("in/2024-09-03/c.csv", "d,r,2024-09-03 03:00:00\n")
        let edited = Self.yaml("x, count(*) AS n, max(y) AS y")
        try project.run("2024-09-03", yaml: edited)
        #expect(project.text("out/2024-09-01.csv") == "x,n,y\na,1,p\nb,1,q\n")
        #expect(project.text("out/2024-09-02.csv") == "x,n,y\nc,1,q\n")
        #expect(project.text("out/2024-09-03.csv") == "x,n,y\nd,1,r\n")
    }

    @Test func anotherQueryIsRepaired() throws {
        let project = try made()
        let (run, pipeline) = try many(project, Self.yaml("x, count(*) AS n, max(y) AS y"))
        _ = try run.repair(pipeline)
        #expect(project.text("out/2024-09-01.csv") == "x,n,y\na,1,p\nb,1,q\n")
        #expect(project.text("out/2024-09-02.csv") == "x,n,y\nc,1,q\n")
    }

    /// With such a window the run for a date takes in the folders of days before it.
    @Test func changedFilesAreRepairedWhateverTheWindow() throws {
        let project = try TestProject(Self.yaml("x, count(*) AS n", "last 1 day"))
        try project.write("in/2024-09-01/a.csv", "a,p,2024-09-01 01:00:00\n")
        try project.write("in/2024-09-02/b.csv", "b,q,2024-09-01 02:00:00\nc,q,2024-09-02 02:00:00\n")
        try project.run("2024-09-02")
        try project.run("2024-09-03")
        #expect(project.text("out/2024-09-02.csv") == "x,n\nc,1\n")
        try project.write("in/2024-09-02/b.csv", "c,q,2024-09-02 02:00:00\nc,q,2024-09-02 02:00:00\n")
        let (run, pipeline) = try many(project)
        _ = try run.repair(pipeline)
        #expect(project.text("out/2024-09-02.csv") == "x,n\nc,2\n")
        #expect(project.text("out/2024-09-01.csv") == "x,n\na,1\n")
    }

    @Test func askingTakesNothingIn() throws {
        let project = try made()
        // The bytes of a file that was taken in, in a folder of which no run has been.
        try project.write("in/2024-09-05/a.csv", "a,p,2024-09-01 01:00:00\n")
        let options = RunOptions(threads: 1)
        let status = StatusRun(project: Project(root: project.root), store: project.store(), options: options)
        _ = try status.status(of: try project.pipeline(nil))
        try project.write("in/2024-09-03/c.csv", "d,r,2024-09-03 03:00:00\n")
        try project.run("2024-09-03")
        #expect(project.text("out/2024-09-01.csv") == "x,n\na,1\nb,1\n")
        try project.run("2024-09-05")
        #expect(project.text("out/2024-09-01.csv") == "x,n\na,2\nb,1\n")
    }

    /// One date without records ends the repair of no other.
    @Test func aFileThatHasLostItsRowsIsRepaired() throws {
        let project = try made()
        try project.write("in/2024-09-02/b.csv", "")
        let (run, pipeline) = try many(project)
        _ = try run.repair(pipeline)
        #expect(project.text("out/2024-09-01.csv") == "x,n\na,1\n")
        #expect(project.text("out/2024-09-02.csv") == "x,n\n")
    }
}
