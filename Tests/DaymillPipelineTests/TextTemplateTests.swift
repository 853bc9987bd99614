import DaymillCore
import Testing

@testable import DaymillPipeline

/// Texts with names in braces.
@Suite struct TextTemplateTests {
    private static let known = ["region", "extract.rows", "load-orders.rows", "item", "least"]
    private static let values = [
        "region": "eu", "extract.rows": "12", "load-orders.rows": "7", "item": "{region}", "least": "",
    ]

    private func render(_ text: String, _ day: String = "2024-09-06") throws -> String {
        try TextTemplate.parse(text, known: Self.known).render(Day(day)!) { Self.values[$0] }
    }

    private func problem(_ text: String, known: [String] = known) -> TextProblem? {
        do throws(TextProblem) {
            _ = try TextTemplate.parse(text, known: known)
            return nil
        } catch { return error }
    }

    @Test(
        arguments: [
            ("", ""), ("nothing", "nothing"), ("{region}", "eu"), ("{region}{region}", "eueu"), ("a{region}b", "aeub"),
            ("{extract.rows} of {load-orders.rows}", "12 of 7"), ("[{least}]", "[]"),
            ("grüße {region} 🌍 {date}", "grüße eu 🌍 2024-09-06"), ("{region}\n{region}\n", "eu\neu\n"),
            // What is put in is not read again.
            ("{item}", "{region}"),
        ])
    func namesStandForTheirValues(_ text: String, _ expected: String) throws {
        #expect(try render(text) == expected)
    }

    @Test(
        arguments: [
            ("{date}", "2024-09-06"), ("{date:yyyyMMdd}", "20240906"), ("{date:yyyy/MM/dd}", "2024/09/06"),
            ("{date:yy}", "24"), ("{date:M/d}", "9/6"), ("{date:dd.MM.yyyy}", "06.09.2024"), ("{date:d}{date:M}", "69"),
            ("{date:yyyy-MM-dd 00:00}", "2024-09-06 00:00"), ("{date:MMdd}", "0906"),
        ])
    func theDateStandsInAFormat(_ text: String, _ expected: String) throws {
        #expect(try render(text) == expected)
        let template = try TextTemplate.parse(text, known: [])
        #expect(template.names.isEmpty && template.text == text)
    }

    @Test func oldDatesHaveFourDigits() throws {
        #expect(try render("{date:yyyy yy}", "0099-01-02") == "0099 99")
        #expect(try render("{date:yy}", "2000-01-02") == "00")
    }

    @Test(
        arguments: [
            "{}", "{ }", "{ region }", "{\"region\": 1}", "{\"a\": {\"b\": [1, {}]}}", "{1}", "{1: 2}", "a { b",
            "a } b",
            "}{", "{", "}", "{{", "}}", "{{}}", "{{ region }}", "{:x}", "${1}", "{.a}", "{-}", "{[a]}", "{a b}",
            "{\"rows\": \"x\"}", "[{\"a\":1},{\"b\":2}]",
        ])
    func bracesWithoutANameStandForThemselves(_ text: String) throws {
        #expect(try render(text) == text)
        #expect(try TextTemplate.parse(text, known: Self.known).names.isEmpty)
    }

    @Test(
        arguments: [
            ("{\"rows\": {extract.rows}, \"region\": \"{region}\"}", "{\"rows\": 12, \"region\": \"eu\"}"),
            ("{\"text\": \"{date}\"}", "{\"text\": \"2024-09-06\"}"), ("{{\"a\": {region}}}", "{{\"a\": eu}}"),
            ("{{region} }", "{eu }"),
        ])
    func namesStandInJSON(_ text: String, _ expected: String) throws {
        #expect(try render(text) == expected)
    }

    @Test(
        arguments: [
            ("{{region}}", "{region}"), ("{{unknown}}", "{unknown}"), ("{{date}}", "{date}"),
            ("{{date:yyyy/MM}}", "{date:yyyy/MM}"), ("${{HOME}}", "${HOME}"), ("{{{region}}}", "{{region}}"),
            ("{{region}}{region}", "{region}eu"), ("{{load-orders.rows}}", "{load-orders.rows}"),
        ])
    func twoBracesAreOne(_ text: String, _ expected: String) throws {
        #expect(try render(text) == expected)
    }

    /// What is refused as a name can be written with two braces, as the hint says.
    @Test(
        arguments: ["{users: all}", "{date:dd MM}"])
    func twoBracesAreOneAroundAnything(_ text: String) throws {
        #expect(try render("{\(text)}") == text)
    }

    @Test func namesAreGivenInTheirOrder() throws {
        let template = try TextTemplate.parse("{region} {date} {extract.rows} {region} {{item}}", known: Self.known)
        #expect(template.names == ["region", "extract.rows", "region"])
    }

    @Test func whatIsNotKnownIsNothing() throws {
        let template = try TextTemplate.parse("<{region}>", known: ["region"])
        #expect(template.render(Day("2024-09-06")!) { _ in nil } == "<>")
    }

    @Test(
        arguments: [
            ("{regoin}", "there is no value 'regoin'; did you mean '{region}'?", 1),
            ("a {exract.rows}", "there is no value 'exract.rows'; did you mean '{extract.rows}'?", 3),
            ("{dat}", "there is no value 'dat'; did you mean '{date}'?", 1),
            ("{region:yyyy}", "there is no value 'region'; did you mean '{region}'?", 1),
            (
                "ü{xyzxyz}",
                "there is no value 'xyzxyz'; there are date, extract.rows, item, least, load-orders.rows, region; "
                    + "for braces as they are write {{xyzxyz}}", 2
            ),
            ("{date:YYYY-MM-DD}", "'YYYY' is no part of a day; parts are yyyy, yy, MM, M, dd and d", 1),
            ("{date:MMM}", "'MMM' is no part of a day; parts are yyyy, yy, MM, M, dd and d", 1),
            ("{date:yyyy/MM/dd/HH}", "'HH' is no part of a day; parts are yyyy, yy, MM, M, dd and d", 1),
        ])
    func unknownNamesAreRefused(_ text: String, _ expected: String, _ offset: Int) {
        #expect(problem(text)?.description == expected && problem(text)?.offset == offset)
    }

    @Test func aListOfNamesInAHintIsShort() throws {
        let known = (10..<99).map { "name\($0)" }
        let hint = try #require(problem("{quite_other}", known: known)?.hint)
        #expect(hint.contains("name10") && hint.contains("name28") && !hint.contains("name29"))
    }

    @Test func withoutAnyNamesThereIsTheDate() {
        #expect(problem("{xyzxyz}", known: [])?.hint == "there are date; for braces as they are write {{xyzxyz}}")
    }
}
