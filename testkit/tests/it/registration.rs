//! What the suite shows of failures and of missing servers.

use testkit::{Suite, test_name};

use crate::children::{suite_output, unbound_suite_output};

/// What a test needs, and the command that installs it.
const PROGRAMS: [(&str, &str); 2] =
    [("redis", "apt-get install redis-server"), ("chromium", "apt-get install chromium chromium-driver")];

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [names_follow_modules, lists, failures_have_their_reason, missing_is_ignored, missing_fails_in_ci, a_statement_without_its_company_fails_the_suite]);
}

fn names_follow_modules() {
    assert_eq!(test_name("it", "customers :: creates"), "customers::creates");
    assert_eq!(test_name("it::customers", "creates"), "customers::creates");
}

fn lists() -> anyhow::Result<()> {
    let (success, output) = suite_output(&["--list"], true)?;
    assert!(success);
    assert_eq!(output, "panics: test\nfails: test\nneeds_redis: test\nneeds_chromium: test\n");
    Ok(())
}

fn failures_have_their_reason() -> anyhow::Result<()> {
    let (success, output) = suite_output(&["--skip", "needs"], false)?;
    assert!(!success);
    assert!(output.contains("test panicked: the reason"), "{output}");
    assert!(output.contains("another reason"), "{output}");
    assert!(output.contains("test result: FAILED. 0 passed; 2 failed; 0 ignored"), "{output}");
    Ok(())
}

fn missing_is_ignored() -> anyhow::Result<()> {
    for (program, install) in PROGRAMS {
        let (success, output) = suite_output(&[program], false)?;
        assert!(success && output.contains(install), "{output}");
        assert!(output.contains("test result: ok. 0 passed; 0 failed; 1 ignored"), "{output}");
    }
    Ok(())
}

fn missing_fails_in_ci() -> anyhow::Result<()> {
    for (program, install) in PROGRAMS {
        let (success, output) = suite_output(&[program], true)?;
        assert!(!success && output.contains(install), "{output}");
        assert!(output.contains("test result: FAILED. 0 passed; 1 failed; 0 ignored"), "{output}");
    }
    Ok(())
}

fn a_statement_without_its_company_fails_the_suite() -> anyhow::Result<()> {
    testkit::postgres_url()?;
    let (success, output) = unbound_suite_output()?;
    assert!(!success, "{output}");
    assert!(output.contains("test result: ok. 1 passed; 0 failed"), "{output}");
    assert!(output.contains("crm_customers is not bound to a company by a value of its own"), "{output}");
    assert!(output.contains("test result: FAILED. 0 passed; 1 failed"), "{output}");
    Ok(())
}
