//! Jobs over HTTP: starting, watching, cancelling and retrying them.

mod killed;

use crm_core::actor::Role;
use crm_core::jobs::{JobOptions, NewJobSchedule, Recount};
use serde_json::json;
use testkit::{Suite, TestDatabase, eventually};

use crate::support::{Api, PATIENCE, SECRET, Serving, run};

pub fn register(suite: &mut Suite) {
    killed::register(suite);
    testkit::tests!(suite, own: [
        a_job_is_started_run_and_read,
        a_job_is_cancelled_and_retried,
        schedules_are_switched_and_run,
        an_instance_runs_jobs_and_another_does_not,
    ]);
}

async fn a_job_is_started_run_and_read(database: TestDatabase) -> anyhow::Result<()> {
    let api = Api::new(&database).await;
    let admin = api.admin();
    admin.post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.expect(201);
    let start = || admin.post("/api/jobs").json(&json!({ "kind": "crm.recount" }));
    let started = start().once("key").await.expect(201);
    let job = started.json();
    let path = format!("/api/jobs/{}", job["id"].as_str().expect("an id"));
    assert_eq!(started.header("location"), Some(path.as_str()));
    assert_eq!(
        (&job["state"], &job["attempts"], &job["createdBy"]["kind"]),
        (&json!("waiting"), &json!(0), &json!("user"))
    );
    assert_eq!(start().await.expect(201).json()["id"], job["id"]);
    api.crm.run_due_jobs(&database.connection, &JobOptions::default()).await?;
    let done = admin.get(&path).await.ok();
    assert_eq!(
        (&done["state"], &done["progress"], &done["result"]),
        (&json!("done"), &json!(100), &json!({ "customers": 1 }))
    );
    assert_eq!(start().once("key").await.expect(201).json(), job, "the answer of the first");
    admin.post("/api/jobs").json(&json!({ "kind": "crm.nothing" })).await.problem(422, "invalid");
    api.as_(Role::Manager).post("/api/jobs").json(&json!({ "kind": "crm.recount" })).await.problem(403, "forbidden");
    let count = async |query: &str| admin.get(format!("/api/jobs?{query}")).await.ok()["pagination"]["total"].clone();
    assert_eq!(count("state=done&kind=crm.recount").await, json!(1));
    assert_eq!([count("state=failed").await, count("kind=other").await], [json!(0), json!(0)]);
    admin.get("/api/jobs?state=lost").await.problem(400, "parameter_invalid");
    admin.get("/api/jobs?sort=kind").await.problem(400, "unknown_parameter");
    assert_eq!(api.as_(Role::Viewer).get("/api/jobs").await.ok()["data"], json!([]));
    let events = admin.get("/api/events").await.ok();
    let types: Vec<&str> =
        events["data"].as_array().expect("events").iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(types, ["crm.customer.created", "crm.job.enqueued", "crm.job.completed"]);
    Ok(())
}

async fn a_job_is_cancelled_and_retried(database: TestDatabase) -> anyhow::Result<()> {
    let api = Api::new(&database).await;
    let admin = api.admin();
    let job = admin.post("/api/jobs").json(&json!({ "kind": "crm.recount" })).await.expect(201).json();
    let path = format!("/api/jobs/{}", job["id"].as_str().expect("an id"));
    admin.post(format!("{path}/retry")).await.problem(409, "job_not_retryable");
    for _ in 0..2 {
        let cancelled = admin.post(format!("{path}/cancel")).await.ok();
        assert_eq!((&cancelled["state"], &cancelled["version"]), (&json!("cancelled"), &json!(2)));
    }
    let again = admin.post("/api/jobs").json(&json!({ "kind": "crm.recount" })).await.expect(201).json();
    admin.post(format!("{path}/retry")).await.problem(409, "job_key_taken");
    admin.post(format!("/api/jobs/{}/cancel", again["id"].as_str().expect("an id"))).await.ok();
    assert_eq!(admin.post(format!("{path}/retry")).await.ok()["state"], "waiting");
    api.crm.run_due_jobs(&database.connection, &JobOptions::default()).await?;
    admin.post(format!("{path}/cancel")).await.problem(409, "job_finished");
    Ok(())
}

async fn schedules_are_switched_and_run(database: TestDatabase) -> anyhow::Result<()> {
    let api = Api::new(&database).await;
    let admin = api.admin();
    assert_eq!(admin.get("/api/job-schedules").await.ok(), json!({ "data": [] }));
    for name in ["weekly", "daily"] {
        let schedule = NewJobSchedule::new(name, "30 2 * * *", Recount::KIND);
        api.scope(Some(api.user(Role::Admin))).jobs().schedule(schedule).await?;
    }
    let all = admin.get("/api/job-schedules").await.ok();
    let names: Vec<&str> =
        all["data"].as_array().expect("a list").iter().filter_map(|of| of["name"].as_str()).collect();
    assert_eq!(names, ["daily", "weekly"]);
    assert!(all["data"][0].get("payload").is_none(), "{all}");
    let path = format!("/api/job-schedules/{}", all["data"][0]["id"].as_str().expect("an id"));
    let first = admin.get(&path).await.expect(200);
    assert_eq!(first.json(), all["data"][0]);

    // Off, by the version that was seen; and once more, which changes nothing.
    let switch = |is_enabled: bool| admin.patch(&path).json(&json!({ "isEnabled": is_enabled }));
    let off = switch(false).if_match(first.etag()).await.expect(200);
    let shown = off.json();
    assert_eq!((&shown["isEnabled"], &shown["nextRunAt"], &shown["version"]), (&json!(false), &json!(null), &json!(2)));
    switch(true).if_match(first.etag()).await.problem(412, "version_mismatch");
    assert_eq!(switch(false).await.ok(), shown);
    assert_eq!(admin.patch(&path).json(&json!({})).await.ok(), shown);
    admin.patch(&path).json(&json!({ "isEnabled": null })).await.problem_at(422, "invalid", "/isEnabled");
    admin.patch(&path).json(&json!({ "cron": "* * * * *" })).await.problem_at(400, "unknown_field", "/cron");

    // It runs all the same, one job at a time.
    let run = || admin.post(format!("{path}/run"));
    let job = run().once("key").await.expect(202).json();
    assert_eq!((&job["scheduleId"], &job["kind"]), (&shown["id"], &json!(Recount::KIND)));
    assert_eq!(run().await.expect(202).json()["id"], job["id"]);
    api.crm.run_due_jobs(&database.connection, &JobOptions::default()).await?;
    assert_eq!(admin.get(format!("/api/jobs/{}", job["id"].as_str().expect("an id"))).await.ok()["state"], "done");
    assert_eq!(run().once("key").await.expect(202).json(), job, "the answer of the first");
    assert_ne!(run().await.expect(202).json()["id"], job["id"], "another one");

    let on = switch(true).await.ok();
    assert_eq!((&on["isEnabled"], &on["nextRunAt"]), (&json!(true), &all["data"][0]["nextRunAt"]));
    for role in [Role::Manager, Role::Viewer] {
        api.as_(role).get("/api/job-schedules").await.problem(403, "forbidden");
        api.as_(role).post(format!("{path}/run")).await.problem(403, "forbidden");
    }
    api.other_company().admin().get(&path).await.problem(404, "not_found");
    Ok(())
}

async fn an_instance_runs_jobs_and_another_does_not(database: TestDatabase) {
    let settings = [("DATABASE_URL", &*database.url), ("JWT_SECRET", SECRET), ("SHUTDOWN_DELAY", "0s")];
    let without = [&settings[..], &[("JOB_WORKERS", "0")]].concat();
    let idle = Serving::start(&["serve"], &without).await;
    let token = run(&["token", "--company", "acme", "--user", "ben", "--role", "admin"], &settings).ok();
    let admin = idle.client().with_token(token.trim());
    let job = admin.post("/api/jobs").json(&json!({ "kind": "crm.recount" })).await.expect(201).json();
    let path = format!("/api/jobs/{}", job["id"].as_str().expect("an id"));
    assert_eq!(admin.get(&path).await.ok()["state"], "waiting");
    let mut working = Serving::start(&["serve"], &settings).await;
    assert!(eventually(PATIENCE, async || admin.get(&path).await.ok()["state"] == "done").await);
    let metrics = async |serving: &Serving| {
        serving.client().get("/metrics").undocumented("it is not JSON").await.text().to_owned()
    };
    let counted = r#"crm_jobs_total{kind="crm.recount",outcome="done"} 1"#;
    assert!(eventually(PATIENCE, async || metrics(&working).await.contains(counted)).await);
    assert!(metrics(&working).await.contains("crm_jobs_oldest_seconds 0"));
    assert!(!metrics(&idle).await.contains("crm_jobs_total"));
    working.process.terminate();
    assert!(working.process.ended().success(), "{}", working.process.output());
}
