//! Whether a connection to PostgreSQL is encrypted without an explicit mode.
//!
//! By default the driver encrypts whenever the server supports it, also on the same machine, where nothing can be
//! intercepted and it costs a tenth of a request.

use crm_core::sea_orm::sqlx::Error;
use crm_core::sea_orm::sqlx::postgres::PgConnectOptions;

/// The error code of the server's rules (`pg_hba.conf`), which may require encryption.
const REFUSED: &str = "28000";
/// The names of the mode: in a URL, as PostgreSQL and the driver spell it, and in the environment.
const IN_URL: [&str; 2] = ["sslmode=", "ssl-mode="];
const IN_ENVIRONMENT: &str = "PGSSLMODE";

/// False if the server is on this machine and no mode is set.
pub(super) fn is_asked_for(url: &str, options: &PgConnectOptions) -> bool {
    let parameters = url.split_once('?').map_or("", |(_, parameters)| parameters);
    let is_named = IN_URL.iter().any(|name| parameters.contains(name)) || std::env::var_os(IN_ENVIRONMENT).is_some();
    let host = options.get_host();
    let is_here = options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    is_named || !is_here
}

/// Whether the server may accept an encrypted connection after it refused a plain one.
pub(super) fn is_demanded(error: &Error) -> bool {
    matches!(error, Error::Database(error) if error.code().as_deref() == Some(REFUSED))
}

#[cfg(test)]
mod tests {
    use super::is_asked_for;

    #[test]
    fn a_named_mode_and_another_machine_are_left_alone() {
        let asked = |url: &str| is_asked_for(url, &url.parse().unwrap());
        for plain in [
            "postgres://crm@localhost/crm",
            "postgres://crm:sslmode=@127.0.0.1:5433/crm?application_name=x",
            "postgres://crm@[::1]/crm",
            "postgres://crm@localhost/crm?host=/var/run/postgresql",
        ] {
            assert!(!asked(plain), "{plain}");
        }
        for url in [
            "postgres://crm@localhost/crm?sslmode=prefer",
            "postgres://crm@127.0.0.1/crm?application_name=x&ssl-mode=require",
            "postgres://crm@db.example.com/crm",
            "postgres://crm@10.0.0.1/crm",
        ] {
            assert!(asked(url), "{url}");
        }
    }
}
