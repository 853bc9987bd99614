import DaymillCore
import DaymillPipeline
import Testing

@Suite struct CronExpressionTests {
    @Test(arguments: [
        ("0 7 * * *", "at 07:00 every day"),
        ("*/15 * * * *", "every 15 minutes"),
        ("* * * * *", "every minute"),
        ("0 * * * *", "every hour"),
        ("5,35 * * * *", "every hour at minute 5 and 35"),
        ("0 6 * * MON-FRI", "at 06:00 on Monday to Friday"),
        ("0 6 * * mon,sun", "at 06:00 on Monday and Sunday"),
        ("30 9,18 * * *", "at 09:30 and 18:30 every day"),
        ("0 0 1 * *", "at 00:00 on day 1 of the month"),
        ("0 0 1 * MON", "at 00:00 on day 1 of the month, and on Monday"),
        (
            "0 0 */2 * MON",
            "at 00:00 on day 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29 and 31 of the month if it is Monday"
        ),
        ("*/20 8-18 * 1-3,DEC *", "every 20 minutes of the hours 8 to 18 in January to March and December"),
        ("0 9-17 * * *", "every hour of the hours 9 to 17 every day"),
        ("0 0 * * 0-7", "at 00:00 every day"),
        ("0 0 * * MON-SUN", "at 00:00 every day"),
        ("0 0 * * FRI-SUN", "at 00:00 on Friday to Sunday"),
        ("0 0 29 2 *", "at 00:00 on day 29 of the month in February"),
        ("@daily", "at 00:00 every day"),
        ("@hourly", "every hour"),
        ("@weekly", "at 00:00 on Sunday"),
        ("@monthly", "at 00:00 on day 1 of the month"),
        ("@annually", "at 00:00 on day 1 of the month in January"),
        ("  0  7  *  *  * ", "at 07:00 every day"),
    ])
    func linesAreToldInWords(line: String, words: String) throws {
        #expect(try CronExpression.parse(line).description == words)
    }

    @Test(arguments: [
        ("", 0, "the schedule is empty; write for example '0 7 * * *' for every day at 07:00"),
        (
            "7:00", 0,
            "'7:00' has 1 field where a cron line has five: minute, hour, day of month, month and day of week; write for example '0 7 * * *' for every day at 07:00"
        ),
        ("60 7 * * *", 0, "there is no minute 60; the minute goes from 0 to 59"),
        ("0 24 * * *", 2, "there is no hour 24; the hour goes from 0 to 23"),
        ("0 0 0 * *", 4, "there is no day of month 0; the day of month goes from 1 to 31"),
        ("0 0 * 13 *", 6, "there is no month 13; the month goes from 1 to 12 or JAN to DEC"),
        ("0 0 * * 8", 8, "there is no day of week 8; the day of week goes from 0 to 7 or SUN to SAT"),
        ("0 0 * * Monday", 8, "'Monday' is not a day of week; names have three letters: write 'MON'"),
        ("0 0 * Jn *", 6, "'Jn' is not a month; did you mean 'JAN'?"),
        ("0 0 * * 1,,2", 10, "the day of week has an empty part; the day of week goes from 0 to 7 or SUN to SAT"),
        ("0,x 0 * * *", 2, "'x' is not a minute; the minute goes from 0 to 59"),
        ("*/0 * * * *", 2, "the step '/0' of the minute is not possible; steps of the minute go from 1 to 59"),
        ("*/90 * * * *", 2, "the step '/90' of the minute is not possible; steps of the minute go from 1 to 59"),
        ("*/ * * * *", 2, "the step '/' of the minute is not possible; steps of the minute go from 1 to 59"),
        ("5/15 * * * *", 0, "a step needs a range, and '5' is a single minute; write '5-59' before the step"),
        ("0 22-2 * * *", 2, "the range '22-2' of the hour runs backwards; write '22-23,0-2'"),
        ("0 0 * * FRI-MON", 8, "the range 'FRI-MON' of the day of week runs backwards; write 'FRI-SAT,SUN-MON'"),
        ("0 0 ? * *", 4, "'?' is not a day of month; write '*' for any"),
        ("0 0 L * *", 4, "'L' is not a day of month; L, W and # are not part of cron; use values, ranges and lists"),
        ("0 0 * * 5#2", 8, "'5#2' is not a day of week; L, W and # are not part of cron; use values, ranges and lists"),
        ("0 0 30 2 *", 4, "'0 0 30 2 *' never fires: February has no day 30; choose a day that the month has"),
        ("0 0 +1 * *", 4, "there is no day of month +1; the day of month goes from 1 to 31"),
        ("@reboot", 0, "'@reboot' is not a schedule; there are @hourly, @daily, @weekly, @monthly and @yearly"),
        ("@every 5m", 0, "'@every 5m' is not a schedule; there are @hourly, @daily, @weekly, @monthly and @yearly"),
        ("@dayly", 0, "'@dayly' is not a schedule; did you mean '@daily'?"),
    ])
    func wrongLinesAreExplainedAtTheirField(line: String, offset: Int, problem: String) {
        let thrown = #expect(throws: TextProblem.self) { try CronExpression.parse(line) }
        #expect(thrown?.description == problem)
        #expect(thrown?.offset == offset)
    }

    @Test(arguments: [
        ("0 7 1 * MON", 1, 3, true), ("0 7 1 * MON", 2, 1, true), ("0 7 1 * MON", 2, 2, false),
        ("0 7 */2 * MON", 1, 1, true), ("0 7 */2 * MON", 1, 2, false), ("0 7 */2 * MON", 2, 1, false),
        ("0 7 * * 7", 5, 0, true), ("0 7 13 * *", 13, 5, true), ("0 7 13 * *", 12, 5, false),
    ])
    func theTwoDayFieldsFollowVixie(line: String, dayOfMonth: Int, dayOfWeek: Int, fires: Bool) throws {
        let cron = try CronExpression.parse(line)
        #expect(cron.fires(month: 4, dayOfMonth: dayOfMonth, dayOfWeek: dayOfWeek, hour: 7, minute: 0) == fires)
        #expect(!cron.fires(month: 4, dayOfMonth: dayOfMonth, dayOfWeek: dayOfWeek, hour: 8, minute: 0))
    }
}
