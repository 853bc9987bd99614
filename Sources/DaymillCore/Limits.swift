/// Every bound of the program, by name and with its reason. Passing one is an error with the code `limit`, never a
/// guess.
public enum Limits {
    /// A line of a text file, quoted line breaks included. A missing closing quote would otherwise read the rest of a
    /// file, however large, into one field; 16 MiB is far above real rows and small against the memory budget.
    public static let lineBytesMax = 16 << 20

    /// Columns of a source. Wider than the widest tables that people keep, and a row's field table stays in a cache.
    public static let columnsMax = 4096

    /// Objects and arrays inside each other in a line of JSON: far above what programs write, and a line of nothing but
    /// brackets cannot make the reader's stack long.
    public static let jsonDepthMax = 256

    /// Input files of one source in one run: 100 years of daily files, or a file a minute over two months.
    public static let filesPerSourceMax = 100_000

    /// Days in a window: a century. Each day is a segment to merge, and a longer span is a typing error.
    public static let windowDaysMax = 36_525

    /// Dates of one command: a century of days. More is a typing error in a year.
    public static let datesPerCommandMax = 36_525

    /// Sources or steps in one pipeline: more is several pipelines, and a mistake in a generator shows early.
    public static let entriesPerPipelineMax = 20_000

    /// Attempts after the first one: more than any pause makes sense with.
    public static let retriesMax = 1000

    /// Items of one step that is carried out for each of them.
    public static let itemsPerStepMax = 10_000

    /// Steps of one run at work at once: each has a thread, and most have a process.
    public static let parallelStepsMax = 256

    /// A pipeline file. The largest that people write has some tens of kilobytes; a data file given by mistake is
    /// larger.
    public static let pipelineFileBytesMax = 4 << 20

    /// The least memory that a run can be given: the program with its runtime takes about a third of it.
    public static let memoryBytesMin = 128 << 20

    /// Starts that a schedule missed and that are looked at when it is served again; older ones are forgotten. A week of
    /// minutes.
    public static let missedStartsMax = 10_080

    /// Processes that a run may wear out: one that dies as often as that would die again.
    public static let runStartsMax = 3

    /// Bytes of the first and of the last part of an attempt's log that are kept: more than anybody reads, and a shell that prints
    /// without end fills no disk.
    public static let logPartBytes = 32 << 20

    /// How often folders are looked at of whose changes the system tells nothing.
    public static let slowLook = Duration.seconds(60)

    /// Runs of all pipelines that are at work at once.
    public static let runsAtOnceMax = 16

    /// The answer to a call: it is read into memory, and facts are small.
    public static let answerBytesMax = 16 << 20

    /// The longest wait that a server may ask for: a week. More is somebody's mistake.
    public static let retryAfterSecondsMax: Double = 7 * 86_400

    /// Problems reported from one file: enough to mend everything, and a page that can be read.
    public static let problemsPerFileMax = 100

    /// What DuckDB may use when it verifies an output; beyond that it goes to disk. Enough for a million groups.
    public static let verifyMemoryBytes = 2 << 30

    /// Seconds after which DuckDB is ended when it verifies an output: a child that hangs must not hang its parent.
    public static let verifySeconds = 3600
}
