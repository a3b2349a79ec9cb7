//! Search: matches, order and highlights.

mod model;

use crm_core::actor::Role;
use crm_core::customers::{
    Customer, CustomerQuery, CustomerSearch, CustomerStatus, ExternalRef, FoundCustomer, NewCustomer,
};
use crm_core::page::{Count, PageRequest};
use sea_orm::ConnectionTrait;
use serde_json::json;
use testkit::{Backend, Suite, TestDatabase};

use crate::chance::Chance;
use crate::support::{TestCrm, malformed, merge_patch, patch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_search_finds_what_a_plain_evaluation_finds,
        every_field_that_people_know_a_customer_by_is_searched,
        case_and_accents_do_not_matter,
        all_words_must_be_found_wherever_they_are,
        short_words_are_found_at_the_start_only,
        a_telephone_number_is_found_however_it_is_written,
        the_best_matches_come_first,
        signs_stand_for_themselves,
        a_search_without_words_is_refused,
        fragments_show_where_the_words_were_found,
        archived_customers_and_the_trash_are_not_found_unasked,
        a_search_combines_with_a_filter,
        what_is_found_comes_in_pages,
        the_index_follows_every_write,
    ]);
}

async fn search(crm: &TestCrm, text: &str) -> crm_core::Result<Vec<FoundCustomer>> {
    let search = CustomerSearch { text: text.into(), query: CustomerQuery::default() };
    let request = PageRequest::default().limit(100).count(Count::Exact);
    let page = crm.admin().customers().search(&search, &request).await?;
    assert_eq!(page.total, Some(page.data.len() as u64));
    Ok(page.data)
}

/// The names of those who are found, in their order.
async fn names(crm: &TestCrm, text: &str) -> crm_core::Result<Vec<String>> {
    Ok(search(crm, text).await?.into_iter().map(|found| found.customer.name).collect())
}

async fn populate(crm: &TestCrm, chance: &mut Chance) -> anyhow::Result<Vec<Customer>> {
    let settings = json!({ "defaultCountry": "DE", "duplicatePolicy": "allow" });
    crm.admin().settings().update(serde_json::from_value(settings)?, None).await?;
    let mut scope = crm.admin();
    let mut customers = Vec::new();
    for number in 0..40 {
        let new = NewCustomer {
            name: Some(chance.one(model::NAMES).to_owned()),
            first_name: chance.maybe(&["Ann", "Änn", "Jean-Luc", "O'Neil"]),
            last_name: chance.maybe(&["Lee", "Müller", "van der Berg", "Annan"]),
            email: chance.maybe(&["ann.lee@example.com", "info@mueller-soehne.example", "x_y+z@lee.example"]),
            phone: chance.maybe(&["030 901820", "+1 (212) 555-2368", "+49 30 901820", "0171/2345678", "call 12"]),
            organization_name: chance.maybe(model::NAMES),
            address: chance.maybe(&["12 Harbour Street", "Hauptstraße 7b", "c/o Lee"]),
            address_line2: chance.maybe(&["3rd floor", "(rear building)"]),
            city: chance.maybe(&["Boston", "São Paulo", "Łódź"]),
            state: chance.maybe(&["MA", "Massachusetts"]),
            zip_code: chance.maybe(&["02110", "10115", "901820"]),
            country: chance.maybe(&["Germany", "US"]),
            job_title: Some("unsearched".to_owned()),
            external_refs: Some(vec![ExternalRef::new("erp", format!("D-{:05}", 10_000 + number))]),
            ..NewCustomer::default()
        };
        let mut customer = scope.customers().create(new).await?;
        if chance.once_in(3) {
            let change =
                merge_patch(json!({ "name": chance.one(model::NAMES), "city": null, "phone": "0171 2345678" }));
            customer = scope.customers().update(customer.id, change, None).await?;
        }
        let tags: Vec<&str> = (0..chance.below(3)).map(|_| chance.one(model::TAGS)).collect();
        customer.tags = scope.customer_tags(customer.id).add(tags).await?;
        customers.push(customer);
    }
    Ok(customers)
}

async fn a_search_finds_what_a_plain_evaluation_finds(database: TestDatabase) -> anyhow::Result<()> {
    let seed = Chance::seed();
    let mut hits = 0;
    for round in 0..3 {
        let mut chance = Chance::new(seed + round);
        let crm = TestCrm::new(&database);
        let customers = populate(&crm, &mut chance).await?;
        for _ in 0..150 {
            let text = model::random_text(&mut chance, &customers);
            let Some(needle) = model::Needle::new(&text, "DE") else {
                assert_eq!(malformed(search(&crm, &text).await), "parameter_invalid", "{text:?}");
                continue;
            };
            let mut expected: Vec<(u8, &Customer)> =
                customers.iter().filter_map(|customer| Some((needle.rank(customer)?, customer))).collect();
            expected.sort_by_key(|(rank, customer)| (*rank, customer.id));
            let found = search(&crm, &text).await?;
            let told = |customer: &Customer| (needle.rank(customer), customer.name.clone(), customer.id);
            let found_told: Vec<_> = found.iter().map(|found| told(&found.customer)).collect();
            let expected_told: Vec<_> = expected.iter().map(|(_, customer)| told(customer)).collect();
            assert_eq!(found_told, expected_told, "seed {seed}, round {round}: {text:?}");
            for found in &found {
                assert!(
                    !found.matches.is_empty(),
                    "seed {seed}, round {round}: {text:?} shows nothing of {:?}",
                    found.customer
                );
            }
            hits += usize::from(!expected.is_empty() && expected.len() < customers.len());
        }
    }
    assert!(hits > 200, "only {hits} searches tell customers apart");
    Ok(())
}

async fn every_field_that_people_know_a_customer_by_is_searched(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let word = |text: &str| Some(text.to_owned());
    let new = NewCustomer {
        name: word("nameword"),
        first_name: word("firstword"),
        last_name: word("lastword"),
        email: word("mailword@example.com"),
        phone: word("+1 212 555 2368"),
        organization_name: word("orgword"),
        job_title: word("jobword"),
        website: word("siteword.example"),
        address: word("streetword"),
        address_line2: word("floorword"),
        city: word("cityword"),
        state: word("stateword"),
        zip_code: word("zipword"),
        country: word("countryword"),
        source: word("sourceword"),
        external_refs: Some(vec![ExternalRef::new("sysword", "refword")]),
        custom_fields: json!({ "a": "customword" }).as_object().cloned(),
        metadata: json!({ "a": "metaword" }).as_object().cloned(),
        ..NewCustomer::default()
    };
    crm.create(new).await?;
    for (text, field) in [
        ("nameword", "name"),
        ("firstword", "firstName"),
        ("lastword", "lastName"),
        ("mailword", "email"),
        ("555", "phone"),
        ("orgword", "organizationName"),
        ("streetword", "address"),
        ("floorword", "addressLine2"),
        ("cityword", "city"),
        ("stateword", "state"),
        ("zipword", "zipCode"),
        ("countryword", "country"),
        ("refword", "externalRefs"),
    ] {
        let found = search(&crm, text).await?;
        let fields: Vec<&str> =
            found.iter().flat_map(|found| &found.matches).map(|found| found.field.as_str()).collect();
        assert_eq!(fields, [field]);
    }
    for text in ["jobword", "siteword", "sourceword", "sysword", "customword", "metaword"] {
        assert_eq!(names(&crm, text).await?, Vec::<String>::new(), "{text}");
    }
    Ok(())
}

async fn case_and_accents_do_not_matter(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for name in ["Müller & Söhne", "Łódź Ångström", "ΟΔΟΣ", "İstanbul Straße", "東京 タワー"] {
        crm.named(name).await?;
    }
    for (text, expected) in [
        ("MULLER sohne", "Müller & Söhne"),
        ("mu\u{308}ller", "Müller & Söhne"),
        ("lodz", "Łódź Ångström"),
        ("ÅNGSTRÖM", "Łódź Ångström"),
        ("οδος", "ΟΔΟΣ"),
        ("istanbul strasse", "İstanbul Straße"),
        ("東京", "東京 タワー"),
    ] {
        assert_eq!(names(&crm, text).await?, [expected], "{text}");
    }
    Ok(())
}

async fn all_words_must_be_found_wherever_they_are(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann = NewCustomer {
        city: Some("Boston".into()),
        organization_name: Some("Lee & Co".into()),
        ..NewCustomer::person("Ann", "Leeds")
    };
    crm.create(ann).await?;
    for text in ["ann boston", "BOSTON   ann lee", "ston eed nn\tLeeds", "leeds ann & co"] {
        let expected: &[&str] = if text.contains(" nn") { &[] } else { &["Ann Leeds"] };
        assert_eq!(names(&crm, text).await?, expected, "{text}");
    }
    assert_eq!(names(&crm, "ann berlin").await?, Vec::<String>::new());
    // A word is found in a field, not across two of them.
    assert_eq!(names(&crm, "annleeds").await?, Vec::<String>::new());
    Ok(())
}

async fn short_words_are_found_at_the_start_only(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for name in ["Ann Lee", "Hanna Olsen", "Joan", "(Anton)", "van Ann"] {
        crm.named(name).await?;
    }
    let sorted = async |text: &str| {
        names(&crm, text).await.map(|mut names| {
            names.sort();
            names
        })
    };
    assert_eq!(sorted("an").await?, ["(Anton)", "Ann Lee", "van Ann"]);
    assert_eq!(sorted("a").await?, ["(Anton)", "Ann Lee"]);
    assert_eq!(sorted("ann").await?, ["Ann Lee", "Hanna Olsen", "van Ann"]);
    assert_eq!(sorted("le").await?, ["Ann Lee"]);
    assert_eq!(sorted("l").await?, Vec::<String>::new());
    Ok(())
}

async fn a_telephone_number_is_found_however_it_is_written(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.admin().settings().update(serde_json::from_value(json!({ "defaultCountry": "DE" }))?, None).await?;
    for (name, phone) in [("Berlin", "030/90 18 20"), ("New York", "+1 (212) 555-2368"), ("Abroad", "0049 30 555001")] {
        crm.create(NewCustomer { phone: Some(phone.into()), ..NewCustomer::organization(name) }).await?;
    }
    for (text, expected) in [
        ("030 901820", "Berlin"),
        ("+49 30 901820", "Berlin"),
        ("0049 (30) 901820", "Berlin"),
        ("030-90.18.20", "Berlin"),
        ("901820", "Berlin"),
        ("90 18 20", "Berlin"),
        ("4930901820", "Berlin"),
        ("2125552368", "New York"),
        ("(212) 555-2368", "New York"),
        ("+12125552368", "New York"),
        ("555 2368", "New York"),
        ("001 212 555 2368", "New York"),
        ("030 555001", "Abroad"),
        ("+4930555001", "Abroad"),
    ] {
        assert_eq!(names(&crm, text).await?, [expected], "{text}");
    }
    assert_eq!(names(&crm, "030 901821").await?, Vec::<String>::new());
    Ok(())
}

async fn the_best_matches_come_first(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let in_order = ["lee", "Lee & Co", "Ann Lee", "Galilee", "Fleece"];
    for name in in_order.iter().rev() {
        crm.named(name).await?;
    }
    // Equally good ones come in the order in which they were added.
    assert_eq!(names(&crm, "LEE").await?, ["lee", "Lee & Co", "Ann Lee", "Fleece", "Galilee"]);
    crm.create(NewCustomer { city: Some("Lee".into()), ..NewCustomer::organization("In a city of that name") }).await?;
    assert_eq!(names(&crm, "lee").await?[..2], ["lee", "In a city of that name"]);
    for name in ["Smith Ann", "Annabel Smithson", "Ann Smith jr", "Ann Smith", "Hannah Blacksmith"] {
        crm.named(name).await?;
    }
    let expected = ["Ann Smith", "Ann Smith jr", "Smith Ann", "Annabel Smithson", "Hannah Blacksmith"];
    assert_eq!(names(&crm, "ann smith").await?, expected);
    Ok(())
}

async fn signs_stand_for_themselves(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for name in [
        "100% sure",
        "100 unsure",
        "a_b c",
        "axb c",
        "back\\slash",
        "back slash",
        "say \"yes\"",
        "star*ling",
        "o'neil-smith",
        "AND OR NOT",
    ] {
        crm.named(name).await?;
    }
    for (text, expected) in [
        ("100%", vec!["100% sure"]),
        ("0% s", vec![]),
        ("a_b", vec!["a_b c"]),
        ("back\\sl", vec!["back\\slash"]),
        ("\"yes\"", vec!["say \"yes\""]),
        ("\"yes", vec!["say \"yes\""]),
        ("r*l", vec!["star*ling"]),
        ("star*", vec!["star*ling"]),
        ("o'neil", vec!["o'neil-smith"]),
        ("neil smith", vec!["o'neil-smith"]),
        ("l-s", vec!["o'neil-smith"]),
        ("and not", vec!["AND OR NOT"]),
        ("yes\nsay", vec!["say \"yes\""]),
        ("sure AND", vec![]),
        ("sure\0", vec!["100% sure", "100 unsure"]),
        ("NEAR(yes say)", vec![]),
        ("search_text:yes", vec![]),
        ("^100", vec![]),
        ("yes & say", vec!["say \"yes\""]),
        ("%% 100%", vec!["100% sure"]),
    ] {
        assert_eq!(names(&crm, text).await?, expected, "{text:?}");
    }
    Ok(())
}

async fn a_search_without_words_is_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for text in ["", "  \n ", "\0", "&", "%", "\"\"", "- + *", "\u{301}", &"x".repeat(201)] {
        assert_eq!(malformed(search(&crm, text).await), "parameter_invalid", "{text:?}");
    }
    search(&crm, &"ü".repeat(200)).await?;
    search(&crm, &"x ".repeat(100)).await?;
    search(&crm, &"\"' ".repeat(66).replace('\'', "1")).await?;
    Ok(())
}

async fn fragments_show_where_the_words_were_found(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let new = NewCustomer {
        email: Some("strasser@example.com".into()),
        phone: Some("+1 (212) 555-2368".into()),
        ..NewCustomer::organization("(Straße) STRASSER, Ann")
    };
    crm.create(new).await?;
    let shown = async |text: &str| -> crm_core::Result<Vec<(String, Vec<String>)>> {
        let found = search(&crm, text).await?;
        assert_eq!(found.len(), 1, "{text}");
        let cut = |text: &str, start: usize, end: usize| text.chars().skip(start).take(end - start).collect::<String>();
        let shown = found[0].matches.iter().map(|found| {
            let ranges = found.ranges.iter().map(|range| cut(&found.text, range.start, range.end));
            (found.field.clone(), ranges.collect())
        });
        Ok(shown.collect())
    };
    let fragments = |field: &str, texts: &[&str]| {
        (field.to_owned(), texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(shown("strass").await?, [fragments("name", &["Straß", "STRASS"]), fragments("email", &["strass"])]);
    assert_eq!(
        shown("ann strasser").await?,
        [fragments("name", &["STRASSER", "Ann"]), fragments("email", &["strasser"])]
    );
    assert_eq!(shown("s").await?, [fragments("name", &["S"]), fragments("email", &["s"])]);
    assert_eq!(shown("an ex").await?, [fragments("name", &["An"]), fragments("email", &["ex"])]);
    assert_eq!(shown("212-555").await?, [fragments("phone", &["+1 (212) 555-2368"])]);
    // Overlapping ones are one.
    assert_eq!(shown("stra tras").await?, [fragments("name", &["Straß", "STRAS"]), fragments("email", &["stras"])]);
    Ok(())
}

async fn archived_customers_and_the_trash_are_not_found_unasked(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Lee live").await?;
    crm.create(NewCustomer { is_archived: Some(true), ..NewCustomer::organization("Lee archived") }).await?;
    let deleted = crm.named("Lee deleted").await?;
    crm.admin().customers().delete(deleted.id, None).await?;
    crm.other_company().named("Lee elsewhere").await?;
    assert_eq!(names(&crm, "lee").await?, ["Lee live"]);
    for (query, expected) in [
        (CustomerQuery { is_archived: Some(true), ..CustomerQuery::default() }, "Lee archived"),
        (CustomerQuery { trashed: true, ..CustomerQuery::default() }, "Lee deleted"),
    ] {
        let search = CustomerSearch { text: "lee".into(), query };
        let page = crm.scope(Role::Manager).customers().search(&search, &PageRequest::default()).await?;
        assert_eq!(page.data.iter().map(|found| found.customer.name.as_str()).collect::<Vec<_>>(), [expected]);
    }
    Ok(())
}

async fn a_search_combines_with_a_filter(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for (name, city, status) in [
        ("Lee one", "Boston", CustomerStatus::Active),
        ("Lee two", "Berlin", CustomerStatus::Active),
        ("Lee three", "Boston", CustomerStatus::Blocked),
        ("Ann", "Boston", CustomerStatus::Active),
    ] {
        crm.create(NewCustomer { city: Some(city.into()), status: Some(status), ..NewCustomer::organization(name) })
            .await?;
    }
    let query = CustomerQuery {
        filter: Some(r#"{"field": "city", "op": "starts_with", "value": "bos"}"#.parse()?),
        status: vec![CustomerStatus::Active],
        ..CustomerQuery::default()
    };
    let search = CustomerSearch { text: "lee".into(), query };
    let page = crm.admin().customers().search(&search, &PageRequest::default()).await?;
    assert_eq!(page.data.iter().map(|found| found.customer.name.as_str()).collect::<Vec<_>>(), ["Lee one"]);
    Ok(())
}

async fn what_is_found_comes_in_pages(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for number in 0..12 {
        crm.named(["Lee", "Lee & Co", "Ann Lee", "Galilee"][number % 4]).await?;
    }
    let whole: Vec<_> = search(&crm, "lee").await?.into_iter().map(|found| found.customer.id).collect();
    assert_eq!(whole.len(), 12);
    let of = |text: &str| CustomerSearch { text: text.into(), query: CustomerQuery::default() };
    let mut scope = crm.admin();
    for limit in [1, 5, 12] {
        let (mut read, mut request) = (Vec::new(), PageRequest::default().limit(limit));
        loop {
            let page = scope.customers().search(&of("lee"), &request).await?;
            read.extend(page.data.into_iter().map(|found| found.customer.id));
            let Some(cursor) = page.next_cursor else { break };
            let other = scope.customers().search(&of("ann"), &PageRequest::after(&cursor)).await;
            assert_eq!(malformed(other), "cursor_invalid");
            let list = scope.customers().list(&CustomerQuery::default(), &PageRequest::after(&cursor)).await;
            assert_eq!(malformed(list), "cursor_invalid");
            request = PageRequest::after(cursor).limit(limit);
        }
        assert_eq!(read, whole, "{limit} at a time");
    }
    let second = PageRequest::new(Some(crm_core::page::Position::Number(2)), Some(5), None)?;
    let page = scope.customers().search(&of("lee"), &second).await?;
    assert_eq!(page.data.iter().map(|found| found.customer.id).collect::<Vec<_>>(), whole[5..10]);
    assert_eq!(page.total, Some(12));
    Ok(())
}

async fn the_index_follows_every_write(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    let references = |id: &str| Some(vec![ExternalRef::new("erp", id)]);
    let new = NewCustomer {
        city: Some("Boston".into()),
        external_refs: references("first"),
        ..NewCustomer::organization("Lee")
    };
    let customer = scope.customers().create(new).await?;
    let expect = async |found: &[&str], not_found: &[&str]| -> anyhow::Result<()> {
        for (texts, expected) in [(found, 1), (not_found, 0)] {
            for text in texts {
                assert_eq!(search(&crm, text).await?.len(), expected, "{text}");
            }
        }
        if crm.backend == Backend::Sqlite {
            let check = "INSERT INTO crm_customer_search (crm_customer_search, rank) VALUES ('integrity-check', 1)";
            crm.db.execute_unprepared(check).await?;
        }
        Ok(())
    };
    expect(&["lee", "boston", "first"], &["ray"]).await?;
    scope.customers().update(customer.id, patch(|p| &mut p.name, "Ray".to_owned()), None).await?;
    expect(&["ray", "boston", "first"], &["lee"]).await?;
    scope
        .customers()
        .update(
            customer.id,
            merge_patch(json!({ "city": null, "externalRefs": [{ "system": "erp", "id": "second" }] })),
            None,
        )
        .await?;
    expect(&["ray", "second"], &["boston", "first"]).await?;
    scope.customers().replace(customer.id, NewCustomer::organization("Moe"), None).await?;
    expect(&["moe"], &["ray", "second"]).await?;
    scope.customers().delete(customer.id, None).await?;
    expect(&[], &["moe"]).await?;
    scope.customers().restore(customer.id).await?;
    expect(&["moe"], &[]).await?;
    let mut tx = scope.begin().await?;
    tx.scope().customers().update(customer.id, patch(|p| &mut p.name, "Undone".to_owned()), None).await?;
    drop(tx);
    expect(&["moe"], &["undone"]).await?;
    scope.customers().purge(customer.id, None).await?;
    expect(&[], &["moe"]).await?;
    if crm.backend == Backend::Sqlite {
        assert_eq!(crm.count("crm_customer_search_documents").await?, 0);
    }
    Ok(())
}
