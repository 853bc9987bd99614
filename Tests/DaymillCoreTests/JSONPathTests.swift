import DaymillCore
import Testing

@Suite struct JSONPathTests {
    static let right: [(text: String, steps: [JSONPath.Step])] = [
        ("a", [.key("a")]), ("user.profile.id", [.key("user"), .key("profile"), .key("id")]),
        ("items[0].price", [.key("items"), .element(0), .key("price")]),
        ("a[1][22]", [.key("a"), .element(1), .element(22)]),
        ("\"a.b\".c", [.key("a.b"), .key("c")]), ("\"say \"\"x\"\"\"", [.key("say \"x\"")]), ("\"\"", [.key("")]),
        ("a b.c-d$@", [.key("a b"), .key("c-d$@")]), ("\" a\"[3]", [.key(" a"), .element(3)]),
        ("é.\"[0]\"", [.key("é"), .key("[0]")]),
    ]

    @Test(arguments: right)
    func pathsAreReadAndWrittenBack(_ path: (text: String, steps: [JSONPath.Step])) throws {
        let parsed = try JSONPath.parse(path.text)
        #expect(parsed.steps == path.steps)
        #expect(parsed.description == path.text)
    }

    static let wrong: [(text: String, offset: Int, message: String)] = [
        ("", 0, "a key is missing"), ("a..b", 2, "a key is missing"), ("a.", 2, "a key is missing"),
        (".a", 0, "a key is missing"), ("[0]", 0, "a key is missing"), ("a.[0]", 2, "a key is missing"),
        ("a[0]b", 4, "'b' stands where a '.' or '[' is expected"),
        ("\"a\"b", 3, "'b' stands where a '.' or '[' is expected"),
        ("a[]", 1, "after '[' a position and ']' are expected"),
        ("a[x]", 1, "after '[' a position and ']' are expected"),
        ("a[-1]", 1, "after '[' a position and ']' are expected"),
        ("a[1", 1, "after '[' a position and ']' are expected"),
        ("a[99999999999999999999]", 1, "after '[' a position and ']' are expected"),
        ("\"a", 0, "a quote opens and never closes"), ("a.\"b\"\"", 2, "a quote opens and never closes"),
        ("a\"b", 1, "'\"' stands in a key; such a key needs quotes around it"),
        ("a]", 1, "']' stands in a key; such a key needs quotes around it"),
        (" a", 0, "a key begins or ends with a space; such a key needs quotes around it"),
        ("a.b ", 2, "a key begins or ends with a space; such a key needs quotes around it"),
    ]

    @Test(arguments: wrong)
    func wrongPathsAreRefusedWithTheirPlace(_ path: (text: String, offset: Int, message: String)) {
        let problem = #expect(throws: TextProblem.self) { try JSONPath.parse(path.text) }
        #expect(problem?.offset == path.offset)
        #expect(problem?.message == "in the path '\(path.text)': \(path.message)")
    }

    @Test func pathsHaveABound() {
        let deep = Array(repeating: "a", count: Limits.jsonDepthMax).joined(separator: ".")
        #expect(throws: TextProblem.self) { try JSONPath.parse(deep) }
        #expect(throws: Never.self) { try JSONPath.parse(String(deep.dropLast(2))) }
    }
}
