//! The generated page of the table of rights.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crm_core::actor::{Action, Permission, Reach, Resource, Role};
use testkit::Suite;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [the_page_of_permissions_is_the_table]);
}

const INTRODUCTION: &str = "\
# Who may do what

This page is generated from the table in `crm-core/src/scope/actor.rs` and checked by a test; `BLESS=1 cargo test -p
crm-core --test it permissions` writes it.

**all** covers every record of the company, **own** the records owned by the user and those without an owner; with `own`
a user cannot assign a record to another user. Without a right the answer is 403, and the refusal is in the audit trail.
A host with its own rights passes them with `Actor::with_permissions`; `ROLE_MAP` maps the roles of tokens to these.
What a user reads is what their rights reach and the company's [record access](#record-access) shows.
";

const RECORD_ACCESS: &str = include_str!("permissions/record_access.txt");

fn reach(role: Role, resource: Resource, action: Action) -> &'static str {
    let right = |permission: &Permission| permission.resource == resource && permission.action == action;
    match role.permissions().find(right).map(|permission| permission.reach) {
        Some(Reach::All) => "all",
        Some(Reach::Own) => "own",
        None => "–",
    }
}

fn page() -> Result<String, std::fmt::Error> {
    let mut page = INTRODUCTION.to_owned();
    let row = |page: &mut String, cells: &[&str]| writeln!(page, "| {} |", cells.join(" | "));
    writeln!(page)?;
    let roles = Role::ALL.iter().map(|role| role.as_str());
    row(&mut page, &["", ""].into_iter().chain(roles).collect::<Vec<_>>())?;
    row(&mut page, &["---"; 2].into_iter().chain(Role::ALL.iter().map(|_| "---")).collect::<Vec<_>>())?;
    for resource in Resource::ALL {
        for action in Action::ALL {
            let reaches: Vec<&str> = Role::ALL.iter().map(|role| reach(*role, *resource, *action)).collect();
            if reaches.iter().any(|reach| *reach != "–") {
                row(&mut page, &[&[resource.as_str(), action.as_str()], reaches.as_slice()].concat())?;
            }
        }
    }
    page.push_str(RECORD_ACCESS);
    Ok(page)
}

fn the_page_of_permissions_is_the_table() -> anyhow::Result<()> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/permissions.md");
    let page = page()?;
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, &page)?;
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == page, "docs/permissions.md is stale; BLESS=1 rewrites it");
    Ok(())
}
