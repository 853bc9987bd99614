public import DaymillCore
public import DaymillSQL

/// One node of a pipeline's graph: what it does, when it may start, and what happens when it fails.
public struct StepNode: Sendable {
    public var name: String
    /// Where its name stands in the pipeline file.
    public var place: SourcePlace
    public var work: StepWork
    /// Names of the steps that it waits for: those it names, and those whose facts or outputs it reads.
    public var needs: [String]
    public var control = StepControl()
    /// Facts that it declares, beside those that all steps of its kind have.
    public var facts: [Fact] = []

    /// All that is known of it when it has ended, with types.
    public var allFacts: [Fact] { work.facts + facts }
}

/// What a step does.
public enum StepWork: Sendable {
    /// It computes an output from rows.
    case rollup(Step)
    /// It lets a shell carry out some lines.
    case shell(ShellWork)
    /// It calls an address.
    case call(CallWork)
    /// It waits for something outside.
    case wait(WaitWork)
    /// It looks whether something is as it should be.
    case check(CheckWork)

    /// Whether it changes nothing, so that doing it again does no harm.
    public var onlyLooks: Bool {
        switch self {
        case .rollup, .shell, .call: false
        case .wait, .check: true
        }
    }

    /// The word of the pipeline file.
    public var verb: String {
        switch self {
        case .rollup: "rollup"
        case .shell: "shell"
        case .call: "call"
        case .wait: "wait"
        case .check: "check"
        }
    }

    /// What every step of its kind lets later ones know.
    public var facts: [Fact] {
        switch self {
        case .rollup:
            [
                Fact("rows", .integer), Fact("bytes", .integer), Fact("rows_read", .integer),
                Fact("bad_rows", .integer), Fact("files", .integer), Fact("made", .boolean), Fact("output", .text),
            ]
        case .shell: StepWork.shellFacts
        case .call: StepWork.callFacts
        case .wait: StepWork.waitFacts
        case .check: StepWork.checkFacts
        }
    }
}

/// Something that is known of a step when it has ended: `extract.rows`.
public struct Fact: Sendable, Hashable {
    /// Without the step's name.
    public var name: String
    public var type: SQLType

    public init(_ name: String, _ type: SQLType) {
        self.name = name
        self.type = type
    }
}

/// Lines for a shell, carried out in the project's folder.
public struct ShellWork: Sendable {
    /// Given to `program -c`.
    public var script: String
    /// `/bin/sh`, unless it is said.
    public var program: String
    /// Variables beside those of this process and `DAYMILL_*`; values may hold `{date}` and the like.
    public var environment: [Variable] = []
    /// Relative to the project's folder.
    public var folder: String?

    /// A variable of the environment.
    public struct Variable: Sendable, Hashable {
        public var name: String
        public var value: TextTemplate
    }
}

/// One call of an address.
public struct CallWork: Sendable {
    /// The whole address, or what follows that of the connection.
    public var url: TextTemplate
    /// The name of one of the project's connections.
    public var connection: String?
    public var method: String
    public var headers: [Header] = []
    public var body: TextTemplate?
    /// Whether the body is JSON that was written as a mapping or list: values are spelt as JSON texts in it.
    public var isJSON = false
    /// Status codes that are a success; both ends included.
    public var expected: [ClosedRange<Int>]
    /// Values of the answer, JSON, that become facts.
    public var captures: [Capture] = []
    /// How long one attempt may take; nil: as the connection says, else a minute.
    public var timeout: Duration?

    /// As it is written, for people: the address, or the connection and what follows: `api: /orders/{date}`.
    public var place: String {
        connection.map { url.text.isEmpty ? $0 : "\($0): \(url.text)" } ?? url.text
    }

    /// A line of the request's head.
    public struct Header: Sendable {
        public var name: String
        public var value: TextTemplate
    }

    /// A value out of the answer.
    public struct Capture: Sendable {
        public var fact: Fact
        public var path: JSONPath
    }
}

/// Something to wait for, and how long.
public struct WaitWork: Sendable {
    /// What has to be so.
    public enum Target: Sendable {
        /// A file that matches is there and has held still.
        case file(TextTemplate, settle: Duration)
        /// An output of a pipeline is fresh for the date of the run; nil: all of its outputs.
        case output(pipeline: String, step: String?)
        /// An address answers as it should.
        case answer(CallWork)
        /// Nothing but time.
        case time(Duration)
    }
    public var target: Target
    /// How long it waits before it fails.
    public var atMost: Duration
    /// How often it looks.
    public var every: Duration
}

/// Assertions. All are looked at; the step fails with all that do not hold.
public struct CheckWork: Sendable {
    public var assertions: [Assertion]

    /// Something that has to hold.
    public struct Assertion: Sendable {
        public enum Kind: Sendable {
            /// A condition over the date, params and facts.
            case condition(Condition)
            /// A SELECT that must give no row.
            case query(Query)
            /// A fact between two bounds, both included.
            case between(fact: String, low: Double?, high: Double?)
            /// A fact against what it was in earlier runs of other dates: within a part of their median.
            case change(fact: String, most: Double, runs: Int)
        }
        public var kind: Kind
        /// For messages, as it stands in the file.
        public var text: String
        public var place: SourcePlace
    }

    /// A rollup whose rows are looked at, over the output of a step.
    public struct Query: Sendable {
        public var step: String
        public var rollup: Rollup
        /// As it was written.
        public var sql: String
    }
}
