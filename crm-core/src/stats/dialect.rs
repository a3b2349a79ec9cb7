//! Differences between the databases.

/// How many seconds lie between two columns, with their fractions.
pub(super) fn seconds_between(from: &str, to: &str, postgres: bool) -> String {
    if postgres {
        return format!("EXTRACT(EPOCH FROM ({to} - {from}))");
    }
    format!("(unixepoch({to}, 'subsec') - unixepoch({from}, 'subsec'))")
}
