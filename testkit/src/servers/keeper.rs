//! A directory, and a server in it, that do not outlive the test process.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::ServerError;
use super::user::User;
use crate::until;

const LIMIT: Duration = Duration::from_secs(30);

/// Runs in a shell of its own, which makes the directory, starts the server, ends it when its standard input closes, and
/// removes the directory.
/// The test process holds the other end of that pipe, which the system closes after a panic and after `kill -9` as
/// well. Signals of the terminal are ignored, and the signal to the server is repeated because a starting server may
/// not handle it yet.
const WATCHER: &str = r#"
dir=$1 stop=$2 quit=$3
shift 3
trap '' HUP INT TERM PIPE
mkdir -m 700 "$dir" || exit
exec >>"$dir/log" 2>&1
cd /
running=
halt() {
    signal=$1 tries=0
    while [ "$running" ] && [ ! -e "$dir/exit" ]; do
        tries=$((tries + 1))
        [ "$tries" -le 500 ] || signal=KILL
        [ "$tries" -le 1000 ] || break
        [ ! -s "$dir/pid" ] || kill -s "$signal" "$(cat "$dir/pid")"
        sleep 0.02
    done
    running=
    : >"$dir/stopped"
}
while read -r word; do
    case $word in
    start)
        running=yes
        { "$@"; echo $? >"$dir/exit"; } </dev/null &
        ;;
    stop) halt "$stop" ;;
    esac
done
halt "$quit"
rm -rf "$dir"
"#;

/// Becomes the server and writes its process id for the watcher: another program in between may change the user.
const RECORD: &str = r#"echo $$ >"$0/pid"; exec "$@""#;

/// The command of a keeper, and its user.
#[derive(Default)]
pub(crate) struct Plan {
    /// The server and its arguments.
    pub command: Vec<OsString>,
    /// The signal for a stop after which the server starts again.
    pub stop: &'static str,
    /// The signal for the end, when the data is no longer needed.
    pub quit: &'static str,
    /// Another user for the server, who then owns the directory.
    pub user: Option<User>,
}

/// Holds the directory and, between `start` and `stop`, the server.
pub(crate) struct Keeper {
    directory: PathBuf,
    watcher: Child,
    orders: Mutex<Option<ChildStdin>>,
}

impl Keeper {
    /// Starts the watcher, which creates the directory; the server waits for [`Keeper::start`].
    pub fn new(prefix: &str, plan: impl FnOnce(&Path) -> Plan) -> Result<Self, ServerError> {
        let directory = env::temp_dir().join(format!("{prefix}{}", Uuid::new_v4().simple()));
        let plan = plan(&directory);
        let (watcher, orders) = post(&directory, &plan).map_err(|error| ServerError::failed("no watcher", error))?;
        let mut keeper = Self { directory, watcher, orders: Mutex::new(Some(orders)) };
        keeper.settle(&plan).map_err(|error| ServerError::failed("no temporary directory", error))?;
        Ok(keeper)
    }

    /// Waits for the directory and gives it to the server's user.
    fn settle(&mut self, plan: &Plan) -> io::Result<()> {
        let log = self.directory.join("log");
        until(LIMIT, || log.exists() || !matches!(self.watcher.try_wait(), Ok(None)));
        log.metadata()?;
        plan.user.as_ref().map_or(Ok(()), |user| user.take(&self.directory))
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Starts the server; it is not ready yet.
    pub fn start(&self) -> Result<(), ServerError> {
        // Output of an earlier run. The watcher appends to its log, so truncating it is enough.
        for file in ["stopped", "exit", "pid"] {
            match fs::remove_file(self.directory.join(file)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(ServerError::failed("the server's directory", error));
                }
                _ => {}
            }
        }
        if let Ok(log) = fs::OpenOptions::new().write(true).open(self.directory.join("log")) {
            log.set_len(0).map_err(|error| ServerError::failed("the server's log", error))?;
        }
        self.order("start\n")
    }

    /// Stops the server; [`Keeper::stopped`] returns whether it has stopped.
    pub fn stop(&self) -> Result<(), ServerError> {
        self.order("stop\n")
    }

    /// Whether the server has ended since its last start, for any reason.
    pub fn ended(&self) -> bool {
        self.directory.join("exit").exists()
    }

    /// Whether the server has ended and the watcher is ready to start it again.
    pub fn stopped(&self) -> bool {
        self.ended() && self.directory.join("stopped").exists()
    }

    /// The output of the server since its last start.
    pub fn log(&self) -> String {
        let bytes = fs::read(self.directory.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn order(&self, word: &str) -> Result<(), ServerError> {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(pipe) = orders.as_mut() else {
            return Err(ServerError::Failed("the server's watcher is gone".to_owned()));
        };
        pipe.write_all(word.as_bytes()).map_err(|error| ServerError::failed("the server's watcher", error))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.orders.get_mut().unwrap_or_else(PoisonError::into_inner).take());
        // It ends by itself; a failure to wait leaves nothing to do.
        let _ = self.watcher.wait();
    }
}

/// Starts the watcher in a process group of its own, out of reach of Ctrl-C and of a killed group.
fn post(directory: &Path, plan: &Plan) -> io::Result<(Child, ChildStdin)> {
    let mut command = Command::new("sh");
    command.args(["-c", WATCHER, "testkit"]).arg(directory).args([plan.stop, plan.quit]);
    if let Some(user) = &plan.user {
        command.args(user.switch());
    }
    command.args(["sh", "-c", RECORD]).arg(directory).args(&plan.command);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut watcher = command.spawn()?;
    let orders = watcher.stdin.take().ok_or_else(|| io::Error::other("its input is not a pipe"))?;
    Ok((watcher, orders))
}
