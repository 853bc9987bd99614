import DaymillColumns
import DaymillConnect
import DaymillCore
import Foundation
import Testing

@Suite struct LocalFilesTests {
    let folder: ScratchFolder
    let day = Day("2024-09-06")!

    init() throws { folder = try ScratchFolder() }

    private func list(_ template: String, _ day: Day? = nil, atMost: Int = 100) throws -> [String] {
        try LocalFiles.list(.parse(template), for: day, root: folder.path, atMost: atMost).map { file in
            #expect(file.realPath == "\(folder.path)/\(file.path)")
            return file.path
        }
    }

    private func listAll(_ template: String, from start: Day? = nil) throws -> [String] {
        try LocalFiles.listAll(.parse(template), from: start, root: folder.path).map { file, day in
            "\(file.path) \(day?.description ?? "-")"
        }
    }

    private func failure(_ template: String, _ day: Day? = nil, atMost: Int = 100) throws -> String {
        let error = #expect(throws: DaymillError.self) { try list(template, day, atMost: atMost) }
        return error.map { "\($0.code.rawValue): \($0.message)" } ?? ""
    }

    private func write(_ names: String...) throws { for name in names { try folder.write(name) } }

    @Test func theFileOfADayIsFound() throws {
        try write("input/2024-09-06.csv", "input/2024-09-07.csv")
        #expect(try list("input/{date}.csv", day) == ["input/2024-09-06.csv"])
        #expect(try list("./input/{date}.csv", day) == ["input/2024-09-06.csv"])
        #expect(try list("input/{date}.csv", day.adding(days: 5)) == [])
        #expect(try list("nowhere/{date}.csv", day) == [])
        #expect(try list("input/2024-09-06.csv/{date}.csv", day) == [])
        let file = try #require(try LocalFiles.list(.parse("input/{date}.csv"), for: day, root: folder.path).first)
        #expect(try file.stamp == FileDoor.stamp(of: file.realPath))
    }

    @Test func absolutePathsStayAsTheyAre() throws {
        try write("a/1.csv", "a/2.csv")
        for template in ["\(folder.path)/a/1.csv", "\(folder.path)/a/[1].csv"] {
            let files = try LocalFiles.list(.parse(template), for: nil, root: "/nowhere")
            #expect(files.map(\.path) == ["\(folder.path)/a/1.csv"])
            #expect(files.map(\.realPath) == files.map(\.path))
        }
    }

    @Test(
        arguments: [
            ("{date:yyyy/MM/dd}/*.csv", "2024/09/06/a.csv 2024/09/06/b.csv"),
            ("{date:yyyy/MM/dd}/*", "2024/09/06/a.csv 2024/09/06/b.csv 2024/09/06/c.txt"),
            ("{date:yyyy/MM/dd}/.*.csv", "2024/09/06/.h.csv"),
            (
                "{date:yyyy/MM/dd}/**",
                "2024/09/06/a.csv 2024/09/06/b.csv 2024/09/06/c.txt 2024/09/06/s/a.csv 2024/09/06/s/t/d.csv"
            ),
            ("{date:yyyy/MM/dd}/**/[a-b].csv", "2024/09/06/a.csv 2024/09/06/b.csv 2024/09/06/s/a.csv"),
            ("{date:yyyy/MM/dd}/?/*.csv", "2024/09/06/s/a.csv"),
            ("{date:yyyy/MM/dd}/*/t/*.csv", "2024/09/06/s/t/d.csv"),
            ("20*/**/{date:yyyy-MM-dd}.*", "2024/2024-09-06.csv 2024/x/2024-09-06.gz"),
            ("*/{date}.csv", "2024/2024-09-06.csv"),
            ("**/.hidden/*", "2024/.hidden/a.csv"),
            ("**/s/**/*.csv", "2024/09/06/s/a.csv 2024/09/06/s/t/d.csv"),
            ("2024/09/06/**/**/b.csv", "2024/09/06/b.csv"),
            ("nowhere/*/{date}.csv", ""),
        ])
    func wildcardsMatchTheWayShellsDo(template: String, paths: String) throws {
        try write(
            "2024/09/06/b.csv", "2024/09/06/a.csv", "2024/09/06/c.txt", "2024/09/06/.h.csv", "2024/09/06/s/a.csv",
            "2024/09/06/s/t/d.csv", "2024/09/06/.s/e.csv", "2024/09/07/a.csv", "2024/2024-09-06.csv",
            "2024/x/2024-09-06.gz", "2024/.hidden/a.csv")
        #expect(try list(template, day) == paths.split(separator: " ").map(String.init))
    }

    @Test func allDaysAreFoundByListingFolders() throws {
        try write(
            "in/2024/09/07/b.csv", "in/2024/09/07/a.csv", "in/2024/09/06/z.csv", "in/2023/12/31/a.csv",
            "in/2024/02/30/a.csv", "in/2024/9/06/a.csv", "in/other/09/06/a.csv", "in/2024/09/06/.h.csv")
        let old = "in/2023/12/31/a.csv 2023-12-31"
        let new = [
            "in/2024/09/06/z.csv 2024-09-06", "in/2024/09/07/a.csv 2024-09-07", "in/2024/09/07/b.csv 2024-09-07",
        ]
        #expect(try listAll("in/{date:yyyy/MM/dd}/*.csv") == [old] + new)
        #expect(try listAll("in/{date:yyyy/MM/dd}/*.csv", from: day) == new)
        #expect(try listAll("in/{date:yyyy/MM/dd}/z.csv", from: day) == [new[0]])
    }

    @Test func allFilesAreSortedByDayThenPath() throws {
        try write("31-12-2023.csv", "01-01-2024.csv", "x", "02-01-2024.csv", "99-99-2024.csv")
        let expected = ["31-12-2023.csv 2023-12-31", "01-01-2024.csv 2024-01-01", "02-01-2024.csv 2024-01-02"]
        #expect(try listAll("{date:dd-MM-yyyy}.csv") == expected)
        #expect(try listAll("*.csv").map { String($0.suffix(1)) } == ["-", "-", "-", "-"])
        #expect(try listAll("x", from: day) == ["x -"])
    }

    @Test func pathsAreSortedByTheirBytes() throws {
        try write("b.csv", "a.csv", "B.csv", "é.csv", "a-b.csv", "a b.csv", "10.csv", "9.csv")
        let expected = ["10.csv", "9.csv", "B.csv", "a b.csv", "a-b.csv", "a.csv", "b.csv", "é.csv"]
        #expect(try list("*.csv") == expected)
    }

    @Test func linksToFilesAndFoldersAreFollowed() throws {
        try write("store/a.csv", "store/deep/b.csv", "in/c.csv")
        try folder.link("in/a.csv", to: "../store/a.csv")
        try folder.link("in/folder", to: "../store")
        #expect(try list("in/*.csv") == ["in/a.csv", "in/c.csv"])
        #expect(try list("in/a.csv") == ["in/a.csv"])
        #expect(try list("in/*/*.csv") == ["in/folder/a.csv"])
        #expect(try list("in/folder/**/*.csv") == ["in/folder/a.csv", "in/folder/deep/b.csv"])
    }

    @Test func recursionDoesNotRunInCircles() throws {
        try write("in/a/b.csv")
        try folder.link("in/a/up", to: "..")
        #expect(try list("in/**/*.csv") == ["in/a/b.csv"])
        #expect(try list("**") == ["in/a/b.csv"])
    }

    @Test func brokenLinksAreErrorsWhereTheyWouldBeRead() throws {
        try folder.link("a.csv", to: "nowhere.csv")
        try folder.link(".b.csv", to: "nowhere.csv")
        try folder.link("c.txt", to: "nowhere.csv")
        #expect(try failure("*.csv") == "io: a.csv is a link to a file that is not there")
        #expect(try failure("a.csv") == "io: a.csv is a link to a file that is not there")
        #expect(try list("b*.csv") == [])
    }

    @Test func foldersAndPipesAreNoFiles() throws {
        try write("x.csv/part-0.csv", "y.csv")
        #expect(mkfifo("\(folder.path)/p.csv", 0o600) == 0)
        #expect(try list("*.csv") == ["y.csv"])
        #expect(try failure("x.csv") == "io: x.csv is a folder, not a file")
        #expect(try failure("p.csv") == "io: p.csv is a pipe or a device, not a file")
    }

    @Test func namesThatAreNotUTF8AreErrors() throws {
        let path =
            Array("\(folder.path)/a".utf8CString.dropLast()) + [CChar(bitPattern: 0xff)] + Array(".csv".utf8CString)
        close(creat(path, 0o600))
        #expect(try failure("*.csv") == "io: the name of a\u{fffd}.csv is not UTF-8")
        #expect(try list("*.txt") == [])
    }

    @Test func tooManyFilesAreAnError() throws {
        try write("1.csv", "2.csv", "3.csv", "4.txt")
        #expect(try list("*.csv", atMost: 3).count == 3)
        #expect(try failure("*.csv", atMost: 2) == "limit: *.csv stands for more than 2 files")
    }

    @Test(.enabled(if: getuid() != 0, "nothing is forbidden to root"))
    func whatMayNotBeReadIsAnError() throws {
        try write("in/a.csv")
        for mode in [0o000, 0o600] as [mode_t] {
            chmod("\(folder.path)/in", mode)
            defer { chmod("\(folder.path)/in", 0o700) }
            #expect(try failure("in/*.csv").hasPrefix("io: cannot"))
            #expect(try failure("in/a.csv").hasPrefix("io: cannot"))
            #expect(try failure("**/a.csv").hasPrefix("io: cannot"))
        }
    }
}
