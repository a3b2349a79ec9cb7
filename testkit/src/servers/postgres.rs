//! PostgreSQL.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::keeper::Plan;
use super::throwaway::Throwaway;
use super::user::User;
use super::{ServerError, given};

/// Names the server to use instead of a throw-away one.
const VARIABLE: &str = "CRM_TEST_POSTGRES_URL";

const MISSING: &str = "PostgreSQL is not installed; \
    Debian and Ubuntu: apt-get install postgresql; macOS: brew install postgresql; or set CRM_TEST_POSTGRES_URL";

/// `C.UTF-8` knows letters beyond ASCII (trigrams need that) and sorts by bytes; macOS may lack it.
const LAUNCH: &str = r#"
bin=$1 data=$2
shift 2
for locale in C.UTF-8 en_US.UTF-8 C; do
    [ ! -e "$data/PG_VERSION" ] || break
    "$bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale="$locale" --no-sync
done
exec "$bin/postgres" -D "$data" "$@"
"#;

/// Settings of a server without durability.
const SETTINGS: [&str; 5] = [
    "listen_addresses=127.0.0.1",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
];

/// A PostgreSQL server of a test's own, for tests that stop it. Dropping it removes it.
pub struct PostgresServer(Throwaway);

impl PostgresServer {
    /// Starts a server; refused where the environment names one.
    pub fn start() -> Result<Self, ServerError> {
        match given(VARIABLE) {
            Some(_) => Err(ServerError::Given(VARIABLE)),
            None => Self::start_own(),
        }
    }

    fn start_own() -> Result<Self, ServerError> {
        let binaries = binaries().ok_or(ServerError::Missing(MISSING))?;
        let plan = |directory: &Path, port| plan(&binaries, directory, port);
        Throwaway::start("crm-test-postgres-", plan, ready).map(Self)
    }

    /// The URL of one of its databases; `postgres` is always there. The user is a superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@{}/{database}", self.address())
    }

    /// Where it listens, also while it is stopped.
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Stops it: connections end, new ones are refused. Its port and its data are kept.
    pub fn stop(&self) -> Result<(), ServerError> {
        self.0.stop()
    }

    /// Starts it again on the same port; a running one is stopped first.
    pub fn restart(&self) -> Result<(), ServerError> {
        self.0.restart()
    }
}

/// The URL of the server this test process uses: the one named by `CRM_TEST_POSTGRES_URL`, else its throw-away one.
pub fn postgres_url() -> Result<&'static str, ServerError> {
    static SHARED: OnceLock<Result<(String, Option<PostgresServer>), ServerError>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| match given(VARIABLE) {
        Some(url) => Ok((url, None)),
        None => PostgresServer::start_own().map(|server| (server.url("postgres"), Some(server))),
    });
    match shared {
        Ok((url, _)) => Ok(url),
        Err(error) => Err(error.clone()),
    }
}

/// Whether the shared server outlives this process, so that databases must be dropped.
pub(crate) fn is_given() -> bool {
    given(VARIABLE).is_some()
}

fn plan(binaries: &Path, directory: &Path, port: u16) -> Plan {
    let mut command: Vec<OsString> = vec!["sh".into(), "-c".into(), LAUNCH.into(), "postgres".into()];
    command.extend([binaries.into(), directory.join("data").into()]);
    command.extend(["-p".into(), port.to_string().into(), "-k".into(), socket_directory(directory)]);
    if has_statistics(binaries) {
        command.extend(["-c".into(), "shared_preload_libraries=pg_stat_statements".into()]);
    }
    command.extend(SETTINGS.iter().flat_map(|setting| ["-c".into(), setting.into()]));
    Plan { command, stop: "INT", quit: "QUIT", user: User::instead_of_root() }
}

/// Sockets have short path names: with a long temporary directory there is none, and tests use TCP anyway.
fn socket_directory(directory: &Path) -> OsString {
    if directory.as_os_str().len() < 80 { directory.into() } else { OsString::new() }
}

/// Also used by `pg_ctl --wait`: the eighth line of the server's own file.
fn ready(directory: &Path) -> bool {
    let status = fs::read_to_string(directory.join("data/postmaster.pid")).unwrap_or_default();
    status.lines().nth(7).is_some_and(|line| line.trim() == "ready")
}

/// A directory with `initdb` and `postgres`: on `PATH`, else the highest version a package has put aside.
fn binaries() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).flat_map(|directory| {
        // A link leads to the directory where the server finds its own files.
        let target = directory.join("initdb").canonicalize().ok();
        [target.and_then(|file| file.parent().map(Path::to_owned)), Some(directory)]
    });
    let aside = [
        packaged("/usr/lib/postgresql", ""),
        packaged("/opt/homebrew/opt", "postgresql"),
        packaged("/usr/local/opt", "postgresql"),
    ];
    on_path.flatten().chain(aside.into_iter().flatten()).find(|directory| {
        let has = |program| directory.join(program).is_file();
        has("initdb") && has("postgres")
    })
}

/// `<root>/<prefix><version>/bin`, highest version first.
fn packaged(root: &str, prefix: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix(prefix)?.trim_start_matches('@');
            Some((version.parse().unwrap_or_default(), entry.path().join("bin")))
        })
        .collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, directory)| directory).collect()
}

/// Whether the contributed library that counts statements is installed with the server.
fn has_statistics(binaries: &Path) -> bool {
    let prefix = binaries.parent().unwrap_or(binaries);
    ["lib", "lib/postgresql", "lib64", "lib64/pgsql"].iter().any(|library| {
        ["so", "dylib"].iter().any(|kind| prefix.join(library).join(format!("pg_stat_statements.{kind}")).is_file())
    })
}
