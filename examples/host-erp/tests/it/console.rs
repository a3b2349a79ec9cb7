//! The CRM's pages in the ERP's app.

use host_erp::Erp;
use host_erp::tables::{Job, employee};
use testkit::{Suite, TestDatabase};

use crate::browser::{Answer, Browser};
use crate::{HERE, THERE, invoice, open};

const FORM: &str = "application/x-www-form-urlencoded";
const OURS: (&str, &str) = ("sec-fetch-site", "same-origin");

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        log_in_leads_to_the_wanted_page,
        pages_show_what_the_rights_of_the_erp_allow,
        the_cookie_is_no_key_to_the_api,
        log_out_ends_the_session,
    ]);
}

/// The cookie that the log-in page sets.
async fn cookie(erp: &Erp, browser: &Browser, employee: &employee::Model) -> anyhow::Result<String> {
    let answer = log_in(browser, "/erp/log-in", &erp.log_in(employee).await?).await.expect(303);
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    Ok(cookie.split(';').next().unwrap().to_owned())
}

async fn log_in(browser: &Browser, path: &str, session: &str) -> Answer {
    browser.send("POST", path, &[], Some((FORM, format!("session={session}")))).await
}

async fn log_in_leads_to_the_wanted_page(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, _) = open(&database).await?;
    let anonymous = Browser::new(&erp).await;
    let session = erp.log_in(&erp.hire(HERE, "Bea Boss", Job::Boss).await?).await?;
    let sent = anonymous.get("/erp/crm/customers?status=active").await.expect(303).header("location");
    assert_eq!(sent, "/erp/log-in?next=%2Ferp%2Fcrm%2Fcustomers%3Fstatus%3Dactive");
    anonymous.get(&sent).await.expect(200);
    log_in(&anonymous, &sent, "nonsense").await.refused_by_erp(401, "log in first");
    let back = log_in(&anonymous, &sent, &session).await.expect(303);
    assert_eq!(back.header("location"), "/erp/crm/customers?status=active");
    for elsewhere in ["https://evil.example/", "//evil.example/", "/erp/crm/%5C%5Cevil.example", "/other"] {
        let path = format!("/erp/log-in?next={elsewhere}");
        assert_eq!(log_in(&anonymous, &path, &session).await.expect(303).header("location"), "/erp/crm/");
    }
    Ok(())
}

async fn pages_show_what_the_rights_of_the_erp_allow(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, _) = open(&database).await?;
    let anonymous = Browser::new(&erp).await;
    let mary = erp.hire(HERE, "Mary Major", Job::Bookkeeper).await?;
    erp.book(&mary, invoice(1, "Lee & Co")).await?;
    let customer = erp.crm(&mary).customers().list(&<_>::default(), &<_>::default()).await?.data.remove(0);
    let path = format!("/erp/crm/customers/{}", customer.id);
    for (company, job) in [(HERE, Job::Clerk), (HERE, Job::Bookkeeper), (HERE, Job::Boss), (THERE, Job::Boss)] {
        let cookie = cookie(&erp, &anonymous, &erp.hire(company, "Pat Person", job).await?).await?;
        let get = async |path: &str| anonymous.send("GET", path, &[("cookie", &cookie)], None).await;
        for page in ["/erp/crm/", "/erp/crm/customers"] {
            let page = get(page).await.expect(200);
            assert!(page.text.contains("<title>") && page.text.contains("Pat Person"));
            assert!(page.text.contains("Lee &#38; Co") == (company == HERE) || page.request.ends_with("crm/"));
        }
        let page = get(&path).await.expect(if company == HERE { 200 } else { 404 });
        assert_eq!(page.text.contains("Lee &#38; Co"), company == HERE);
        // Only those who may write are offered it.
        assert_eq!(page.text.contains("field-edit"), company == HERE && job != Job::Clerk, "{job:?}");
        let theme = get("/erp/crm/").await.text;
        let theme = theme.split("href=\"").find(|part| part.contains("/theme")).and_then(|part| part.split('"').next());
        assert!(get(theme.expect("a style sheet")).await.expect(200).text.contains("#0f766e"));
    }
    Ok(())
}

async fn the_cookie_is_no_key_to_the_api(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, _) = open(&database).await?;
    let anonymous = Browser::new(&erp).await;
    let cookie = cookie(&erp, &anonymous, &erp.hire(HERE, "Bea Boss", Job::Boss).await?).await?;
    let answer = anonymous.send("GET", "/erp/crm/api/customers", &[("cookie", &cookie)], None).await;
    answer.problem(401, "token_missing");
    // A page of another site cannot write with it.
    let form = || Some((FORM, "name=Lee&kind=organization".to_owned()));
    let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")];
    anonymous.send("POST", "/erp/crm/customers", &headers, form()).await.expect(403);
    anonymous.send("POST", "/erp/crm/customers", &[("cookie", &cookie), OURS], form()).await.expect(303);
    Ok(())
}

async fn log_out_ends_the_session(database: TestDatabase) -> anyhow::Result<()> {
    let (erp, _) = open(&database).await?;
    let anonymous = Browser::new(&erp).await;
    let cookie = cookie(&erp, &anonymous, &erp.hire(HERE, "Bea Boss", Job::Boss).await?).await?;
    let headers = [("cookie", cookie.as_str())];
    let page = anonymous.send("GET", "/erp/crm/", &headers, None).await.expect(200);
    assert!(page.text.contains("action=\"/erp/log-out\""));
    let answer = anonymous.send("POST", "/erp/log-out", &headers, None).await.expect(303);
    assert_eq!(answer.header("location"), "/erp/log-in");
    let location = anonymous.send("GET", "/erp/crm/", &headers, None).await.expect(303).header("location");
    assert!(location.starts_with("/erp/log-in"), "{location}");
    Ok(())
}
