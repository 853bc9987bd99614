/// The grammar that SQL texts are read by.
public enum SQLGrammar {
    /// The version of the PostgreSQL whose grammar it is, such as `15.1`.
    public static let version = PgQueryDoor.version
}
