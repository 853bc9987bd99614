/// A pipeline that `init` writes: the name says which, and stands in its text.
enum InitTemplate {
    case userActions(String), ads(String), backlog(String)

    init(_ name: String) {
        switch name {
        case "ads": self = .ads(name)
        case "backlog": self = .backlog(name)
        default: self = .userActions(name)
        }
    }

    var text: String {
        switch self {
        case .userActions(let name): Self.userActions(name)
        case .ads(let name): Self.ads(name)
        case .backlog(let name): Self.backlog(name)
        }
    }

    /// What to type next.
    var nextLines: [String] {
        switch self {
        case .userActions(let name):
            [
                "daymill generate user-actions input 2024-09-09 7 1000 10000   # data to try it on",
                "daymill run \(name) 2024-09-16",
            ]
        case .ads(let name):
            [
                "daymill generate ad-impressions impressions 2024-09-15 100000 62000   # data to try it on",
                "daymill run \(name) 2024-09-15",
            ]
        case .backlog(let name):
            [
                "mkdir -p input/2024-09-16   # where the files of that day go: id,happened_at,subject",
                "daymill run \(name) 09/16/2024",
            ]
        }
    }

    private static func userActions(_ name: String) -> String {
        """
        # What every user did over the last week, one line per user.
        #
        #   daymill run \(name) 2024-09-16
        #
        # reads input/2024-09-09.csv to input/2024-09-15.csv and writes output/2024-09-16.csv.
        about: CRUD actions of every user over the previous seven days

        # When it is to run by itself: every day at 07:00 by the clock of this zone.
        schedule: { cron: "0 7 * * *", timezone: UTC }

        # Where rows come from: one file a day; {date} in its name is that day.
        sources:
          actions:
            files: input/{date}.csv
            columns: { email: text, action: text, dt: timestamp }

        # What to make of them: plain SQL that reads a source by its name.
        steps:
          weekly:
            window: last 7 days
            rollup: |
              SELECT email,
                     count(*) FILTER (WHERE action = 'CREATE') AS create_count,
                     count(*) FILTER (WHERE action = 'READ')   AS read_count,
                     count(*) FILTER (WHERE action = 'UPDATE') AS update_count,
                     count(*) FILTER (WHERE action = 'DELETE') AS delete_count
              FROM actions
              GROUP BY email
            to: output/{date}.csv

        """
    }

    private static func ads(_ name: String) -> String {
        """
        # How often each campaign was seen in each hour of a day, every impression counted once.
        #
        #   daymill run \(name) 2024-09-15
        #
        # reads impressions/2024/09/15/*.csv and writes results/2024/09/15/daily_agg_20240915_ab.csv.
        about: Ad impressions by campaign and hour, without duplicates

        # When it runs by itself: every night at 01:00, by the clock of this zone.
        schedule: { cron: "0 1 * * *", timezone: UTC }

        # Words that paths take by name. `daymill run \(name) 2024-09-15 --param initials=xy` gives another one to that run.
        params: { initials: ab }

        # Where rows come from. Files arrive all day long, any number of them, in the folder of their day.
        sources:
          impressions:
            files: impressions/{date:yyyy/MM/dd}/*.csv
            # By their names in the header line; columns that are not used may be left out.
            columns: { impression_id: text, impression_datetime: timestamp, campaign_id: integer }
            header: true
            extra_columns: ignore
            # Rows of a day that are equal in these columns count once, in whichever of its files they stand.
            distinct_on: [impression_id, impression_datetime]

        # What to make of them.
        steps:
          hours:
            window: this day
            # Plain SQL (PostgreSQL's). It reads the source by its name and sees no duplicates.
            rollup: |
              SELECT campaign_id, extract(hour FROM impression_datetime) AS hour, count(*) AS impressions
              FROM impressions
              GROUP BY campaign_id, hour
            # Where the result goes. The file appears complete or not at all.
            to: results/{date:yyyy/MM/dd}/daily_agg_{date:yyyyMMdd}_{initials}.csv

        """
    }

    private static func backlog(_ name: String) -> String {
        """
        # Every row in the file of its own day, once, whichever day's folder brought it.
        #
        #   daymill run \(name) 09/16/2024
        #
        # takes in input/2024-09-16/*.csv and writes output/09--16--2024.csv and the files of all other days that these rows
        # belong to, together with the rows that are there already.
        about: Rows filed by the day of their time

        # When it runs by itself: every night at 23:00, by the clock of this zone.
        schedule: { cron: "0 23 * * *", timezone: UTC }

        # Where rows come from: a folder for each day on which they arrived.
        sources:
          entries:
            files: input/{date}/*.csv
            columns: { id: integer, happened_at: timestamp, subject: text }
            # This column says which day a row belongs to; the folder does not.
            event_time: happened_at

        # What to make of them.
        steps:
          days:
            # A run for a date takes in that date's folder.
            window: this day
            # All columns: equal rows are one row.
            rollup: SELECT DISTINCT id, happened_at, subject FROM entries
            # A file for each day that rows belong to; {date} is that day.
            split: day
            to: output/{date:MM--dd--yyyy}.csv

        """
    }
}
