//! The rules for a customer's values: normalised, validated, all errors at once.

use crm_core::customers::{CustomerKind, ExternalRef, NewCustomer};
use crm_core::text::fold;
use serde_json::{Map, Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::{TestCrm, merge_patch, patch, violation, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            all_faults_are_named_at_once,
            a_refused_customer_leaves_nothing_behind,
            text_is_trimmed_and_composed_and_blank_text_is_no_value,
            control_characters_are_refused_everywhere,
            lengths_are_counted_in_characters,
            a_name_is_made_of_its_parts_and_follows_them,
            a_given_name_does_not_follow_its_parts,
            a_customer_without_a_name_is_refused,
            an_email_is_stored_in_lower_case,
            a_phone_number_becomes_international_by_the_companys_country,
            a_phone_number_that_makes_no_sense_is_kept_as_typed,
            a_country_is_kept_as_typed_with_its_code,
            a_website_is_one_of_the_web,
            faults_of_references_point_where_they_stand,
            own_fields_have_a_limit,
        ];
        plain: [folding_ignores_case]
    );
}

fn pairs(found: &[(String, String)]) -> Vec<(&str, &str)> {
    let mut pairs: Vec<(&str, &str)> = found.iter().map(|(at, code)| (at.as_str(), code.as_str())).collect();
    pairs.sort_unstable();
    pairs
}

fn broken() -> NewCustomer {
    NewCustomer {
        kind: Some(CustomerKind::Organization),
        email: Some("ann at example".into()),
        phone: Some("1".repeat(41)),
        website: Some("javascript:alert(1)".into()),
        city: Some("Bos\u{7}ton".into()),
        address_line2: Some("x".repeat(251)),
        external_refs: Some(vec![ExternalRef::new("erp", "1"), ExternalRef::new("shop", " ")]),
        custom_fields: json!({ "long": "x".repeat(17_000) }).as_object().cloned(),
        ..NewCustomer::default()
    }
}

async fn all_faults_are_named_at_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let expected = [
        ("/addressLine2", "too_long"),
        ("/city", "control_character"),
        ("/customFields", "too_long"),
        ("/email", "email_invalid"),
        ("/externalRefs/1/id", "required"),
        ("/name", "required"),
        ("/phone", "too_long"),
        ("/website", "website_invalid"),
    ];
    assert_eq!(pairs(&violations(crm.create(broken()).await)), expected);
    let written = crm.named("Lee & Co").await?;
    let replaced = crm.admin().customers().replace(written.id, broken(), None).await;
    assert_eq!(pairs(&violations(replaced)), expected);
    let change = merge_patch(json!({ "email": "no", "zipCode": "1".repeat(21), "name": null }));
    let patched = crm.admin().customers().update(written.id, change, None).await;
    let expected = [("/email", "email_invalid"), ("/name", "required"), ("/zipCode", "too_long")];
    assert_eq!(pairs(&violations(patched)), expected);
    Ok(())
}

async fn a_refused_customer_leaves_nothing_behind(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    violations(crm.create(broken()).await);
    assert_eq!(crm.count("crm_customers").await?, 0);
    assert_eq!(crm.records().await?, [0, 0, 0]);
    Ok(())
}

async fn text_is_trimmed_and_composed_and_blank_text_is_no_value(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let new = NewCustomer {
        name: Some("  Cafe\u{301} Lee \u{a0}".into()),
        city: Some(" \t ".into()),
        job_title: Some(String::new()),
        email: Some(" Ann@Example.COM ".into()),
        external_refs: Some(vec![ExternalRef::new(" erp ", " e\u{301} ")]),
        source: Some(" Web Site ".into()),
        ..NewCustomer::default()
    };
    let written = crm.create(new).await?;
    assert_eq!(written.name, "Café Lee");
    assert_eq!((written.city, written.job_title), (None, None));
    assert_eq!(written.email.as_deref(), Some("ann@example.com"));
    assert_eq!(written.external_refs, [ExternalRef::new("erp", "é")]);
    assert_eq!(written.source.as_deref(), Some("Web Site"));

    let change = merge_patch(json!({ "email": "  ", "city": " Bre\u{301}st " }));
    let patched = crm.admin().customers().update(written.id, change, None).await?;
    assert_eq!((patched.email, patched.city.as_deref()), (None, Some("Brést")));
    Ok(())
}

async fn control_characters_are_refused_everywhere(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written = crm.named("Lee & Co").await?;
    let texts = [
        "name",
        "firstName",
        "lastName",
        "phone",
        "organizationName",
        "jobTitle",
        "salutation",
        "middleName",
        "nameSuffix",
        "department",
        "industry",
        "taxId",
        "relationship",
        "website",
        "address",
        "addressLine2",
        "city",
        "state",
        "zipCode",
        "country",
        "source",
    ];
    for (field, character) in texts.iter().zip(['\0', '\n', '\r', '\u{1b}', '\u{7f}', '\u{85}'].into_iter().cycle()) {
        let text = format!("a{character}b");
        let change = merge_patch(json!({ *field: text }));
        let found = violations(crm.admin().customers().update(written.id, change, None).await);
        let expected = (format!("/{field}"), "control_character".to_owned());
        assert!(found.contains(&expected), "{field} with {character:?}: {found:?}");
    }
    let email =
        crm.create(NewCustomer { email: Some("a\0@example.com".into()), ..NewCustomer::organization("Lee") }).await;
    assert!(violations(email).contains(&("/email".into(), "control_character".into())));
    let reference = vec![ExternalRef::new("erp", "1"), ExternalRef::new("a\0", "b\n2")];
    let references =
        crm.create(NewCustomer { external_refs: Some(reference), ..NewCustomer::organization("Lee") }).await;
    let expected = [("/externalRefs/1/id", "control_character"), ("/externalRefs/1/system", "control_character")];
    assert_eq!(pairs(&violations(references)), expected);

    // JSON may hold line breaks, but nothing else of the kind, as value or as name, however deep.
    for (object, pointer, code) in [
        (json!({ "a": "b\0" }), "/metadata/a", "control_character"),
        (json!({ "a": [{ "b\0": 1 }] }), "/metadata/a/0/b\0", "key_invalid"),
    ] {
        let new = NewCustomer { metadata: object.as_object().cloned(), ..NewCustomer::organization("Lee") };
        assert_eq!(violation(crm.create(new).await, pointer), code);
    }
    Ok(())
}

async fn lengths_are_counted_in_characters(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let limits = [
        ("name", 250),
        ("firstName", 120),
        ("lastName", 120),
        ("phone", 40),
        ("organizationName", 250),
        ("jobTitle", 120),
        ("salutation", 40),
        ("middleName", 120),
        ("nameSuffix", 40),
        ("department", 120),
        ("industry", 120),
        ("taxId", 64),
        ("relationship", 64),
        ("description", 2000),
        ("address", 250),
        ("addressLine2", 250),
        ("city", 120),
        ("state", 120),
        ("zipCode", 20),
        ("country", 120),
        ("source", 64),
    ];
    let written = crm.named("Lee & Co").await?;
    for (field, limit) in limits {
        let mut scope = crm.admin();
        let longest = "ü".repeat(limit);
        let patched = scope.customers().update(written.id, merge_patch(json!({ field: longest })), None).await?;
        assert_eq!(json!(patched)[field], longest);
        let longer = merge_patch(json!({ field: "ü".repeat(limit + 1) }));
        assert_eq!(
            violation(scope.customers().update(written.id, longer, None).await, &format!("/{field}")),
            "too_long"
        );
    }
    let references: Vec<ExternalRef> = (0..21).map(|number| ExternalRef::new("erp", number.to_string())).collect();
    let new = NewCustomer { external_refs: Some(references[..20].to_vec()), ..NewCustomer::organization("Lee") };
    assert_eq!(crm.create(new).await?.external_refs.len(), 20);
    let new = NewCustomer { external_refs: Some(references), ..NewCustomer::organization("Lee") };
    assert_eq!(violation(crm.create(new).await, "/externalRefs"), "too_long");
    let long = vec![ExternalRef::new("s".repeat(65), "i".repeat(256))];
    let new = NewCustomer { external_refs: Some(long), ..NewCustomer::organization("Lee") };
    let expected = [("/externalRefs/0/id", "too_long"), ("/externalRefs/0/system", "too_long")];
    assert_eq!(pairs(&violations(crm.create(new).await)), expected);
    Ok(())
}

async fn a_name_is_made_of_its_parts_and_follows_them(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written = crm.create(NewCustomer::person(" Ann ", "Lee")).await?;
    assert_eq!(written.name, "Ann Lee");
    let married =
        crm.admin().customers().update(written.id, patch(|p| &mut p.last_name, "Ray".to_owned()), None).await?;
    assert_eq!(married.name, "Ann Ray");
    let shortened =
        crm.admin().customers().update(written.id, patch(|p| &mut p.first_name, None::<String>), None).await?;
    assert_eq!(shortened.name, "Ray");
    let nameless = crm.admin().customers().update(written.id, patch(|p| &mut p.last_name, None::<String>), None).await;
    assert_eq!(violation(nameless, "/name"), "required");
    Ok(())
}

async fn a_given_name_does_not_follow_its_parts(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let new = NewCustomer { name: Some("Dr. Lee".into()), ..NewCustomer::person("Ann", "Lee") };
    let written = crm.create(new).await?;
    let change = merge_patch(json!({ "lastName": "Ray" }));
    let patched = crm.admin().customers().update(written.id, change, None).await?;
    assert_eq!(patched.name, "Dr. Lee");
    let both = merge_patch(json!({ "name": "Dr. Ray", "firstName": "Anne" }));
    assert_eq!(crm.admin().customers().update(written.id, both, None).await?.name, "Dr. Ray");
    let again = merge_patch(json!({ "name": null }));
    assert_eq!(crm.admin().customers().update(written.id, again, None).await?.name, "Anne Ray");
    Ok(())
}

async fn a_customer_without_a_name_is_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let nobody = NewCustomer { email: Some("a@example.com".into()), ..NewCustomer::default() };
    assert_eq!(violation(crm.create(nobody).await, "/name"), "required");
    assert_eq!(violation(crm.create(NewCustomer::organization("  ")).await, "/name"), "required");
    assert_eq!(violation(crm.create(NewCustomer::person("", " ")).await, "/name"), "required");
    Ok(())
}

async fn an_email_is_stored_in_lower_case(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut customer = crm.named("Lee & Co").await?;
    for (typed, stored) in [
        ("Ann.LEE+tag@Example.COM", "ann.lee+tag@example.com"),
        ("ann@MÜNCHEN.example", "ann@münchen.example"),
        ("a@b.co", "a@b.co"),
    ] {
        let change = patch(|p| &mut p.email, typed.to_owned());
        customer = crm.admin().customers().update(customer.id, change, None).await?;
        assert_eq!(customer.email.as_deref(), Some(stored));
    }
    for typed in ["ann", "ann@", "@example.com", "ann lee@example.com", "ann@example..com", "ann@exa mple.com"] {
        let change = patch(|p| &mut p.email, typed.to_owned());
        let refused = crm.admin().customers().update(customer.id, change, None).await;
        assert_eq!(violation(refused, "/email"), "email_invalid", "{typed}");
    }
    Ok(())
}

async fn a_phone_number_becomes_international_by_the_companys_country(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let with = |phone: &str, country: Option<&str>| NewCustomer {
        phone: Some(phone.into()),
        country: country.map(Into::into),
        ..NewCustomer::organization("Lee")
    };
    let e164 = async |phone: &str, country: Option<&str>| {
        crm.create(with(phone, country)).await.map(|customer| (customer.phone, customer.phone_e164))
    };
    // Where the company has no country, or the number makes none there, the customer's own helps.
    assert_eq!(e164("030 901820", None).await?, (Some("030 901820".into()), None));
    assert_eq!(e164("030 901820", Some("Germany")).await?.1.as_deref(), Some("+4930901820"));

    crm.admin().settings().update(serde_json::from_value(json!({ "defaultCountry": "DE" }))?, None).await?;
    assert_eq!(e164("030 901820", None).await?.1.as_deref(), Some("+4930901820"));
    assert_eq!(e164("01 42 68 53 00", Some("FR")).await?.1.as_deref(), Some("+33142685300"));
    for phone in ["+1 212 555 2368", "+1-212-555-2368", "0012125552368", "+1 (212) 555 2368"] {
        assert_eq!(e164(phone, None).await?, (Some(phone.into()), Some("+12125552368".into())), "{phone}");
    }
    Ok(())
}

async fn a_phone_number_that_makes_no_sense_is_kept_as_typed(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for phone in ["call me", "12", "+999 999 999 999 9", "++", "ext. 5", "٠٣٠"] {
        let written = crm.create(NewCustomer { phone: Some(phone.into()), ..NewCustomer::organization("Lee") }).await?;
        assert_eq!((written.phone.as_deref(), written.phone_e164), (Some(phone), None));
    }
    Ok(())
}

async fn a_country_is_kept_as_typed_with_its_code(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for (typed, code) in [
        ("Germany", Some("DE")),
        ("deutschland", Some("DE")),
        ("DE", Some("DE")),
        ("deu", Some("DE")),
        ("United States of America", Some("US")),
        ("Österreich", Some("AT")),
        ("Atlantis", None),
        ("XX", None),
    ] {
        let new = NewCustomer { country: Some(typed.into()), ..NewCustomer::organization("Lee") };
        let written = crm.create(new).await?;
        assert_eq!((written.country.as_deref(), written.country_code.as_deref()), (Some(typed), code));
    }
    Ok(())
}

async fn a_website_is_one_of_the_web(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let with = async |website: &str| {
        crm.create(NewCustomer { website: Some(website.into()), ..NewCustomer::organization("Lee") }).await
    };
    for website in ["example.com", "http://example.com", "HTTPS://EXAMPLE.com/a?b#c", "www.exämple.de/über"] {
        assert_eq!(with(website).await?.website.as_deref(), Some(website));
    }
    for website in [
        "javascript:alert(1)",
        "ftp://example.com",
        "mailto:ann@example.com",
        "data:text/html,x",
        "not a site",
        "javascript://%0aalert(1)",
    ] {
        assert_eq!(violation(with(website).await, "/website"), "website_invalid", "{website}");
    }
    Ok(())
}

async fn faults_of_references_point_where_they_stand(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let references = vec![ExternalRef::new("shop", ""), ExternalRef::new("erp", "1"), ExternalRef::new("", "2")];
    let new = NewCustomer { external_refs: Some(references), ..NewCustomer::organization("Lee") };
    let expected = [("/externalRefs/0/id", "required"), ("/externalRefs/2/system", "required")];
    assert_eq!(pairs(&violations(crm.create(new).await)), expected);

    let twice = vec![ExternalRef::new("erp", "1"), ExternalRef::new("shop", "1"), ExternalRef::new("erp ", "1")];
    let new = NewCustomer { external_refs: Some(twice), ..NewCustomer::organization("Lee") };
    assert_eq!(violation(crm.create(new).await, "/externalRefs"), "duplicate");
    Ok(())
}

async fn own_fields_have_a_limit(database: TestDatabase) -> anyhow::Result<()> {
    const LIMIT: usize = 16 * 1024;
    let crm = TestCrm::new(&database);
    let of_size = |size: usize| -> Map<String, Value> {
        let frame = json!({ "a": "" }).to_string().len();
        Map::from_iter([("a".to_owned(), Value::from("x".repeat(size - frame)))])
    };
    let with = |fields, metadata| NewCustomer {
        custom_fields: Some(fields),
        metadata: Some(metadata),
        ..NewCustomer::organization("Lee")
    };
    let written = crm.create(with(of_size(LIMIT), of_size(LIMIT))).await?;
    let both = violations(crm.create(with(of_size(LIMIT + 1), of_size(LIMIT + 1))).await);
    assert_eq!(pairs(&both), [("/customFields", "too_long"), ("/metadata", "too_long")]);
    // What counts is what would be stored, not the patch.
    let more = merge_patch(json!({ "metadata": { "b": 1 } }));
    assert_eq!(violation(crm.admin().customers().update(written.id, more, None).await, "/metadata"), "too_long");
    Ok(())
}

fn folding_ignores_case() {
    for text in ["Straße", "ΟΔΟΣ", "Οδός", "İstanbul", "ŁÓDŹ", "ǅUNGLA", "Ærø", "ﬁx", "K Ω"] {
        let folded = fold(text);
        assert_eq!(fold(&text.to_uppercase()), folded, "{text} in upper case");
        assert_eq!(fold(&text.to_lowercase()), folded, "{text} in lower case");
        assert_eq!(fold(&folded), folded, "{text} folded twice");
    }
}
