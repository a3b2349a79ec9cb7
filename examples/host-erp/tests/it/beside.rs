//! What is the ERP's stays the ERP's, with the CRM in the same app.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::{ErrorHandlerResponse, ErrorHandlers};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, HttpResponse, web};
use host_erp::tables::Job;
use host_erp::web::Site;
use serde_json::json;
use testkit::{Suite, TestDatabase};

use crate::browser::Browser;
use crate::{HERE, open};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        the_erp_answers_what_is_not_the_crms,
        each_reads_json_in_its_own_way,
        error_handlers_of_the_host_see_all_and_change_what_they_want,
        routes_of_the_host_may_be_called_like_the_crms,
    ]);
}

async fn the_erp_answers_what_is_not_the_crms(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, _) = open(&database).await?;
    let anonymous = Browser::new(&erp).await;
    let boss = anonymous.log_in(&erp, &erp.hire(HERE, "Bea Boss", Job::Boss).await?).await?;
    let unknown = ["/", "/nothing", "/erp", "/erp/nothing", "/erp/crmx"];
    // Not mounted: the CRM at the root, and its health routes anywhere.
    let elsewhere = ["/api/customers", "/openapi.json", "/docs", "/docs/", "/health", "/metrics"];
    for path in [&unknown[..], &elsewhere[..]].concat() {
        for browser in [&anonymous, &boss] {
            browser.get(path).await.refused_by_erp(404, "no such page");
            browser.post(path, &json!({})).await.refused_by_erp(404, "no such page");
        }
    }
    anonymous.get("/erp/invoices").await.refused_by_erp(401, "log in first");
    let left_out = ["/erp/crm/health", "/erp/crm/health/ready", "/erp/crm/health/detailed", "/erp/crm/metrics"];
    for path in [&left_out[..], &["/erp/crm/nothing"]].concat() {
        let page = anonymous.get(path).await.expect(404);
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
    }
    Ok(())
}

async fn each_reads_json_in_its_own_way(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, _) = open(&database).await?;
    let boss = Browser::new(&erp).await.log_in(&erp, &erp.hire(HERE, "Bea Boss", Job::Boss).await?).await?;
    let (erps, crms) = ("/erp/invoices", "/erp/crm/api/customers");
    // Too long for a form of the ERP, and none of the CRM's business.
    let long = "x".repeat(4_000);
    let form = json!({ "number": 1, "cents": 1, "customer": "Lee", "email": long });
    let refused = boss.post(erps, &form).await.expect(400);
    assert!(refused.text.starts_with("ERP: the form cannot be read: JSON payload"), "{}", refused.text);
    boss.post(crms, &json!({ "name": "Lee", "customFields": { "text": long } })).await.expect(201);

    let broken = || Some(("application/json", "{".to_owned()));
    let refused = boss.send("POST", erps, &[], broken()).await.expect(400);
    assert!(refused.text.starts_with("ERP: the form cannot be read"), "{}", refused.text);
    boss.send("POST", crms, &[], broken()).await.problem(400, "malformed_json");
    // The ERP takes a form with more in it than it reads; the CRM does not.
    boss.post(erps, &json!({ "number": 1, "cents": 1, "customer": "Lee", "colour": "red" })).await.expect(201);
    boss.post(crms, &json!({ "name": "Lee", "colour": "red" })).await.problem(400, "unknown_field");
    Ok(())
}

async fn error_handlers_of_the_host_see_all_and_change_what_they_want(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, _) = open(&database).await?;
    let handlers = ErrorHandlers::new().default_handler(|mut response| {
        let (name, value) = (HeaderName::from_static("x-erp-error"), HeaderValue::from_static("seen"));
        response.headers_mut().insert(name, value);
        Ok(ErrorHandlerResponse::Response(response.map_into_left_body()))
    });
    let site = Site::new(erp);
    let anonymous = Browser::before(
        init_service(App::new().wrap(handlers).configure(site.routes())).await,
        TestRequest::to_request,
    );
    let (own, crms) = (anonymous.get("/nothing").await, anonymous.get("/erp/crm/api/customers").await);
    assert_eq!((own.header("x-erp-error"), crms.header("x-erp-error")), ("seen".to_owned(), "seen".to_owned()));
    assert_ne!(crms.header("x-request-id"), "");
    own.refused_by_erp(404, "no such page");
    crms.problem(401, "token_missing");
    Ok(())
}

async fn routes_of_the_host_may_be_called_like_the_crms(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, _) = open(&database).await?;
    let mary = erp.hire(HERE, "Mary Major", Job::Bookkeeper).await?;
    let ours = async || HttpResponse::Ok().body("the ERP's");
    let site = Site::new(erp.clone());
    let app = App::new().route("/api/customers", web::get().to(ours)).route("/docs/{page:.*}", web::get().to(ours));
    let browser = Browser::before(init_service(app.configure(site.routes())).await, TestRequest::to_request)
        .log_in(&erp, &mary)
        .await?;
    for path in ["/api/customers", "/docs/", "/docs/index.html"] {
        assert_eq!(browser.get(path).await.expect(200).text, "the ERP's");
    }
    assert!(browser.get("/erp/crm/api/customers").await.ok()["data"].is_array());
    assert!(browser.get("/erp/crm/docs/index.html").await.expect(200).text.contains("swagger-ui"));
    Ok(())
}
