//! JSON and NDJSON.

use crm_core::customers::{ImportOptions, MatchBy};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::super::{counts, create, faults, upsert};
use crate::support::{TestCrm, malformed};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        an_array_has_a_row_for_each_object,
        lines_are_rows,
        members_of_members_are_columns,
        what_is_no_object_is_a_fault,
        any_encoding_of_json_is_read,
        objects_are_matched_as_rows,
    ]);
}

async fn an_array_has_a_row_for_each_object(database: TestDatabase) -> anyhow::Result<()> {
    let file = r#"[
        {"name": "Ida Berg", "email": "ida@kaffe.example", "tags": ["Press", "VIP"], "score": 4.0, "vip": true},
        {"firstName": "Bo", "lastName": "Ström", "emails": [{"label": "work", "value": "bo@firma.example"},
            {"label": "home", "value": "bo@example.com"}], "notes": "line one\nline two", "score": null},
        {"company": "Fjord AS", "phone": 4681234567, "scores": [1, 2]}
    ]"#;
    let crm = TestCrm::new(&database);
    let report = crm.import(file, &create()).await?;
    assert_eq!(counts(&report), [3, 0, 0, 0], "{report:?}");
    let all = crm.all().await?;
    assert_eq!(json!(all[0].custom_fields), json!({ "score": "4", "vip": "true" }));
    let tags: Vec<&str> = all[0].tags.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!((all[0].name.as_str(), tags), ("Ida Berg", vec!["Press", "VIP"]));
    assert_eq!((all[1].name.as_str(), all[1].email.as_deref()), ("Bo Ström", Some("bo@firma.example")));
    assert_eq!(all[1].emails.len(), 2);
    assert_eq!(crm.admin().notes(all[1].id).list(&Default::default(), &Default::default()).await?.data.len(), 1);
    assert_eq!((all[2].kind.as_str(), all[2].phone.as_deref()), ("organization", Some("4681234567")));
    assert_eq!(json!(all[2].custom_fields), json!({ "scores": "[1, 2]" }));
    Ok(())
}

async fn lines_are_rows(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = "{\"name\": \"Ann\"}\r\n\r\n{\"name\": \"Bob\", \"email\": \"nobody\"}\n{\"name\": \"=Cem\", \"city\": \"'-x\"}\n";
    let report = crm.import(file, &create()).await?;
    assert_eq!((counts(&report), faults(&report)), ([2, 0, 0, 1], vec![(2, Some("email"), "email_invalid")]));
    let all = crm.all().await?;
    // JSON has no formulas, so nothing guards against them.
    assert_eq!((all[1].name.as_str(), all[1].city.as_deref()), ("=Cem", Some("'-x")));
    Ok(())
}

async fn members_of_members_are_columns(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = r#"{"contact": {"name": "Ann"}, "address": {"street": "1 Kai", "city": "Oslo", "geo": {"lat": 59.91}}}"#;
    let report = crm.import(file, &create()).await?;
    assert_eq!(counts(&report), [1, 0, 0, 0], "{report:?}");
    let ann = crm.all().await?.remove(0);
    assert_eq!((ann.name.as_str(), ann.address.as_deref(), ann.city.as_deref()), ("Ann", Some("1 Kai"), Some("Oslo")));
    assert_eq!(json!(ann.custom_fields), json!({ "addressGeoLat": "59.91" }));
    Ok(())
}

async fn what_is_no_object_is_a_fault(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let report = crm.import("[{\"name\": \"Ann\"}, 7, [1], {\"name\": }, {\"name\": \"Bob\"}]", &create()).await?;
    let expected = vec![(2, None, "json_invalid"), (3, None, "json_invalid"), (4, None, "json_invalid")];
    assert_eq!((counts(&report), faults(&report)), ([2, 0, 0, 3], expected));
    let report = crm.import("{\"name\": \"Cem\"}\n{\"name\": \"Di\n{\"name\": \"Eli\"}\n", &create()).await?;
    assert_eq!((counts(&report), faults(&report)), ([2, 0, 0, 1], vec![(2, None, "json_invalid")]));
    let many: Vec<String> = (0..1_001).map(|number| format!("\"m{number}\": 1")).collect();
    assert_eq!(malformed(crm.import(format!("[{{{}}}]", many.join(",")), &create()).await), "too_many_columns");
    assert_eq!(malformed(crm.import("[{\"shoeSize\": 38}]", &create()).await), "header_unknown");
    Ok(())
}

async fn any_encoding_of_json_is_read(database: TestDatabase) -> anyhow::Result<()> {
    let text = "[{\"name\": \"Zoë Müller\"}]";
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let crm = TestCrm::new(&database);
    for file in [format!("\u{feff}{text}").into_bytes(), utf16] {
        assert_eq!(counts(&crm.import(file, &create()).await?), [1, 0, 0, 0]);
    }
    assert!(crm.all().await?.iter().all(|customer| customer.name == "Zoë Müller"));
    Ok(())
}

async fn objects_are_matched_as_rows(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let options = ImportOptions { external_system: Some("erp".to_owned()), ..upsert(MatchBy::ExternalRef) };
    let file = |city: &str| format!("[{{\"Record ID\": \"D-1\", \"name\": \"Ann\", \"city\": \"{city}\"}}]");
    assert_eq!(counts(&crm.import(file("Oslo"), &options).await?), [1, 0, 0, 0]);
    assert_eq!(counts(&crm.import(file("Oslo"), &options).await?), [0, 0, 1, 0]);
    assert_eq!(counts(&crm.import(file("Bergen"), &options).await?), [0, 1, 0, 0]);
    assert_eq!(crm.all().await?[0].city.as_deref(), Some("Bergen"));
    Ok(())
}
