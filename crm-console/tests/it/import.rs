//! The import in steps, without JavaScript, and the export of the list.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use crm_console::Console;
use crm_core::Crm;
use crm_core::actor::Role;
use crm_core::customers::{CustomerQuery, NewCustomer};
use crm_core::jobs::JobOptions;
use crm_web::Service;
use crm_web::service::Limits;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Answer, Browser, Host, MOUNT, Person, browser, company, open};

const FILE: &str = "First Name,Last Name,Email,Company,Notes\r\n\
                    Ann,Lee,ann@lee.example,Lee & Co,\"likes, commas\"\r\n\
                    Bob,Ray,not-an-address,Ray AG,\r\n\
                    Cem,Öz,cem@oez.example,Öz GmbH,x\r\n";

pub fn register(suite: &mut Suite) {
    // Workers take the jobs of all companies.
    tests!(suite, own: [
        a_file_goes_through_all_steps,
        columns_can_be_changed,
        a_mapping_is_saved_and_proposed_for_the_next_file,
        a_saved_mapping_is_written_anew_and_deleted,
        an_import_is_undone,
        rows_that_failed_are_mended_and_imported,
        a_running_import_shows_how_far_it_is,
        an_import_is_cancelled_and_goes_on,
        files_that_are_no_tables_are_refused,
        a_file_that_is_too_large_is_told,
        cards_and_json_go_through_all_steps,
        other_encodings_and_delimiters_are_understood,
        headers_may_be_doubled_or_missing,
        only_those_who_may_import_do,
        files_are_their_users_alone,
        texts_of_a_file_are_escaped,
        files_are_discarded,
        the_list_is_exported_with_its_filters,
        the_list_is_exported_in_each_format,
        only_those_who_may_export_do,
    ]);
}

/// Sends a file as a form of a page does.
async fn upload(browser: &Browser, name: &str, content: &[u8]) -> Answer {
    let boundary = "----boundary";
    let mut body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: text/csv\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let request = TestRequest::post()
        .uri(&format!("{MOUNT}/customers/import"))
        .insert_header(("sec-fetch-site", "same-origin"))
        .insert_header(("content-type", format!("multipart/form-data; boundary={boundary}")))
        .set_payload(body);
    browser.send(request).await
}

/// The address of an import, and its page.
async fn uploaded(browser: &Browser, content: &[u8]) -> (String, Answer) {
    let answer = upload(browser, "people.csv", content).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let address = answer.header("location").to_owned();
    let page = browser.get(&address).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    (address, page)
}

/// Runs the jobs that wait.
async fn work(database: &TestDatabase) {
    Crm::default().run_due_jobs(&database.connection, &JobOptions::default()).await.unwrap();
}

/// Posts a form of an import, runs its job, and gives the page that follows.
async fn step(
    database: &TestDatabase,
    browser: &Browser,
    address: &str,
    (path, fields): (&str, &[(&str, &str)]),
) -> Answer {
    browser.submit(&format!("{address}/{path}"), fields).await;
    work(database).await;
    browser.get(address).await
}

async fn customers(database: &TestDatabase, person: Person) -> Vec<String> {
    let query = CustomerQuery { sort: "name".parse().unwrap(), ..CustomerQuery::default() };
    let page = person.scope(database).customers().list(&query, &Default::default()).await.unwrap();
    page.data.into_iter().map(|customer| customer.name).collect()
}

/// The number under a label.
fn number(page: &Answer, label: &str) -> String {
    let rest = &page.body
        [page.body.find(&format!(">{label}</dt>")).unwrap_or_else(|| panic!("no {label} in {}", page.body))..];
    let start = rest.find("tile-number\">").unwrap() + "tile-number\">".len();
    rest[start..].split('<').next().unwrap().to_owned()
}

async fn a_file_goes_through_all_steps(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    let start = browser.get("/customers/import").await;
    assert!(start.has("enctype=\"multipart/form-data\"") && start.has("at most 100 MB"));
    let (address, page) = uploaded(&browser, FILE.as_bytes()).await;
    assert!(page.has("people.csv") && page.has("3 rows") && page.has("<span>Lee &#38; Co</span>"));
    assert_eq!(page.after("name=\"column-3\"", "value"), "-");
    for chosen in ["\"email\" selected", "\"organizationName\" selected", "\"notes\" selected"] {
        assert!(page.has(chosen), "{chosen} is not chosen in {}", page.body);
    }
    let checked = step(&database, &browser, &address, ("check", &[])).await;
    assert_eq!(number(&checked, "New customers"), "2");
    assert_eq!(number(&checked, "Rows with faults"), "1");
    assert!(checked.has("Enter an e-mail address") && checked.has("<td class=\"right\">3</td>"));
    assert!(checked.has("Import 2 rows") && customers(&database, person).await.is_empty());
    let done = step(&database, &browser, &address, ("start", &[])).await;
    assert!(done.has("The import is done."));
    assert_eq!((number(&done, "Added"), number(&done, "Not imported")), ("2".to_owned(), "1".to_owned()));
    assert_eq!(customers(&database, person).await, ["Ann Lee", "Cem Öz"]);
    // A form that is sent again imports nothing again.
    for again in ["start", "check", "cancel"] {
        browser.submit(&format!("{address}/{again}"), &[]).await;
        work(&database).await;
    }
    assert_eq!(customers(&database, person).await.len(), 2);
    let list = browser.get("/customers/import").await;
    assert!(list.has("people.csv") && list.has(&address));
    let history = browser.get(&browser.get("/customers?q=Ann").await.after("row-link", "href")).await;
    assert!(history.has("Pat Person"), "the import is not the user's own: {}", history.body);
}

async fn columns_can_be_changed(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    let (address, _) = uploaded(&browser, b"A,B,C\nAnn,ann@lee.example,secret\n").await;
    let refused = browser.post(&format!("{address}/check"), &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.has("Choose what at least one of them is"));
    let twice = [("column-1", "name"), ("column-2", "name"), ("column-3", "-")];
    let refused = browser.post(&format!("{address}/check"), &twice).await;
    assert!(refused.has("another column is mapped to the same field") && refused.has("aria-invalid=\"true\""));
    let by_id = [("column-1", "name"), ("mode", "upsert"), ("matchBy", "email"), ("column-2", "-")];
    let refused = browser.post(&format!("{address}/check"), &by_id).await;
    assert!(refused.has("field by which rows are matched") && refused.has("value=\"upsert\" selected"));
    let right = [("column-1", "name"), ("column-2", "email"), ("column-3", "-"), ("mode", "upsert")];
    step(&database, &browser, &address, ("check", &right)).await;
    let again = browser.get(&format!("{address}?step=columns")).await;
    assert!(again.has("\"email\" selected") && again.has("value=\"upsert\" selected"));
    step(&database, &browser, &address, ("start", &[])).await;
    let scope = &mut person.scope(&database);
    let all = scope.customers().list(&CustomerQuery::default(), &Default::default()).await.unwrap().data;
    assert_eq!((all[0].name.as_str(), all[0].email.as_deref()), ("Ann", Some("ann@lee.example")));
    assert!(all[0].custom_fields.is_empty());
}

async fn a_mapping_is_saved_and_proposed_for_the_next_file(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    let (address, page) = uploaded(&browser, b"Wer,Mail,Seit\nAnn,ann@lee.example,05.06.2025\n").await;
    assert!(page.has("Save for the next file like this") && !page.has("saved mapping"));
    let chosen = [
        ("column-1", "name"),
        ("column-2", "email"),
        ("column-3", "-"),
        ("mode", "upsert"),
        ("dateOrder", "dmy"),
        ("mappingName", "Shop <b>"),
    ];
    let kept = browser.submit(&format!("{address}/mapping"), &chosen).await;
    assert!(
        kept.has("The mapping is saved.") && kept.has("those of the saved mapping Shop &#60;b&#62;"),
        "{}",
        kept.body
    );
    // A colleague's next file is taken in the same way, without a choice.
    let colleague = crate::support::browser(&database, Person::new(person.company, Role::Admin)).await;
    let (address, page) = uploaded(&colleague, b"wer;mail;seit\nBob;bob@ray.example;06.06.2025\n").await;
    assert!(page.has("those of the saved mapping Shop") && page.has("value=\"upsert\" selected"));
    assert!(page.has("\"dmy\" selected") && page.has("\"email\" selected"));
    let anew = colleague.get(&format!("{address}?step=columns&mapping=none")).await;
    assert!(anew.has("There is a saved mapping") && !anew.has("value=\"upsert\" selected"));
    let (_, other) = uploaded(&colleague, b"Wer,Mail\nBob,bob@ray.example\n").await;
    assert!(!other.has("saved mapping"), "another header has no saved mapping");
    let nameless = browser.post(&format!("{address}/mapping"), &[("column-1", "name")]).await;
    assert_eq!(nameless.status, StatusCode::NOT_FOUND, "the file is the colleague's");
    let nameless = colleague.post(&format!("{address}/mapping"), &[("column-1", "name")]).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nameless.has("aria-invalid=\"true\"") && nameless.has("<details class=\"form-group\" open>"));
}

async fn a_saved_mapping_is_written_anew_and_deleted(database: TestDatabase) {
    let browser = browser(&database, Person::new(company(), Role::Manager)).await;
    let (address, _) = uploaded(&browser, b"Name,Mail\nAnn,ann@lee.example\n").await;
    let save = format!("{address}/mapping");
    browser.submit(&save, &[("column-1", "name"), ("column-2", "email"), ("mappingName", "Shop")]).await;
    let kept = browser.submit(&save, &[("column-1", "name"), ("column-2", "-"), ("mappingName", "Shop")]).await;
    assert!(kept.has("The mapping is saved.") && kept.has("value=\"-\" selected"), "{}", kept.body);
    let (other, _) = uploaded(&browser, b"Name,Phone\nAnn,1\n").await;
    let taken = browser.post(&format!("{other}/mapping"), &[("column-1", "name"), ("mappingName", "shop")]).await;
    assert!(taken.status == StatusCode::UNPROCESSABLE_ENTITY && taken.has("Another saved mapping has this name."));
    let list = browser.get("/customers/import").await;
    assert!(list.has("Saved mappings") && list.has("Shop") && list.has("2 columns"));
    let remove = list.body.split('"').find(|part| part.contains("/customers/import/mappings/")).unwrap().to_owned();
    let list = browser.submit(&remove, &[]).await;
    assert!(list.has("The saved mapping is deleted.") && !list.has("Saved mappings"), "{}", list.body);
    assert!(!browser.get(&format!("{address}?step=columns")).await.has("saved mapping"));
}

async fn an_import_is_undone(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    let (address, _) = uploaded(&browser, FILE.as_bytes()).await;
    step(&database, &browser, &address, ("check", &[])).await;
    assert!(!browser.get(&address).await.has("step=revert"), "nothing is imported yet");
    let done = step(&database, &browser, &address, ("start", &[])).await;
    assert!(done.has("The import can be undone until") && done.has("?step=revert"), "{}", done.body);
    let asked = browser.get(&format!("{address}?step=revert")).await;
    assert_eq!((number(&asked, "To the trash"), number(&asked, "As before")), ("2".to_owned(), "0".to_owned()));
    assert_eq!(customers(&database, person).await.len(), 2, "looking changes nothing");
    let undone = browser.submit(&format!("{address}/revert"), &[]).await;
    assert!(undone.has("The import was undone.") && !undone.has("step=revert"), "{}", undone.body);
    assert_eq!(number(&undone, "To the trash"), "2");
    assert!(customers(&database, person).await.is_empty());
    // A form that is sent again changes nothing.
    assert!(browser.submit(&format!("{address}/revert"), &[]).await.has("The import was undone."));
    let other = crate::support::browser(&database, Person::new(person.company, Role::Admin)).await;
    assert_eq!(other.post(&format!("{address}/revert"), &[]).await.status, StatusCode::NOT_FOUND);
}

async fn rows_that_failed_are_mended_and_imported(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    let file = "Name;Email;Note\r\nAnn;wrong;\"a;b\"\"c\"\r\nBob;bob@ray.example;\r\nCem;x@y@z\r\n\"Dan;dan@ray.example;\r\nEve;eve@ray.example;\r\n";
    let (address, _) = uploaded(&browser, file.as_bytes()).await;
    step(&database, &browser, &address, ("check", &[])).await;
    let done = step(&database, &browser, &address, ("start", &[])).await;
    assert!(done.has("/failed.csv\" download"));
    let failed = browser.get(&format!("{address}/failed.csv")).await;
    assert_eq!(failed.header("content-disposition"), "attachment; filename=\"people-failed.csv\"");
    assert!(failed.header("content-type").starts_with("text/csv"));
    let lines: Vec<&str> = failed.body.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines[0], "Name;Email;Note;Import error");
    assert!(
        lines[1].starts_with("Ann;wrong;\"a;b\"\"c\";\"") || lines[1].starts_with("Ann;wrong;\"a;b\"\"c\";Email"),
        "{lines:?}"
    );
    assert!(lines[2].starts_with("Cem;x@y@z;;") && lines.contains(&"\"Dan;dan@ray.example;"), "{lines:?}");
    assert!(!failed.has("bob@ray.example"));
    let mended =
        failed.body.replace("wrong", "ann@lee.example").replace("x@y@z", "cem@oez.example").replace("\"Dan", "Dan");
    let (address, page) = uploaded(&browser, mended.as_bytes()).await;
    assert!(page.has("Import error"));
    step(&database, &browser, &address, ("check", &[])).await;
    let done = step(&database, &browser, &address, ("start", &[])).await;
    assert_eq!(number(&done, "Not imported"), "0", "{}", done.body);
    let names = customers(&database, person).await;
    for name in ["Ann", "Bob", "Cem", "Dan"] {
        assert!(names.iter().any(|known| known == name), "{name} is missing in {names:?}");
    }
}

async fn a_running_import_shows_how_far_it_is(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    let (address, _) = uploaded(&browser, FILE.as_bytes()).await;
    let waiting = browser.submit(&format!("{address}/check"), &[]).await;
    assert!(waiting.has("The file waits for its turn") && waiting.has("<progress max=\"100\" value=\"0\""));
    assert!(waiting.has("hx-trigger=\"every 1s\"") && waiting.has("data-refresh"));
    // Another one while it runs changes nothing.
    browser.submit(&format!("{address}/check"), &[("column-1", "-")]).await;
    work(&database).await;
    assert_eq!(number(&browser.get(&address).await, "New customers"), "2");
    let admin = crate::support::browser(&database, Person::new(person.company, Role::Admin)).await;
    assert_eq!(admin.get(&address).await.status, StatusCode::NOT_FOUND);
}

async fn an_import_is_cancelled_and_goes_on(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    let (address, _) = uploaded(&browser, FILE.as_bytes()).await;
    step(&database, &browser, &address, ("check", &[])).await;
    browser.submit(&format!("{address}/start"), &[]).await;
    let stopped = browser.submit(&format!("{address}/cancel"), &[]).await;
    assert!(stopped.has("The import was stopped.") && customers(&database, person).await.is_empty());
    work(&database).await;
    assert!(customers(&database, person).await.is_empty());
    let done = step(&database, &browser, &address, ("retry", &[])).await;
    assert!(done.has("The import is done."));
    assert_eq!(customers(&database, person).await, ["Ann Lee", "Cem Öz"]);
}

async fn files_that_are_no_tables_are_refused(database: TestDatabase) {
    let browser = browser(&database, Person::new(company(), Role::Manager)).await;
    let large = format!("[{}{{}}]", "{\"name\": \"Ann\"}, ".repeat(1_300_000));
    for (content, text, status) in [
        (b"".as_slice(), "the file is empty", 422),
        (b"Name,Email\n", "no rows below its header", 422),
        (b"PK\x03\x04rest", "this is a zip archive", 422),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0", "not a text file", 422),
        (b"Na\"me\n\"Ann", "", 303),
        (large.as_bytes(), "a file other than CSV has at most 20 MiB", 422),
    ] {
        let answer = upload(&browser, "file.csv", content).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
        assert!(answer.has(text), "{text} is not in {}", answer.body);
    }
    let nothing = TestRequest::post()
        .uri(&format!("{MOUNT}/customers/import"))
        .insert_header(("sec-fetch-site", "same-origin"))
        .insert_header(("content-type", "multipart/form-data; boundary=x"))
        .set_payload("--x--\r\n");
    let answer = browser.send(nothing).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.has("Choose a file."));
}

async fn a_file_that_is_too_large_is_told(database: TestDatabase) {
    let limits = Limits { import: 1024 * 1024, ..Limits::default() };
    let service = Service::new(Crm::default(), database.connection.clone(), Host).with_limits(limits);
    let browser = open(Console::new(service)).await;
    browser.cookies.borrow_mut().insert("erp".to_owned(), Person::new(company(), Role::Manager).word());
    assert!(browser.get("/customers/import").await.has("at most 1 MB"));
    let answer = upload(&browser, "file.csv", format!("Name\n{}", "Ann\n".repeat(600_000)).as_bytes()).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.has("too large: at most 1 MB"));
}

async fn cards_and_json_go_through_all_steps(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    assert!(browser.get("/customers/import").await.has(".vcf,text/vcard"));
    let cards = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Cem Öz\r\nEMAIL:cem@oez.example\r\nEND:VCARD\r\n\
                 BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Bad\r\nEMAIL:nobody\r\nEND:VCARD\r\n";
    for (content, name) in [(cards.as_bytes(), "Cem Öz"), (b"[{\"name\": \"Di\"}]", "Di")] {
        let (address, page) = uploaded(&browser, content).await;
        assert!(page.has(name) && page.has("\"name\" selected"), "{}", page.body);
        let checked = step(&database, &browser, &address, ("check", &[])).await;
        assert_eq!(number(&checked, "New customers"), "1");
        assert!(step(&database, &browser, &address, ("start", &[])).await.has("The import is done."));
    }
    assert_eq!(customers(&database, person).await, ["Cem Öz", "Di"]);
}

async fn other_encodings_and_delimiters_are_understood(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    let (_, page) = uploaded(&browser, b"Name;Stadt\nM\xFCller;Z\xFCrich\n").await;
    assert!(page.has("Müller") && page.has("Zürich"));
    let utf16: Vec<u8> = "\u{feff}Name\tCity\nØrsted\tÅrhus\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (address, page) = uploaded(&browser, &utf16).await;
    assert!(page.has("Ørsted") && page.has("Århus"));
    step(&database, &browser, &address, ("check", &[])).await;
    step(&database, &browser, &address, ("start", &[])).await;
    assert_eq!(customers(&database, person).await, ["Ørsted"]);
}

async fn headers_may_be_doubled_or_missing(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    let (address, page) =
        uploaded(&browser, b"Name,Email,Email,,Name\nAnn,old@lee.example,ann@lee.example,x,y\n").await;
    assert!(page.has("column4"));
    let mapping = [
        ("column-1", "name"),
        ("column-2", "customFields.old"),
        ("column-3", "email"),
        ("column-4", "city"),
        ("column-5", "-"),
    ];
    step(&database, &browser, &address, ("check", &mapping)).await;
    step(&database, &browser, &address, ("start", &[])).await;
    let scope = &mut person.scope(&database);
    let ann = scope.customers().list(&CustomerQuery::default(), &Default::default()).await.unwrap().data.remove(0);
    assert_eq!((ann.email.as_deref(), ann.city.as_deref()), (Some("ann@lee.example"), Some("x")));
    assert_eq!(ann.custom_fields["old"], "old@lee.example");
}

async fn only_those_who_may_import_do(database: TestDatabase) {
    let company = company();
    for role in Role::ALL {
        let browser = browser(&database, Person::new(company, *role)).await;
        let may = matches!(role, Role::Admin | Role::Manager);
        assert_eq!(browser.get("/customers").await.has("/customers/import\""), may, "{role}");
        let expected = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(browser.get("/customers/import").await.status, expected, "{role}");
        let expected = if may { StatusCode::SEE_OTHER } else { StatusCode::FORBIDDEN };
        assert_eq!(upload(&browser, "a.csv", FILE.as_bytes()).await.status, expected, "{role}");
    }
}

async fn files_are_their_users_alone(database: TestDatabase) {
    let company = company();
    let owner = browser(&database, Person::new(company, Role::Manager)).await;
    let (address, _) = uploaded(&owner, FILE.as_bytes()).await;
    let others = [Person::new(company, Role::Admin), Person::new(crate::support::company(), Role::Admin)];
    for other in others {
        let other = browser(&database, other).await;
        for path in ["", "?step=columns", "/failed.csv"] {
            let answer = other.get(&format!("{address}{path}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            assert!(!answer.has("Ann") && !answer.has("people.csv"));
        }
        for path in ["check", "start", "cancel", "retry", "remove"] {
            assert_eq!(other.post(&format!("{address}/{path}"), &[]).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        assert!(!other.get("/customers/import").await.has("people.csv"));
    }
    assert!(owner.get(&address).await.has("people.csv"));
    assert_eq!(owner.get("/customers/import/nonsense").await.status, StatusCode::NOT_FOUND);
}

async fn texts_of_a_file_are_escaped(database: TestDatabase) {
    let browser = browser(&database, Person::new(company(), Role::Manager)).await;
    let evil = "<script>MARK</script>";
    let file = format!("Name,{evil},Email\n{evil},{evil},{evil}\n");
    let answer = upload(&browser, &format!("{evil}.csv"), file.as_bytes()).await;
    let address = answer.header("location").to_owned();
    let mut pages = browser.get(&address).await.body;
    let checked = step(&database, &browser, &address, ("check", &[])).await;
    pages += &checked.body;
    pages += &browser.get("/customers/import").await.body;
    assert!(pages.contains("&#60;script&#62;MARK") && !pages.contains("<script>MARK"));
    assert!(!browser.get(&format!("{address}/failed.csv")).await.header("content-disposition").contains('<'));
}

async fn files_are_discarded(database: TestDatabase) {
    let browser = browser(&database, Person::new(company(), Role::Manager)).await;
    let (address, _) = uploaded(&browser, FILE.as_bytes()).await;
    browser.submit(&format!("{address}/check"), &[]).await;
    let list = browser.submit(&format!("{address}/remove"), &[]).await;
    assert!(!list.has("people.csv"));
    work(&database).await;
    assert_eq!(browser.get(&address).await.status, StatusCode::NOT_FOUND);
}

async fn the_list_is_exported_with_its_filters(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let mut scope = person.scope(&database);
    for (name, status) in [("Lee & Co", "active"), ("Ray AG", "blocked")] {
        let status = Some(status.parse().unwrap());
        scope.customers().create(NewCustomer { status, ..NewCustomer::organization(name) }).await.unwrap();
    }
    let browser = browser(&database, person).await;
    let list = browser.get("/customers?status=blocked&sort=name").await;
    let file = browser.get(&list.after("results-export", "href")).await;
    assert_eq!(file.status, StatusCode::OK);
    assert!(file.header("content-type").starts_with("text/csv"));
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"customers-"));
    assert!(file.has("Ray AG") && !file.has("Lee & Co"));
    let found = browser.get("/customers?q=lee").await;
    let file = browser.get(&found.after("results-export", "href")).await;
    assert_eq!(file.status, StatusCode::OK);
    assert!(file.has("Lee & Co") && !file.has("Ray AG"), "{}", file.body);
}

async fn the_list_is_exported_in_each_format(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    person.scope(&database).customers().create(NewCustomer::organization("Lee & Co")).await.unwrap();
    let list = browser.get("/customers?q=lee").await;
    for (format, start) in [("csv", "\u{feff}id,"), ("ndjson", "{\"id\""), ("vcf", "BEGIN:VCARD"), ("xlsx", "PK")] {
        assert!(list.has(&format!("/customers/export.{format}?q=lee")), "{format}");
        let file = browser.get(&format!("/customers/export.{format}?q=lee")).await;
        assert!(file.status == StatusCode::OK && file.body.starts_with(start), "{format}");
        assert!(file.header("content-disposition").ends_with(&format!(".{format}\"")));
    }
    assert_eq!(browser.get("/customers/export.pdf").await.status, StatusCode::NOT_FOUND);
    assert!(list.has("/customers/export.csv?q=lee&#38;notes=1"));
    let file = browser.get("/customers/export.csv?q=lee&notes=1").await;
    assert!(file.body.lines().next().is_some_and(|header| header.ends_with(",notes")), "{}", file.body);
}

async fn only_those_who_may_export_do(database: TestDatabase) {
    let company = company();
    for role in Role::ALL {
        let browser = browser(&database, Person::new(company, *role)).await;
        let may = matches!(role, Role::Admin | Role::Manager);
        assert_eq!(browser.get("/customers").await.has("results-export"), may, "{role}");
        let expected = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(browser.get("/customers/export.csv").await.status, expected, "{role}");
    }
}
