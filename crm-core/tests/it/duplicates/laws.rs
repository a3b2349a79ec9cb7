//! Laws of the comparison, for any two records.

use crm_core::customers::{Customer, DuplicateReason, MatchRecord, Score, compare_records};
use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use super::{company, customer};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [a_comparison_is_symmetric_and_bounded, reasons_are_named]);
}

fn one_of(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop::option::weighted(0.7, prop::sample::select(words)).prop_map(|word| json!(word))
}

prop_compose! {
    /// A customer made of few words, so that any two often have something in common.
    fn record()(
        kind in prop::sample::select(vec!["person", "organization"]),
        name in prop::sample::select(vec!["Lee", "Ann Lee", "Lee, Ann", "Lee & Co GmbH", "Lee and Co", "Ännchen van der Lee", "Лее"]),
        first in one_of(&["Ann", "Anna Marie", "A.", "Jan", "Bob", "Robert", "Marie Ann", "王"]),
        last in one_of(&["Lee", "Leigh", "Lee-Smith", "Müller", "Mueller", "von Lee", "Ann"]),
        email in one_of(&["ann@lee.example.com", "info@lee.example.com", "annlee@gmail.com", "anlee@gmail.com"]),
        phone in one_of(&["+1 212 555 2368", "212 555 2368", "+49 30 901820"]),
        employer in one_of(&["Lee & Co", "Lee & Co KG", "Kaffe AB", "Branch 12", "Branch 13"]),
        city in one_of(&["Boston", "Bostn", "Berlin"]),
        zip in one_of(&["02110", "10115"]),
        street in one_of(&["12 Harbour Street", "Harbour St 12", "Hauptstr. 5"]),
        birth in one_of(&["1987-10-06", "1987-06-10", "1950-01-31"]),
        suffix in one_of(&["Jr.", "Sr."]),
        tax in one_of(&["DE123456789", "DE987654321"]),
    ) -> Value {
        json!({
            "kind": kind, "name": name, "firstName": first, "lastName": last, "email": email, "phone": phone,
            "organizationName": employer, "city": city, "zipCode": zip, "address": street, "birthDate": birth,
            "nameSuffix": suffix, "taxId": tax,
        })
    }
}

async fn a_comparison_is_symmetric_and_bounded(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _clock) = company(&database).await?;
    let added = crm.create(customer(json!({ "name": "Base" }))).await?;
    let template = serde_json::to_value(&added)?;
    let record_of = |fields: &Value| -> MatchRecord {
        let mut value = template.clone();
        crm_core::patch::merge(&mut value, fields.clone());
        // A merge takes away what is null; an answer has it.
        for (name, field) in template.as_object().expect("an object") {
            value
                .as_object_mut()
                .expect("an object")
                .entry(name.clone())
                .or_insert_with(|| if field.is_array() { json!([]) } else { Value::Null });
        }
        let customer: Customer = serde_json::from_value(value).expect("a customer");
        MatchRecord::of(&customer)
    };
    let config = ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(left in record(), right in record())| {
        let (left, right) = (record_of(&left), record_of(&right));
        let (one, other) = (compare_records(&left, &right), compare_records(&right, &left));
        prop_assert_eq!(one.score, other.score, "{:?} {:?}", one.evidence, other.evidence);
        prop_assert!(one.score <= Score::MAX);
        let itself = compare_records(&left, &left).score;
        prop_assert!(itself >= one.score, "{} < {}", itself.as_f64(), one.score.as_f64());
        let reasons = |evidence: &[crm_core::customers::DuplicateEvidence]| -> Vec<DuplicateReason> {
            let mut reasons: Vec<DuplicateReason> = evidence.iter().map(|one| one.reason).collect();
            reasons.sort();
            reasons
        };
        prop_assert_eq!(reasons(&one.evidence), reasons(&other.evidence));
    });
    Ok(())
}

async fn reasons_are_named(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _clock) = company(&database).await?;
    use DuplicateReason as R;
    let cases: [(Value, Value, &[R], std::ops::RangeInclusive<f64>); 8] = [
        (
            json!({"name": "Ann Lee", "email": "ann@x.example.com"}),
            json!({"name": "Lee, Ann", "email": "ANN@x.example.com"}),
            &[R::SameEmail, R::SameName],
            0.95..=1.0,
        ),
        (
            json!({"name": "Bob Stone", "phone": "+1 212 555 2368"}),
            json!({"name": "Robert Stone", "phone": "+1 212 555 2368"}),
            &[R::SamePhone, R::SimilarName],
            0.75..=0.95,
        ),
        (
            json!({"name": "Ann Lee", "phone": "+1 212 555 2368"}),
            json!({"name": "Tom Lee", "phone": "+1 212 555 2368"}),
            &[R::SamePhone, R::DifferentFirstName],
            0.0..=0.3,
        ),
        (
            json!({"name": "Ann Lee", "birthDate": "1987-10-06"}),
            json!({"name": "Ann Lee", "birthDate": "1950-01-31"}),
            &[R::DifferentBirthDate, R::SameName],
            0.0..=0.3,
        ),
        (json!({"name": "Ann Lee"}), json!({"name": "Ann Lee"}), &[R::SameName], 0.6..=0.75),
        (
            json!({"kind": "organization", "name": "Kaffe AB", "website": "kaffe.example.com"}),
            json!({"kind": "organization", "name": "Kaffe Aktiebolag", "email": "info@kaffe.example.com"}),
            &[R::SameName, R::SameDomain],
            0.8..=1.0,
        ),
        (
            json!({"kind": "organization", "name": "Lee & Co", "phone": "+1 212 555 2368"}),
            json!({"name": "Ann Lee", "phone": "+1 212 555 2368"}),
            &[R::SamePhone, R::DifferentKind],
            0.0..=0.3,
        ),
        (
            json!({"name": "Ann Lee", "email": "ann.lee@gmail.com"}),
            json!({"name": "Tom Stone", "email": "tom.stone@gmail.com"}),
            &[R::DifferentName, R::DifferentEmail],
            0.0..=0.01,
        ),
    ];
    for (left, right, reasons, scores) in cases {
        let (one, other) = (crm.create(customer(left)).await?, crm.create(customer(right)).await?);
        let found = compare_records(&MatchRecord::of(&one), &MatchRecord::of(&other));
        for reason in reasons {
            assert!(found.evidence.iter().any(|one| one.reason == *reason), "{reason}: {found:?}");
        }
        assert!(scores.contains(&found.score.as_f64()), "{scores:?}: {found:?}");
    }
    Ok(())
}
