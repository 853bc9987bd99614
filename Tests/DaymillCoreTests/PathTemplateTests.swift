import DaymillCore
import Testing

@Suite struct PathTemplateTests {
    let day = Day("2024-09-06")!

    @Test(arguments: [
        ("input/{date}.csv", "input/2024-09-06.csv"),
        ("./input/{date}.csv", "input/2024-09-06.csv"),
        ("{date:yyyy/MM/dd}/x_{date:yyyyMMdd}.csv", "2024/09/06/x_20240906.csv"),
        ("{date:M-d-yy}.csv", "9-6-24.csv"),
        ("{date:MM--dd--yyyy}.csv", "09--06--2024.csv"),
        ("logs/**/{date}*.csv.gz", "logs/**/2024-09-06*.csv.gz"),
        ("a{{b}}/{date}[0-9][!ab].csv", "a{b}/2024-09-06[0-9][!ab].csv"),
        ("/var/log/all.csv", "/var/log/all.csv"),
    ])
    func aDayIsPutIn(text: String, path: String) throws {
        #expect(try PathTemplate.parse(text).render(for: day) == path)
    }

    @Test(
        arguments: [
            ("input/{date}.csv", "input/2024-09-06.csv", "2024-09-06"),
            ("input/{date}.csv", "./input/2024-09-06.csv", "2024-09-06"),
            ("input/{date}.csv", "input/2024-02-30.csv", nil),
            ("input/{date}.csv", "input/2024-9-06.csv", nil),
            ("input/{date}.csv", "input/x2024-09-06.csv", nil),
            ("{date:yyyy/MM/dd}/*.csv", "2024/09/06/part-1.csv", "2024-09-06"),
            ("{date:yyyy/MM/dd}/*.csv", "2024/09/06/.part-1.csv", nil),
            ("{date:yyyy/MM/dd}/*.csv", "2024/09/06/a/b.csv", nil),
            ("{date:yyyy}/{date:yyyyMMdd}.csv", "2024/20240906.csv", "2024-09-06"),
            ("{date:yyyy}/{date:yyyyMMdd}.csv", "2023/20240906.csv", nil),
            ("{date:M/d/yy}.csv", "9/6/24.csv", "2024-09-06"),
            ("{date:M/d/yy}.csv", "12/31/24.csv", "2024-12-31"),
            ("{date:M/d/yy}.csv", "09/6/24.csv", nil),
            ("{date:yy}/{date:yyyy-MM-dd}.csv", "24/2024-09-06.csv", "2024-09-06"),
            ("logs/**/{date}.csv", "logs/2024-09-06.csv", "2024-09-06"),
            ("logs/**/{date}.csv", "logs/a/b/2024-09-06.csv", "2024-09-06"),
            ("logs/**/{date}.csv", "logs/.a/2024-09-06.csv", nil),
            ("{date}/**", "2024-09-06/a/b.csv", "2024-09-06"),
            ("*{date:yyyyMMdd}*.csv", "log120240906-3.csv", "2024-09-06"),
            ("day-?-{date}[a-c].csv", "day-é-2024-09-06b.csv", "2024-09-06"),
            ("day-{date}[!a-c].csv", "day-2024-09-06b.csv", nil),
            ("all.csv", "all.csv", nil),
        ] as [(String, String, String?)])
    func theDayOfAPathIsFound(template: String, path: String, day: String?) throws {
        #expect(try PathTemplate.parse(template).day(of: path)?.description == day)
    }

    @Test func aPathMatchesForItsDayOnly() throws {
        let template = try PathTemplate.parse("{date:yyyy/MM}/{date:dd}-*.csv")
        #expect(template.matches("2024/09/06-x.csv", for: day))
        #expect(!template.matches("2024/09/07-x.csv", for: day))
        #expect(template.matches("2024/09/07-x.csv"))
        #expect(try PathTemplate.parse("all-*.csv").matches("all-1.csv", for: day))
    }

    @Test(
        arguments: [
            ("in/{date:yyyy/MM/dd}/*.csv", "in", true, true), ("in/{date:yyyy/MM/dd}/*.csv", "i", false, false),
            ("in/{date:yyyy/MM/dd}/*.csv", "in/2024", true, true),
            ("in/{date:yyyy/MM/dd}/*.csv", "in/2023", false, true),
            ("in/{date:yyyy/MM/dd}/*.csv", "in/2024/09/06/", true, true),
            ("in/{date:yyyy/MM/dd}/*.csv", "in/2024/09/06/a", false, false),
            ("logs/deep/{date}.csv", "logs", true, true), ("logs/deep/{date}.csv", "logs/dee", false, false),
            ("logs/**/{date}.csv", "logs/a/b/c", true, true), ("logs/**/{date}.csv", "logs/a/.b/c", false, false),
            ("a*/x/{date}.csv", "abc/x", true, true), ("a*/x/{date}.csv", "abc/y", false, false),
            ("{date}.csv", "2024-09-06.csv", false, false), ("[+-9]x/{date}.csv", "4x", true, true),
        ] as [(String, String, Bool, Bool)])
    func foldersOnTheWayAreKnown(template: String, folder: String, ofDay: Bool, ofAllDays: Bool) throws {
        let template = try PathTemplate.parse(template)
        #expect(template.reachesInto(folder: folder, for: day) == ofDay)
        #expect(template.reachesInto(folder: folder) == ofAllDays)
    }

    @Test(arguments: [
        ("input/{date}.csv", "input", "input"), ("{date:yyyy/MM/dd}/*.csv", "2024/09/06", ""),
        ("/{date}.csv", "/", "/"), ("{date}.csv", "", ""), ("a/b*/{date}.csv", "a", "a"), ("a/**/{date}.csv", "a", "a"),
    ])
    func theFolderIsTheDeepestFixedOne(text: String, ofDay: String, ofAllDays: String) throws {
        let template = try PathTemplate.parse(text)
        #expect(template.folder(for: day) == ofDay)
        #expect(template.folder(for: nil) == ofAllDays)
    }

    @Test(arguments: [
        ("out/{date}_{who}.csv", "out/2024-09-06_ab*.csv", "out/{date}_ab*.csv"),
        ("{who}{who}/{{who}}.csv", "ab*ab*/{who}.csv", "ab*ab*/{{who}}.csv"),
        ("{folder}/{date}.csv", "/data/x/2024-09-06.csv", "/data/x/{date}.csv"),
    ])
    func paramsStandForThemselves(text: String, path: String, filled: String) throws {
        let template = try PathTemplate.parse(text, params: ["who": "ab*", "folder": "/data/x"])
        #expect(template.render(for: day) == path)
        #expect(template.text == filled)
        #expect(!template.isGlob && template.matches(path))
        #expect(!template.matches(path.replacing("*", with: "cd")) || !path.contains("*"))
    }

    @Test func unknownParamsHaveTheirNearest() {
        let thrown = #expect(throws: TextProblem.self) {
            try PathTemplate.parse("out/{inital}.csv", params: ["initials": "x"])
        }
        #expect(
            thrown?.description == "in the path 'out/{inital}.csv': '{inital}' is not known; did you mean '{initials}'?"
        )
        #expect(thrown?.offset == 4)
        #expect(throws: TextProblem.self) { try PathTemplate.parse("{date:yyyy-M}{n}-{date:dd}", params: ["n": "1"]) }
    }

    @Test(
        arguments: [
            ("{date:yyyy/MM/dd/HH}/*.csv", "2024/09/06/07/a.csv", "2024-09-06 07h"),
            ("{date:yyyyMMddHH}.csv", "2024090623.csv", "2024-09-06 23h"),
            ("{date:yyyyMMddHH}.csv", "2024090624.csv", nil),
            ("{date:HH}/{date:dd.MM.yyyy HH}.csv", "07/06.09.2024 07.csv", "2024-09-06 07h"),
            ("{date:HH}/{date:dd.MM.yyyy HH}.csv", "08/06.09.2024 07.csv", nil),
            ("{date:yyyyMMdd}.csv", "20240906.csv", nil),
        ] as [(String, String, String?)])
    func theHourOfAPathIsFound(template: String, path: String, hour: String?) throws {
        let template = try PathTemplate.parse(template)
        #expect(template.hour(of: path)?.description == hour)
        if template.hasHours {
            #expect(template.day(of: path)?.description == hour.map { String($0.prefix(10)) })
        }
    }

    @Test func aDayOfHoursHasManyPaths() throws {
        let template = try PathTemplate.parse("in/{date:yyyy/MM/dd}/{date:HH}/x.csv")
        #expect(template.hasHours && template.hasDate && template.isGlob && !template.isRecursive)
        #expect(template.render(for: day) == "in/2024/09/06/[0-9][0-9]/x.csv")
        #expect(template.render(for: PathHour(day: day, hour: 7)) == "in/2024/09/06/07/x.csv")
        #expect(template.folder(for: day) == "in/2024/09/06")
        #expect(template.matches("in/2024/09/06/23/x.csv", for: day))
        #expect(!template.matches("in/2024/09/06/24/x.csv", for: day))
        #expect(template.reachesInto(folder: "in/2024/09/06/23", for: day))
    }

    @Test func whatKindOfPathItIsIsKnown() throws {
        let plain = try PathTemplate.parse("a.csv")
        #expect(!plain.hasDate && !plain.isGlob && !plain.isRecursive)
        let rich = try PathTemplate.parse("**/{date:d.M.yyyy}.csv")
        #expect(rich.hasDate && rich.isGlob && rich.isRecursive)
        #expect(rich.everyDay == "**/*.*.[0-9][0-9][0-9][0-9].csv")
        #expect(try PathTemplate.parse("./{date}.csv") == PathTemplate.parse("{date:yyyy-MM-dd}.csv"))
    }

    @Test(arguments: [
        ("", 0, "the path is empty; write one such as 'input/{date}.csv'"),
        ("input/", 5, "in the path 'input/': it names a folder, not files; add the files, as in 'input/{date}.csv'"),
        ("s3://b/{date}", 0, "'s3://' paths are not there yet; use files of this machine or of a mounted volume"),
        ("${IN}/a.csv", 0, "'${NAME}' in paths is not there yet; write the folder itself"),
        ("~/a.csv", 0, "in the path '~/a.csv': '~' is not replaced by your home folder; write the whole path"),
        ("a/{dat}.csv", 2, "in the path 'a/{dat}.csv': '{dat}' is not known; did you mean '{date}'?"),
        ("a/{ date }.csv", 2, "in the path 'a/{ date }.csv': '{ date }' has spaces; write '{date}'"),
        ("a/{yyyy}.csv", 2, "in the path 'a/{yyyy}.csv': '{yyyy}' is not known; write '{date:yyyy}'"),
        (
            "a/{client}.csv", 2,
            "in the path 'a/{client}.csv': '{client}' is not known; braces take {date}, {date:yyyy/MM/dd} and names of 'params'; write '{{' for a brace"
        ),
        (
            "a.{csv,gz}", 2,
            "in the path 'a.{csv,gz}': alternatives such as '{csv,gz}' are not paths; give a list of paths, one for each"
        ),
        (
            "a/{date.csv", 2,
            "in the path 'a/{date.csv': '{' is not closed; write '{date}' for the day, '{{' for a brace in the path"
        ),
        ("a}.csv", 1, "in the path 'a}.csv': '}' closes nothing; write '}}' for a brace in the path"),
        (
            "{date:YYYY-MM-DD}", 6,
            "in the path '{date:YYYY-MM-DD}': 'YYYY' is not part of a date; write 'yyyy' for the year"
        ),
        (
            "{date:yyyy-mm-dd}", 11,
            "in the path '{date:yyyy-mm-dd}': 'mm' is not part of a date; write 'MM' for the month"
        ),
        (
            "{date:yyyy-MM-dd/hh}", 17,
            "in the path '{date:yyyy-MM-dd/hh}': 'hh' is not part of a date; write 'HH' for the hour, 00 to 23"
        ),
        (
            "{date:HH}", 6,
            "in the path '{date:HH}': its date has no year (yyyy) and no month (MM) and no day (dd); name the whole day, so that each path belongs to one day"
        ),
        (
            "{date:%Y-%m-%d}", 6,
            "in the path '{date:%Y-%m-%d}': '%' is not used in the format of a date; write it like yyyy-MM-dd"
        ),
        (
            "{date:yyyyMMMdd}", 10,
            "in the path '{date:yyyyMMMdd}': 'MMM' is not part of a date; a format takes yyyy, yy, MM, M, dd, d and HH"
        ),
        (
            "{date:yyyy-MM}", 6,
            "in the path '{date:yyyy-MM}': its date has no day (dd); name the whole day, so that each path belongs to one day"
        ),
        ("{date:}", 6, "in the path '{date:}': the date has no format; write {date} or {date:yyyyMMdd}"),
        (
            "{date:yyyyMd}", 10,
            "in the path '{date:yyyyMd}': nobody can tell where 'M' ends; write 'MM' for two digits always"
        ),
        (
            "{date:yyyy-MM-d}*", 14,
            "in the path '{date:yyyy-MM-d}*': nobody can tell where 'd' ends; write 'dd' for two digits always"
        ),
        (
            "{date:yyyy*MM-dd}", 10,
            "in the path '{date:yyyy*MM-dd}': '*' cannot stand in the format of a date; move it out of the braces"
        ),
        (
            "a**/b.csv", 1,
            "in the path 'a**/b.csv': '**' stands for whole folders; write it between slashes, as in 'logs/**/*.csv'"
        ),
        ("a[bc.csv", 1, "in the path 'a[bc.csv': '[' is not closed; write a set of characters such as [0-9]"),
        ("a[z-a].csv", 2, "in the path 'a[z-a].csv': the range 'z-a' runs backwards; write 'a-z'"),
        ("a\tb.csv", 1, "the path holds a control character; remove it"),
    ])
    func wrongPathsAreExplainedAtTheirPlace(text: String, offset: Int, problem: String) {
        let thrown = #expect(throws: TextProblem.self) { try PathTemplate.parse(text) }
        #expect(thrown?.description == problem)
        #expect(thrown?.offset == offset)
    }
}
