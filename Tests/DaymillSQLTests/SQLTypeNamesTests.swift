import DaymillSQL
import Testing

/// Types as people write them in pipeline files.
struct SQLTypeNamesTests {
    @Test(arguments: [
        ("text", SQLType.text), ("VARCHAR", .text), ("string", .text), ("integer", .integer), ("BigInt", .integer),
        ("int", .integer), ("double", .double), (" double  precision ", .double), ("float8", .double),
        ("float", .double),
        ("boolean", .boolean), ("bool", .boolean), ("date", .date), ("timestamp", .timestamp),
        ("decimal(10,2)", .decimal(scale: 2)), ("numeric( 38 , 38 )", .decimal(scale: 38)),
        ("DECIMAL (5)", .decimal(scale: 0)),
    ])
    func namesAreUnderstood(_ text: String, _ type: SQLType) {
        #expect(SQLType.parse(text) == type)
    }

    @Test(arguments: [
        "", "txt", "decimal", "numeric", "decimal()", "decimal(0)", "decimal(39,2)", "decimal(4,5)", "decimal(4,-1)",
        "decimal(4,2,1)", "decimal(4,2", "decimal 4,2", "varchar(10)", "integer(4)", "timestamptz", "interval", "real",
    ])
    func otherWordsAreNoTypes(_ text: String) {
        #expect(SQLType.parse(text) == nil)
    }

    @Test(arguments: [SQLType.text, .integer, .decimal(scale: 3), .double, .boolean, .date, .timestamp])
    func descriptionIsUnderstoodAgain(_ type: SQLType) {
        #expect(SQLType.parse(type.description) == type)
    }
}
