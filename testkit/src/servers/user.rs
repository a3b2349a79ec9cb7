//! Runs as another user: PostgreSQL refuses to run as root.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;

use super::on_path;

/// An unprivileged user of this machine.
pub(crate) struct User {
    name: &'static str,
    uid: u32,
    gid: u32,
}

impl User {
    /// `postgres` or else `nobody`, when this process runs as root.
    pub fn instead_of_root() -> Option<Self> {
        let root = id(&["-u"]) == Some(0);
        root.then(|| ["postgres", "nobody"].into_iter().find_map(Self::named)).flatten()
    }

    fn named(name: &'static str) -> Option<Self> {
        Some(Self { name, uid: id(&["-u", name])?, gid: id(&["-g", name])? })
    }

    /// Makes the user the directory's owner.
    pub fn take(&self, directory: &Path) -> io::Result<()> {
        chown(directory, Some(self.uid), Some(self.gid))
    }

    /// The prefix of a command that runs as that user.
    pub fn switch(&self) -> Vec<OsString> {
        if let Some(runuser) = on_path("runuser") {
            return vec![runuser.into(), "-u".into(), self.name.into(), "--".into()];
        }
        if let Some(setpriv) = on_path("setpriv") {
            let ids = [format!("--reuid={}", self.uid), format!("--regid={}", self.gid), "--clear-groups".to_owned()];
            return [setpriv.into()].into_iter().chain(ids.map(OsString::from)).collect();
        }
        ["su", "-s", "/bin/sh", "-c", r#"exec "$@""#, "--", self.name, "su"].map(OsString::from).into()
    }
}

fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
