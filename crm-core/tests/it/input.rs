//! Unusual input: each text, time and number is returned unchanged by both databases, or refused with its location.

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::customers::{CustomerKind, CustomerQuery, CustomerSearch, CustomerStatus, NewCustomer};
use crm_core::filter::{Filter, MAX_VALUES, Op};
use crm_core::interactions::{
    Completion, InteractionQuery, InteractionStatus, InteractionType, NewInteraction, Participant,
};
use crm_core::page::PageRequest;
use crm_core::tags::NewTag;
use crm_core::{Conflict, Crm, Error};
use serde_json::{Value, json};
use testkit::{FixedClock, Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches, malformed, violation, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        lists_of_wanted_values_have_a_maximum,
        the_same_value_twice_is_one,
        no_list_or_text_of_a_query_makes_the_database_fail,
        a_leap_second_reads_as_it_was_answered,
        what_has_happened_is_not_in_the_future,
        json_is_held_to_the_rules_of_fields,
        numbers_in_json_read_as_they_were_answered,
        names_that_look_the_same_are_one_tag,
        names_lose_what_nobody_sees,
        apostrophes_width_and_kana_do_not_matter,
        two_letters_are_a_word_where_words_have_no_blanks,
        two_spellings_of_a_domain_are_one_address,
        participants_are_named_by_one_spelling,
        time_zones_are_spelt_as_iana_has_them,
        websites_follow_one_rule,
        what_was_written_by_older_rules_is_derived_anew,
    ]);
}

fn organization(change: impl FnOnce(&mut NewCustomer)) -> NewCustomer {
    let mut new = NewCustomer::organization("Lee & Co");
    change(&mut new);
    new
}

async fn lists_of_wanted_values_have_a_maximum(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Lee & Co").await?;
    let many = vec!["x".to_owned(); MAX_VALUES + 1];
    let all = CustomerQuery::default;
    for (query, pointer) in [
        (CustomerQuery { status: vec![CustomerStatus::Active; 32_760], ..all() }, "/status"),
        (CustomerQuery { kind: vec![CustomerKind::Person; 90_000], ..all() }, "/kind"),
        (CustomerQuery { tag: many.clone(), ..all() }, "/tag"),
        (CustomerQuery { tag_all: many.clone(), ..all() }, "/tagAll"),
    ] {
        let mut scope = crm.admin();
        assert_eq!(violation(scope.customers().list(&query, &PageRequest::default()).await, pointer), "too_long");
        let search = CustomerSearch { text: "lee".into(), query };
        assert_eq!(violation(scope.customers().search(&search, &PageRequest::default()).await, pointer), "too_long");
    }
    let all = InteractionQuery::default;
    for (query, pointer) in [
        (InteractionQuery { interaction_type: vec![InteractionType::Call; MAX_VALUES + 1], ..all() }, "/type"),
        (InteractionQuery { status: vec![InteractionStatus::Planned; MAX_VALUES + 1], ..all() }, "/status"),
        (InteractionQuery { outcome: many.clone(), ..all() }, "/outcome"),
    ] {
        let listed = crm.admin().all_interactions().list(&query, &PageRequest::default()).await;
        assert_eq!(violation(listed, pointer), "too_long");
    }
    for (field, op) in [("zipCode", Op::In), ("id", Op::In), ("tags", Op::HasAny), ("externalSystem", Op::HasAll)] {
        let filter = Filter::leaf(field, op, json!(vec!["x"; MAX_VALUES + 1]));
        assert_eq!(Filter::from_json(&serde_json::to_value(&filter)?).unwrap_err().at, "filter/value");
        let query = CustomerQuery { filter: Some(filter), ..CustomerQuery::default() };
        assert_eq!(malformed(crm.admin().customers().list(&query, &PageRequest::default()).await), "filter_invalid");
    }
    Ok(())
}

async fn the_same_value_twice_is_one(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    crm.admin().customer_tags(customer.id).add(["VIP"]).await?;
    let query = CustomerQuery {
        kind: vec![CustomerKind::Organization; MAX_VALUES],
        status: vec![CustomerStatus::Prospect; MAX_VALUES],
        tag: vec!["vip".into(); MAX_VALUES],
        tag_all: vec!["VIP".into(); MAX_VALUES],
        filter: Some(Filter::leaf("id", Op::In, json!(vec![customer.id; MAX_VALUES]))),
        ..CustomerQuery::default()
    };
    assert_eq!(crm.names(&query).await?, ["Lee & Co"]);
    Ok(())
}

async fn no_list_or_text_of_a_query_makes_the_database_fail(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let query = InteractionQuery { outcome: vec!["a\0b".into()], ..InteractionQuery::default() };
    assert_eq!(malformed(crm.admin().all_interactions().list(&query, &PageRequest::default()).await), "filter_invalid");
    for (field, op) in [("source", Op::Eq), ("zipCode", Op::In), ("externalSystem", Op::HasAny)] {
        let value = if op == Op::Eq { json!("\0") } else { json!(["\0"]) };
        let query = CustomerQuery { filter: Some(Filter::leaf(field, op, value)), ..CustomerQuery::default() };
        assert_eq!(malformed(crm.admin().customers().list(&query, &PageRequest::default()).await), "filter_invalid");
    }
    assert_matches!(crm.admin().customers().by_external("a\0", "1").await, Err(Error::NotFound { .. }));
    let options = crm_core::customers::ImportOptions { external_system: Some("a\0".into()), ..Default::default() };
    let imported = crm.admin().customers().import(&b"Name\nAnn"[..], options).await;
    assert_eq!(malformed(imported), "parameter_invalid");
    Ok(())
}

async fn a_leap_second_reads_as_it_was_answered(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let time = |text: &str| text.parse::<DateTime<Utc>>();
    let mut scope = crm.admin();
    let mut interactions = scope.interactions(customer.id);
    let new = NewInteraction {
        scheduled_at: Some(time("2016-12-31T23:59:60.5Z")?),
        started_at: Some(time("2025-06-15T12:00:60Z")?),
        completed_at: Some(time("2025-06-15T12:30:60Z")?),
        follow_up_at: Some(time("2027-01-01T00:00:60Z")?),
        ..NewInteraction::default()
    };
    let made = interactions.create(new).await?;
    assert_eq!(made.completed_at, Some(time("2025-06-15T12:31:00Z")?));
    assert_eq!(made.scheduled_at, Some(time("2017-01-01T00:00:00.5Z")?));
    assert_eq!(interactions.get(made.id).await?, made);
    let planned = interactions.create(NewInteraction::default().planned(time("2025-06-15T12:00:00Z")?)).await?;
    let said = Completion { completed_at: Some(time("2025-06-15T12:30:60Z")?), ..Completion::default() };
    let completed = interactions.complete(planned.id, said, None).await?.interaction;
    assert_eq!(completed.completed_at, Some(time("2025-06-15T12:31:00Z")?));
    assert_eq!(interactions.get(planned.id).await?, completed);
    // The second after the last one of the year 9999 is in no year that times are written with.
    let beyond = NewInteraction::default().planned(time("9999-12-31T23:59:60Z")?);
    assert_eq!(violation(interactions.create(beyond).await, "/scheduledAt"), "out_of_range");
    // Asked for, it is the same second.
    let filter = json!({ "field": "completedAt", "op": "eq", "value": "2025-06-15T12:30:60Z" });
    let query = InteractionQuery { filter: Some(Filter::from_json(&filter)?), ..InteractionQuery::default() };
    assert_eq!(interactions.list(&query, &PageRequest::default()).await?.data.len(), 2);
    for year in ["0000", "+10000"] {
        let filter = json!({ "field": "completedAt", "op": "lt", "value": format!("{year}-06-15T12:30:00Z") });
        let query = InteractionQuery { filter: Some(Filter::from_json(&filter)?), ..InteractionQuery::default() };
        assert_eq!(malformed(interactions.list(&query, &PageRequest::default()).await), "filter_invalid");
    }
    Ok(())
}

async fn what_has_happened_is_not_in_the_future(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    let customer = crm.named("Lee & Co").await?;
    let at = |seconds: i64| Some(FixedClock::default_time() + TimeDelta::seconds(seconds));
    let mut scope = crm.admin();
    let mut interactions = scope.interactions(customer.id);
    let ended = |seconds| NewInteraction { completed_at: at(seconds), ..NewInteraction::default() };
    assert_eq!(violation(interactions.create(ended(61)).await, "/completedAt"), "in_the_future");
    let tolerated = interactions.create(ended(60)).await?;
    assert_eq!(tolerated.completed_at, at(60));
    let begun = NewInteraction {
        status: Some(InteractionStatus::InProgress),
        started_at: at(3600),
        ..NewInteraction::default()
    };
    assert_eq!(violation(interactions.create(begun).await, "/startedAt"), "in_the_future");
    let planned = interactions.create(NewInteraction::default().planned(FixedClock::default_time())).await?;
    let said = Completion { completed_at: at(86_400 * 365 * 70), ..Completion::default() };
    assert_eq!(violation(interactions.complete(planned.id, said, None).await, "/completedAt"), "in_the_future");
    // Around midnight even a minute ahead is another day.
    clock.set(FixedClock::default_time() - TimeDelta::hours(24));
    assert_eq!(crm.admin().stats().activity(customer.id, None).await?.days_since_last_contact, Some(0));
    Ok(())
}

fn object(value: Value) -> Option<serde_json::Map<String, Value>> {
    value.as_object().cloned()
}

async fn json_is_held_to_the_rules_of_fields(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let long = "k".repeat(300);
    for key in ["", "a\"b", "\t", long.as_str()] {
        let refused = crm.create(organization(|new| new.custom_fields = object(json!({ key: 1 })))).await;
        assert_eq!(violation(refused, &format!("/customFields/{key}")), "key_invalid");
    }
    let new = organization(|new| {
        new.custom_fields = object(json!({ "a": "\u{1}" }));
        new.metadata = object(json!({ "b": [{ "c": "\u{1}" }] }));
    });
    let expected = [("/customFields/a", "control_character"), ("/metadata/b/0/c", "control_character")];
    assert_eq!(violations(crm.create(new).await), expected.map(|(at, code)| (at.to_owned(), code.to_owned())));
    // What is taken is within a filter's reach.
    let longest = "k".repeat(100);
    for key in ["two words", "größe", "客户", "a.b", "it's", longest.as_str()] {
        crm.create(organization(|new| new.custom_fields = object(json!({ key: "a\n\tb" })))).await?;
        let filter = Filter::leaf(format!("customFields.{key}"), Op::Eq, "a\n\tb");
        let query = CustomerQuery { filter: Some(filter), ..CustomerQuery::default() };
        assert_eq!(crm.names(&query).await?.len(), 1, "{key}");
    }
    let customer = crm.named("Keeper").await?;
    let mut scope = crm.admin();
    let noted = NewInteraction { metadata: object(json!({ "a\\": 1 })), ..NewInteraction::default() };
    assert_eq!(violation(scope.interactions(customer.id).create(noted).await, "/metadata/a\\"), "key_invalid");
    Ok(())
}

async fn numbers_in_json_read_as_they_were_answered(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for number in ["1e16", "1e19", "-1e18", "1e20", "1.0", "1e-7", "100000000000000000.0", "18446744073709551615"] {
        let fields = serde_json::from_str(&format!("{{\"n\":{number}}}"))?;
        let made = crm.create(organization(|new| new.custom_fields = Some(fields))).await?;
        let read = crm.get(&made).await?;
        assert_eq!(serde_json::to_string(&read)?, serde_json::to_string(&made)?, "{number}");
    }
    let zero = organization(|new| new.custom_fields = object(json!({ "n": -0.0 })));
    assert_eq!(violation(crm.create(zero).await, "/customFields/n"), "number_inexact");
    Ok(())
}

async fn names_that_look_the_same_are_one_tag(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    for name in ["\u{200b}", "\u{3164}", "\u{2060}\u{ad}"] {
        assert_eq!(violation(scope.tags().create(NewTag::named(name)).await, "/name"), "required", "{name:?}");
    }
    assert_eq!(scope.tags().create(NewTag::named("V\u{200b}IP\u{202e}")).await?.name, "VIP");
    for name in ["VIP\u{200b}", "V\u{ad}IP", "ＶＩＰ", "vip\u{fe0f}"] {
        let taken = scope.tags().create(NewTag::named(name)).await;
        assert_matches!(taken, Err(Error::Conflict(Conflict::TagNameTaken)));
    }
    scope.tags().create(NewTag::named("O'Brien")).await?;
    for name in ["O’Brien", "obrien"] {
        assert_matches!(scope.tags().create(NewTag::named(name)).await, Err(Error::Conflict(Conflict::TagNameTaken)));
    }
    // What only looks alike is another name.
    for name in ["modern", "modem", "VІP"] {
        scope.tags().create(NewTag::named(name)).await?;
    }
    assert_eq!(scope.tags().create(NewTag::named("👩\u{200d}💻 Team")).await?.name, "👩\u{200d}💻 Team");
    Ok(())
}

async fn names_lose_what_nobody_sees(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let made = crm
        .create(organization(|new| {
            new.name = Some("\u{202e}Lee\u{200b} & Co\u{feff}".into());
            new.city = Some("\u{200b}".into());
            new.job_title = Some("می\u{200c}خواهم".into());
        }))
        .await?;
    assert_eq!((made.name.as_str(), made.city.as_deref()), ("Lee & Co", None));
    assert_eq!(made.job_title.as_deref(), Some("می\u{200c}خواهم"));
    let nameless = crm.create(organization(|new| new.name = Some("\u{200b}\u{202e}".into()))).await;
    assert_eq!(violation(nameless, "/name"), "required");
    let mut scope = crm.admin();
    let mut notes = scope.notes(made.id);
    let body = "👨\u{200d}👩\u{200d}👧 \u{200f}שלום";
    assert_eq!(notes.create(crm_core::notes::NewNote::text(body)).await?.body, body);
    let blank = notes.create(crm_core::notes::NewNote::text("\u{200b}\n\u{2060}")).await;
    assert_eq!(violation(blank, "/body"), "required");
    Ok(())
}

async fn found(crm: &TestCrm, text: &str) -> crm_core::Result<Vec<String>> {
    let search = CustomerSearch { text: text.into(), query: CustomerQuery::default() };
    let page = crm.admin().customers().search(&search, &PageRequest::default()).await?;
    for found in &page.data {
        assert!(!found.matches.is_empty(), "{text} shows nothing of {}", found.customer.name);
    }
    Ok(page.data.into_iter().map(|found| found.customer.name).collect())
}

async fn apostrophes_width_and_kana_do_not_matter(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for name in ["O'Brien", "O’Brien", "obrien", "d’Or Paris", "サトウ", "ﾀﾞｲｷﾝ", "さかな ＡＢＣ"]
    {
        crm.named(name).await?;
    }
    for text in ["O'Brien", "o’brien", "OBRIEN", "obr"] {
        let mut names = found(&crm, text).await?;
        names.sort();
        assert_eq!(names, ["O'Brien", "O’Brien", "obrien"], "{text}");
    }
    for (text, name) in [
        ("dor", "d’Or Paris"),
        ("d'or paris", "d’Or Paris"),
        ("or", "d’Or Paris"),
        ("さとう", "サトウ"),
        ("ダイキン", "ﾀﾞｲｷﾝ"),
        ("サカナ abc", "さかな ＡＢＣ"),
    ] {
        assert_eq!(found(&crm, text).await?, [name], "{text}");
    }
    assert_eq!(found(&crm, "タイキン").await?, Vec::<String>::new());
    Ok(())
}

async fn two_letters_are_a_word_where_words_have_no_blanks(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for name in ["王小明", "田中さくら", "김민수", "สมชาย", "Hanna"] {
        crm.named(name).await?;
    }
    for (text, expected) in [
        ("小明", "王小明"),
        ("王小", "王小明"),
        ("中さ", "田中さくら"),
        ("クラ", "田中さくら"),
        ("민수", "김민수"),
        ("ชา", "สมชาย"),
    ] {
        assert_eq!(found(&crm, text).await?, [expected], "{text}");
    }
    for text in ["明小", "明", "nn"] {
        assert_eq!(found(&crm, text).await?, Vec::<String>::new(), "{text}");
    }
    let customer = crm.named("Lee & Co").await?;
    crm.admin().customer_tags(customer.id).add(["重要客户"]).await?;
    assert_eq!(found(&crm, "客户").await?, ["Lee & Co"]);
    Ok(())
}

async fn two_spellings_of_a_domain_are_one_address(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let with = |email: &str| organization(|new| new.email = Some(email.to_owned()));
    let made = crm.create(with("info@xn--mller-kva.example")).await?;
    assert_eq!(made.email.as_deref(), Some("info@müller.example"));
    let taken = crm.create(with("Info@Müller.example")).await;
    assert_matches!(taken, Err(Error::Conflict(Conflict::CustomerEmailTaken)));
    for email in ["info@müller.example", "info@xn--mller-kva.example"] {
        assert_eq!(found(&crm, email).await?, ["Lee & Co"], "{email}");
        for op in [Op::Eq, Op::Contains] {
            let filter = Some(Filter::leaf("email", op, email));
            assert_eq!(crm.names(&CustomerQuery { filter, ..CustomerQuery::default() }).await?, ["Lee & Co"]);
        }
        let options =
            crm_core::customers::ImportOptions { mode: crm_core::customers::ImportMode::Upsert, ..Default::default() };
        let file = format!("Name,Email\nLee & Co,{email}\n");
        let report = crm.admin().customers().import(std::io::Cursor::new(file.into_bytes()), options).await?;
        assert_eq!((report.created, report.failed), (0, 0), "{email}");
    }
    assert_eq!(found(&crm, "xn--mller-kva.example").await?, ["Lee & Co"]);
    Ok(())
}

async fn participants_are_named_by_one_spelling(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let participants: Vec<Participant> = serde_json::from_value(json!([
        { "kind": "email", "address": "ann@müller.example" },
        { "kind": "email", "address": "ann@xn--mller-kva.example" },
    ]))?;
    let mut scope = crm.admin();
    let new = NewInteraction { participants: Some(participants), ..NewInteraction::default() };
    assert_eq!(violation(scope.interactions(customer.id).create(new).await, "/participants"), "duplicate");
    let participants = serde_json::from_value(json!([{ "kind": "email", "address": "a\u{1}@example.com" }]))?;
    let new = NewInteraction { participants: Some(participants), ..NewInteraction::default() };
    let refused = violations(scope.interactions(customer.id).create(new).await);
    assert!(refused.contains(&("/participants/0/address".to_owned(), "control_character".to_owned())), "{refused:?}");
    Ok(())
}

async fn time_zones_are_spelt_as_iana_has_them(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let set = async |zone: &str| {
        let patch = serde_json::from_value(json!({ "timeZone": zone })).expect("a patch");
        crm.admin().settings().update(patch, None).await
    };
    for (typed, zone) in [("europe/berlin", "Europe/Berlin"), ("UTC", "UTC"), ("america/new_york", "America/New_York")]
    {
        assert_eq!(set(typed).await?.time_zone, zone);
    }
    for typed in ["Berlin", "", "Europe/Berlin2"] {
        assert_eq!(violation(set(typed).await, "/timeZone"), "time_zone_unknown");
    }
    let customer = crm.named("Lee & Co").await?;
    let activity = crm.admin().stats().activity(customer.id, Some("EUROPE/PARIS")).await?;
    assert_eq!(activity.time_zone, "Europe/Paris");
    Ok(())
}

async fn websites_follow_one_rule(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for website in ["example.com:8080", "www.example.com/a", "https://intranet/", "müller.example"] {
        let made = crm.create(organization(|new| new.website = Some(website.into()))).await?;
        assert_eq!(made.website.as_deref(), Some(website));
    }
    for website in ["-", "//x.example", "n/a", "none", "ann@example.com", "ftp://example.com"] {
        let refused = crm.create(organization(|new| new.website = Some(website.into()))).await;
        assert_eq!(violation(refused, "/website"), "website_invalid", "{website}");
    }
    Ok(())
}

async fn what_was_written_by_older_rules_is_derived_anew(database: TestDatabase) -> anyhow::Result<()> {
    use sea_orm::ConnectionTrait;
    use sea_orm::sea_query::{Expr, ExprTrait, Query};
    let crm = TestCrm::new(&database);
    let allow = serde_json::from_value(json!({ "duplicatePolicy": "allow" }))?;
    crm.admin().settings().update(allow, None).await?;
    let brien = crm.create(organization(|new| new.name = Some("O'Brien 王小明".into()))).await?;
    let first = crm.create(organization(|new| new.email = Some("a@müller.example".into()))).await?;
    let (vip, other) = {
        let mut scope = crm.admin();
        (scope.tags().create(NewTag::named("O'Neil")).await?, scope.tags().create(NewTag::named("ONeil2")).await?)
    };
    let company = crm.company.0;
    let write = async |table: &'static str, id: uuid::Uuid, columns: &[(&'static str, &'static str)]| {
        let mut update = Query::update().table(table).to_owned();
        for (column, value) in columns {
            update.value(*column, *value);
        }
        update.and_where(Expr::col("company_id").eq(company)).and_where(Expr::col("id").eq(id));
        crm.db.execute(&update).await
    };
    // As an older version wrote them, which knew neither rule.
    let older = [("name_key", "o'brien 王小明"), ("search_text", "\n o'brien 王小明\n")];
    write("crm_customers", brien.id.0, &older).await?;
    let encoded = [("email", "a@xn--mller-kva.example"), ("search_text", "\n lee\n a@xn--mller-kva.example\n")];
    write("crm_customers", first.id.0, &encoded).await?;
    write("crm_tags", vip.id.0, &[("name_key", "o'neil")]).await?;
    write("crm_tags", other.id.0, &[("name", "ONeil"), ("name_key", "oneil")]).await?;
    assert_eq!(found(&crm, "小明").await?, Vec::<String>::new());
    let done = crm.crm.reindex(&crm.db).await?;
    assert!(done.written >= 2, "{done:?}");
    let conflict = (crm_core::Kind::Tag, vip.id.0);
    assert!(done.conflicts.contains(&conflict), "{done:?}");
    assert_eq!(found(&crm, "小明").await?, ["O'Brien 王小明"]);
    assert_eq!(found(&crm, "obrien").await?, ["O'Brien 王小明"]);
    let read = crm.get(&first).await?;
    assert_eq!((read.email.as_deref(), read.version), (Some("a@müller.example"), first.version));
    // Once they are one, there is nothing left to do.
    crm.admin().tags().merge(vip.id, other.id, None).await?;
    assert!(!crm.crm.reindex(&crm.db).await?.conflicts.contains(&conflict));
    Ok(())
}
