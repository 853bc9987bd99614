import DaymillCore
import DaymillSQL
import Testing

/// What partials are stored under. Equal meaning may share; another meaning must never.
struct IdentityTests {
    /// Queries that compute the same partials as `base`.
    static let base =
        "select email, count(*) filter (where action = 'READ') as reads, max(dt) as last from actions group by email"

    @Test(arguments: [
        "SELECT  email,count( * )FILTER(WHERE action='READ')AS reads,MAX(dt) last FROM actions GROUP BY 1 -- comment",
        "select max(dt), email, count(*) filter (where 'READ' = action) from actions group by actions.email",
        "select a.EMAIL as who, count(1) filter (where action in ('READ')) as n, max(dt) from Actions a group by who",
        "select email, max(dt) - max(dt) > interval '1 day' as x from actions group by email having count(*) filter (where not action <> 'READ') > 5 order by 2 limit 7 offset 2",
        "select email, count(*) filter (where action = 'READ') + 1 as reads, max(dt) as last from actions group by email, 1",
        "select email, count(*) filter (where (action) = 'READ'::text) as reads, max(dt) as last from actions where true group by email",
    ])
    func sameStateHasOneIdentity(_ sql: String) throws {
        #expect(try parsed(sql).stateIdentity == parsed(Self.base).stateIdentity)
        #expect(try parsed(sql).aggregates.map(\.type) == parsed(Self.base).aggregates.map(\.type))
    }

    @Test(arguments: [
        ("action = 'a' and email = 'b'", "email = 'b' and action = 'a' and email = 'b'"),
        ("action = 'a' or email = 'b' or dt is null", "dt is null or (email = 'b' or action = 'a')"),
        ("action <> 'a'", "not (action = 'a')"), ("action != 'a'", "'a' <> action"),
        ("dt > '2024-01-01'", "timestamp '2024-01-01' < dt"), ("dt >= '2024-01-01'", "not dt < '2024-01-01 00:00:00'"),
        ("email in ('a', 'b')", "email in ('b', 'a', 'b')"), ("email not in ('a', 'b')", "not (email in ('b', 'a'))"),
        ("dt between '2024-01-01' and '2024-02-01'", "dt >= '2024-01-01' and dt <= '2024-02-01'"),
        ("email is not null", "not (email is null)"),
        ("dt::date = '2024-01-01'", "cast(dt as date) = date '2024-01-01'"),
        ("dt > '2024-01-02'::date + interval '1 day'", "dt > '2024-01-02'::timestamp + interval '24 hours'"),
        ("length(email) > -(5)", "char_length(email) > - 5"),
    ])
    func spellingsOfOneConditionAreOne(_ a: String, _ b: String) throws {
        #expect(try filtered(a).stateIdentity == filtered(b).stateIdentity)
    }

    /// No two of these mean the same.
    static let different = [
        "select count(*) from actions", "select count(email) from actions", "select count(distinct email) from actions",
        "select count(action) from actions", "select count(*) from actions group by email",
        "select count(*) from actions group by email, action", "select count(*) from actions group by action, email",
        "select count(*) from actions group by lower(email)", "select min(dt) from actions",
        "select max(dt) from actions",
        "select max(dt::date) from actions", "select max(dt::text) from actions",
        "select count(*) from actions where email = 'a'", "select count(*) from actions where email = 'A'",
        "select count(*) from actions where email = 'a '", "select count(*) from actions where email = 'é'",
        "select count(*) from actions where email = 'e\u{301}'", "select count(*) from actions where email = 'a'')'",
        "select count(*) from actions where email = 'a' and action = 'b'",
        "select count(*) from actions where email = 'b' and action = 'a'",
        "select count(*) from actions where email = 'a' or action = 'b'",
        "select count(*) filter (where email = 'a') from actions", "select count(*), max(dt) from actions",
        "select count(*) from actions where length(email) < 5", "select count(*) from actions where length(email) > 5",
        "select count(*) from actions where length(email) >= 5",
        "select count(*) from actions where 1 / length(email) > 5",
        "select count(*) from actions where length(email) = 5", "select count(*) from actions where length(email) = -5",
        "select count(*) from actions where length(email) > 5.0",
        "select count(*) from actions where length(email) > 5.00",
        "select count(*) from actions where length(email) > 5e0",
        "select count(*) from actions where length(email) <> 0 and 9 / length(email) > 1",
        "select count(*) from actions where 9 / length(email) > 1 and length(email) <> 0",
        "select count(*) from actions where email like 'a'", "select count(*) from actions where email ilike 'a'",
        "select count(*) from actions where email like 'a' escape '\\'",
        "select count(*) from actions where email || 'a' = 'b'",
        "select count(*) from actions where 'a' || email = 'b'", "select sum(length(email) - 1) from actions",
        "select sum(1 - length(email)) from actions", "select avg(length(email)) from actions",
        "select count(*) from actions where dt > '2024-01-01'",
        "select count(*) from actions where dt > '2024-01-01 00:00:01'",
        "select count(*) from actions where email is distinct from null",
        "select count(*) from actions where dt is null",
        "select count(*) from actions where (email = 'a') is true",
        "select count(*) from actions where (email = 'a') is false",
        "select count(case when email = 'a' then 1 end) from actions",
        "select count(case when email = 'a' then 1 else 0 end) from actions",
    ]

    @Test func anotherMeaningHasAnotherIdentity() throws {
        var seen: [String: String] = [:]
        for sql in Self.different {
            let identity = try parsed(sql).stateIdentity
            #expect(seen[identity] == nil, "\(sql) is taken for \(seen[identity] ?? "")")
            seen[identity] = sql
        }
    }

    @Test(arguments: [
        "select email, count(*) as n from actions group by email having count(*) > 1",
        "select email, count(*) as m from actions group by email",
        "select count(*) as n, email from actions group by email",
        "select email, count(*) as n from actions group by email order by n",
        "select email, count(*) as n from actions group by email order by email desc",
        "select email, count(*) as n from actions group by email limit 5",
        "select email, count(*) as n from actions group by email offset 5",
        "select email, count(*) + 1 as n from actions group by email",
    ])
    func anotherResultHasTheSameStateAndAnotherResultIdentity(_ sql: String) throws {
        let base = try parsed("select email, count(*) as n from actions group by email")
        let other = try parsed(sql)
        #expect(other.stateIdentity == base.stateIdentity)
        #expect(other.resultIdentity != base.resultIdentity)
    }

    @Test(arguments: [
        "select email, count(*) as n from actions group by 1 order by email",
        "select email, count(*) as n from actions a group by email order by 1 asc nulls last, email desc -- same order",
    ])
    func layoutDoesNotChangeTheResultIdentity(_ sql: String) throws {
        let base = try parsed("select email, count(*) as n from actions group by email")
        #expect(try parsed(sql).resultIdentity == base.resultIdentity)
    }

    /// Stores hold these: a change here makes every store compute anew.
    @Test func identityIsWrittenAsItWas() throws {
        let sql =
            "select email, count(*) as n, sum(length(action)) filter (where dt > '2024-01-01') as s from actions where email <> 'ü' group by email"
        #expect(
            try parsed(sql).stateIdentity == """
                (state-1 (columns ("action" text) ("dt" timestamp) ("email" text)) \
                (where (notEqual "\\u{fc}" (column "email"))) (keys (column "email")) \
                (aggregates (count) (sum (length (column "action")) \
                (filter (less (timestamp 1704067200000000) (column "dt"))))))
                """)
    }

    @Test func identityKnowsColumnsByNameAndType() throws {
        let sql = "select b, count(a) as n from t group by b"
        let state = try Rollup.parse(sql, sources: ["t": [Column("a", .text), Column("b", .text)]], place: noPlace)
        let moved = try Rollup.parse(
            sql, sources: ["t": [Column("b", .text), Column("x", .date), Column("a", .text)]], place: noPlace)
        let retyped = try Rollup.parse(
            sql, sources: ["t": [Column("a", .text), Column("b", .integer)]], place: noPlace)
        #expect(state.stateIdentity == moved.stateIdentity)
        #expect(state.stateIdentity != retyped.stateIdentity)
    }

    private func filtered(_ condition: String) throws -> Rollup {
        try parsed("select count(*) from actions where \(condition)")
    }
}

func parsed(_ sql: String) throws -> Rollup {
    try Rollup.parse(sql, sources: .examples, place: noPlace)
}

func noPlace(_ offset: Int) -> SourcePlace { SourcePlace(file: "query.sql", line: 1, column: offset + 1) }
