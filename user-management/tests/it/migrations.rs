//! The tables come and go, without a trace and without touching others.

use sea_orm::ConnectionTrait;
use testkit::{Suite, TestDatabase};
use user_management::migrations::{down, status, up};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [they_go_up_and_down]);
}

async fn they_go_up_and_down(database: TestDatabase) {
    let db = &database.connection;
    db.execute_unprepared("CREATE TABLE users (id bigint)").await.expect("a table of the host");
    assert!(status(db).await.expect("a status").iter().all(|migration| !migration.applied));
    up(db).await.expect("up");
    up(db).await.expect("nothing is left to do");
    assert!(status(db).await.expect("a status").iter().all(|migration| migration.applied));
    db.execute_unprepared("SELECT id FROM um_users").await.expect("a table");
    down(db, None).await.expect("down");
    db.execute_unprepared("SELECT id FROM um_users").await.expect_err("no table");
    db.execute_unprepared("SELECT id FROM users").await.expect("what is the host's stays");
}
