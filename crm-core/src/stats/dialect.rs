//! Differences between the databases.

/// How many seconds lie between two columns, with their fractions.
pub(super) fn seconds_between(from: &str, to: &str, postgres: bool) -> String {
    if postgres {
        return format!("EXTRACT(EPOCH FROM ({to} - {from}))");
    }
    format!("(unixepoch({to}, 'subsec') - unixepoch({from}, 'subsec'))")
}

/// The median of the column `seconds` of some rows for each value of a column, and how many rows there are of it: a select of
/// that column, `total` and `median`.
pub(super) fn medians(by: &str, rows: &str, postgres: bool) -> String {
    if postgres {
        return format!(
            "SELECT {by}, count(*) AS total, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median \
             FROM ({rows}) AS measured GROUP BY {by}"
        );
    }
    format!(
        "SELECT {by}, max(many) AS total, avg(seconds) AS median FROM (SELECT {by}, seconds, \
         row_number() OVER (PARTITION BY {by} ORDER BY seconds) AS place, count(*) OVER (PARTITION BY {by}) AS many \
         FROM ({rows}) AS measured) AS placed WHERE place IN ((many + 1) / 2, (many + 2) / 2) GROUP BY {by}"
    )
}
