import CPgQuery

/// The one file that calls libpg_query, which is PostgreSQL's own grammar as a library.
///
/// The library keeps its state per thread and a call neither blocks nor does I/O, so any thread may call at any time.
enum PgQueryDoor {
    /// Of the PostgreSQL whose grammar it is.
    static let version = PG_VERSION

    /// The syntax tree of some SQL text as JSON; positions in it are bytes of the UTF-8 text.
    static func syntaxTree(of sql: String) throws(SyntaxFailure) -> String {
        let result = unsafe pg_query_parse(sql)
        defer { unsafe pg_query_free_parse_result(result) }
        if let error = unsafe result.error {
            throw unsafe SyntaxFailure(
                message: String(cString: error.pointee.message), character: Int(error.pointee.cursorpos))
        }
        return unsafe String(cString: result.parse_tree)
    }
}

/// What PostgreSQL's grammar says about text that is no SQL.
struct SyntaxFailure: Error {
    /// PostgreSQL's sentence, such as `syntax error at or near "from"`.
    var message: String
    /// The character (Unicode scalar) it happened at, from 1; 0 when unknown.
    var character: Int
}
