//! What must not compile, because it would go wrong where no test looks.

use testkit::Suite;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [misuse_of_scopes_and_transactions_does_not_compile]);
}

fn misuse_of_scopes_and_transactions_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
