//! Malformed files.

use crm_core::customers::MatchBy;
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{counts, create, faults, upsert, warnings};
use crate::support::{TestCrm, malformed};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        any_usual_encoding_is_read,
        any_usual_delimiter_is_read,
        rows_are_counted_as_spreadsheets_count_them,
        rows_may_be_ragged,
        cells_may_be_huge,
        formulas_are_text,
        control_characters_are_refused_where_they_harm,
        a_file_must_have_a_header,
        what_is_no_table_is_refused,
        a_quotation_mark_that_is_not_closed_takes_no_other_row,
        text_after_a_quotation_mark_is_a_fault,
        cells_may_have_several_lines,
        two_values_of_one_field_are_a_fault,
        texts_that_look_like_sql_are_texts,
        customers_take_no_more_than_they_hold,
    ]);
}

async fn any_usual_encoding_is_read(database: TestDatabase) -> anyhow::Result<()> {
    let text = "Name,City\nZoë Müller,Łódź\n";
    let utf16 = |bytes: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
        format!("{mark}{text}").encode_utf16().flat_map(bytes).collect()
    };
    let files = [
        text.as_bytes().to_vec(),
        format!("\u{feff}{text}").into_bytes(),
        utf16(u16::to_le_bytes, "\u{feff}"),
        utf16(u16::to_be_bytes, "\u{feff}"),
        utf16(u16::to_le_bytes, ""),
        utf16(u16::to_be_bytes, ""),
    ];
    for file in files {
        let crm = TestCrm::new(&database);
        assert_eq!(counts(&crm.import(file, &create()).await?), [1, 0, 0, 0]);
        let all = crm.all().await?;
        assert_eq!((all[0].name.as_str(), all[0].city.as_deref()), ("Zoë Müller", Some("Łódź")));
    }
    let crm = TestCrm::new(&database);
    // Windows-1252, and UTF-8 with one wrong byte.
    crm.import(&b"Name;Price\nZo\xEB M\xFCller;5 \x80\n"[..], &create()).await?;
    crm.import([text.as_bytes(), b"Andr\xE9,Paris\n"].concat(), &create()).await?;
    let names: Vec<String> = crm.all().await?.into_iter().map(|customer| customer.name).collect();
    assert_eq!(names, ["Zoë Müller", "Zoë Müller", "André"]);
    assert_eq!(json!(crm.all().await?[0].custom_fields), json!({ "price": "5 €" }));
    Ok(())
}

async fn any_usual_delimiter_is_read(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for delimiter in [",", ";", "\t"] {
        let file = format!("Name{delimiter}\"City, or; place\"\r\n\"A,B;C\"{delimiter}x\r\n");
        crm.import(file, &create()).await?;
    }
    crm.import("sep=;\r\nName;City\r\nA,B;Oslo\r\n", &create()).await?;
    assert!(crm.all().await?.iter().all(|customer| customer.name.starts_with("A,B")));
    assert_eq!(crm.all().await?[3].city.as_deref(), Some("Oslo"));
    Ok(())
}

async fn rows_are_counted_as_spreadsheets_count_them(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = "Name,Email,Story\r\nAnn,,\"a\r\nb\nc\"\r\n\r\n,,\r\nBad,x,\r\n";
    let report = crm.import(file, &create()).await?;
    assert_eq!((counts(&report), faults(&report)), ([1, 0, 0, 1], vec![(5, Some("Email"), "email_invalid")]));
    assert_eq!(json!(crm.all().await?[0].custom_fields), json!({ "story": "a\r\nb\nc" }));
    Ok(())
}

async fn rows_may_be_ragged(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let report = crm.import("Name,City,Tier\nAnn\nBob,Oslo,gold,,\nCleo,Rome,gold,more\n", &create()).await?;
    assert_eq!((counts(&report), faults(&report)), ([2, 0, 0, 1], vec![(4, None, "too_many_cells")]));
    Ok(())
}

async fn cells_may_be_huge(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let huge = "x".repeat(1 << 20);
    let file = format!("Name,Story\n{huge},\nAnn,{huge}\nBob,\"{huge}{huge}{huge}{huge}{huge}\"\nCleo,short\n");
    let report = crm.import(file, &create()).await?;
    assert_eq!(counts(&report), [1, 0, 0, 3]);
    assert_eq!(faults(&report), [(2, Some("Name"), "too_long"), (3, Some("Story"), "too_long"), (4, None, "too_long")]);
    let many = format!("Name\n{}", format!("{huge}\n").repeat(20));
    assert_eq!(counts(&crm.import(many, &create()).await?), [0, 0, 0, 20]);
    Ok(())
}

async fn formulas_are_text(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = "Name,Story,Phone\n=1+1,=cmd|' /C calc'!A0,-5361\n'=1+1,''@x,'+49 30 901820\n'Ann,'n Roll,\n";
    assert_eq!(counts(&crm.import(file, &create()).await?), [3, 0, 0, 0]);
    let all = crm.all().await?;
    let names: Vec<_> = all.iter().map(|customer| customer.name.as_str()).collect();
    assert_eq!(names, ["=1+1", "=1+1", "'Ann"]);
    let notes: Vec<_> =
        all.iter().map(|customer| customer.custom_fields["story"].as_str().unwrap_or_default()).collect();
    assert_eq!(notes, ["=cmd|' /C calc'!A0", "'@x", "'n Roll"]);
    assert_eq!(all[1].phone.as_deref(), Some("+49 30 901820"));
    Ok(())
}

async fn control_characters_are_refused_where_they_harm(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let report = crm.import("Name,Story\nA\0nn,\nBob,a\0b\nCl\x07eo,\nDan,\x07\nEve,\"a\n\tb\"\n", &create()).await?;
    assert_eq!(counts(&report), [1, 0, 0, 4]);
    assert_eq!(
        faults(&report),
        [
            (2, Some("Name"), "control_character"),
            (3, Some("Story"), "control_character"),
            (4, Some("Name"), "control_character"),
            (5, Some("Story"), "control_character")
        ]
    );
    assert_eq!(json!(crm.all().await?[0].custom_fields), json!({ "story": "a\n\tb" }));
    Ok(())
}

async fn a_file_must_have_a_header(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for empty in ["", "\n\r\n", "\u{feff}"] {
        assert_eq!(malformed(crm.import(empty, &create()).await), "file_invalid");
    }
    let report = crm.import("Name,Email", &create()).await?;
    assert_eq!((counts(&report), report.columns.len()), ([0, 0, 0, 0], 2));
    let without = "Ann,Lee,Oslo\nBob,Ray,Rome\n";
    assert_eq!(malformed(crm.import(without, &create()).await), "header_unknown");
    assert_eq!(malformed(crm.import(",".repeat(2_000), &create()).await), "too_many_columns");
    Ok(())
}

async fn what_is_no_table_is_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    assert_eq!(malformed(crm.import(&b"PK\x03\x04\x14\0\x06\0Name,Email\n"[..], &create()).await), "file_invalid");
    let bytes: Vec<u8> = (0..200_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    assert!(matches!(malformed(crm.import(bytes, &create()).await), "header_unknown" | "too_many_columns"));
    assert_eq!(malformed(crm.import("<contacts><name>Ann</name></contacts>", &create()).await), "file_invalid");
    Ok(())
}

async fn a_quotation_mark_that_is_not_closed_takes_no_other_row(database: TestDatabase) -> anyhow::Result<()> {
    // Closed by nothing, by a cell that opens later, and by one that closes later.
    for last in ["Zoe,ok", "Zoe,\"ok\"", "Zoe,ok\""] {
        let crm = TestCrm::new(&database);
        let line = |number: usize| match number {
            10 => "Ida,\"open\n".to_owned(),
            500 => format!("{last}\n"),
            _ => format!("Customer {number},ok\n"),
        };
        let rows: String = (2..=1_001).map(line).collect();
        let report = crm.import(format!("Name,Story\n{rows}"), &create()).await?;
        assert_eq!(
            (counts(&report), faults(&report)),
            ([999, 0, 0, 1], vec![(10, None, "quote_not_closed")]),
            "{last}"
        );
        assert!(report.errors[0].message.contains("line 10"), "{}", report.errors[0].message);
        assert_eq!(crm.all().await?.len(), 999);
    }
    let crm = TestCrm::new(&database);
    assert_eq!(malformed(crm.import("Name,\"Story\nAnn,x\n", &create()).await), "file_invalid");
    Ok(())
}

async fn text_after_a_quotation_mark_is_a_fault(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let report = crm.import("Name,Story\n\"Bo \"Bob\" Ray\",x\nAnn,5\" pipe\n\"Cy\" ,x\n", &create()).await?;
    assert_eq!((counts(&report), faults(&report)), ([2, 0, 0, 1], vec![(2, None, "text_after_quote")]));
    let names: Vec<String> = crm.all().await?.into_iter().map(|customer| customer.name).collect();
    assert_eq!(names, ["Ann", "Cy"]);
    Ok(())
}

async fn cells_may_have_several_lines(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = "Name,Story\nAnn,\"12 Main St\nSpringfield, IL\nsays \"\"hi\"\"\"\nIda,\"open\nBo,ok\"\nCy,ok\n";
    let report = crm.import(file, &create()).await?;
    // A second line that could be a row is taken as text, but not in silence.
    assert_eq!((counts(&report), warnings(&report)), ([3, 0, 0, 0], vec![(3, None, "quote_doubtful")]));
    let notes = |customer: &crm_core::customers::Customer| customer.custom_fields["story"].clone();
    let notes: Vec<_> = crm.all().await?.iter().map(notes).collect();
    assert_eq!(json!(notes), json!(["12 Main St\nSpringfield, IL\nsays \"hi\"", "open\nBo,ok", "ok"]));
    Ok(())
}

async fn two_values_of_one_field_are_a_fault(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = "name,customFields,Tier\nAnn,\"{\"\"tier\"\":\"\"gold\"\"}\",silver\nBob,\"{\"\"tier\"\":\"\"gold\"\"}\",gold\n\
                Cleo,\"{\"\"level\"\":1}\",gold\n";
    let report = crm.import(file, &create()).await?;
    assert_eq!((counts(&report), faults(&report)), ([2, 0, 0, 1], vec![(2, Some("Tier"), "duplicate")]));
    assert_eq!(json!(crm.all().await?[1].custom_fields), json!({ "level": 1, "tier": "gold" }));
    Ok(())
}

async fn texts_that_look_like_sql_are_texts(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let name = "Robert'); DROP TABLE crm_customers;-- $1 ? {} %";
    let file = format!("Name,Email,Customer Id,{name}\n{name},o'neil@example.com,\"{{1,\"\"NULL\"\"}}\",{name}\n");
    let options = crm_core::customers::ImportOptions { external_system: Some(name.into()), ..upsert(MatchBy::Email) };
    assert_eq!(counts(&crm.import(file.as_str(), &options).await?), [1, 0, 0, 0]);
    assert_eq!(counts(&crm.import(file, &options).await?), [0, 0, 1, 0]);
    assert_eq!(crm.all().await?[0].name, name);
    assert_eq!(crm.all().await?[0].external_refs[0].id, "{1,\"NULL\"}");
    Ok(())
}

async fn customers_take_no_more_than_they_hold(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let wide = |count: usize| (0..count).map(|number| format!("Note {number}")).collect::<Vec<_>>().join(",");
    let cells = |length: usize| vec!["x".repeat(length); 20].join(",");
    let file =
        format!("Name,Email,{}\nAnn,ann@example.com,{}\nBob,bob@example.com,{}\n", wide(20), cells(900), cells(700));
    let report = crm.import(file, &create()).await?;
    assert_eq!((counts(&report), faults(&report)), ([1, 0, 0, 1], vec![(2, None, "too_long")]));
    // Nor does an update make a customer too large.
    let file = format!("Email,Other,Another\nbob@example.com,{0},{0}\n", "y".repeat(2_000));
    let report = crm.import(file, &upsert(MatchBy::Email)).await?;
    assert_eq!((counts(&report), faults(&report)), ([0, 0, 0, 1], vec![(2, None, "too_long")]));
    Ok(())
}
