//! Consents: what holds by the ledger, the gate, and what becomes of the ledger when its customer is merged or deleted.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::actor::Role;
use crm_core::consents::{
    Consent, ConsentQuery, ConsentState, ConsentStatus, ContactChannel, ContactReason, LawfulBasis, MAX_PURPOSES,
    MayContact, NewConsent,
};
use crm_core::customers::{
    Customer, CustomerAddress, CustomerEmail, CustomerPhone, MergeCustomers, NewCustomer, UnmergeCustomers,
};
use crm_core::ids::{CustomerId, LeadId};
use crm_core::leads::{ConvertLead, NewLead};
use crm_core::page::PageRequest;
use crm_core::suppressions::NewSuppression;
use crm_core::{Crm, Error, Result};
use testkit::{FixedClock, Suite, TestDatabase};

use crate::chance::Chance;
use crate::support::{TestCrm, assert_matches, malformed, violation, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        the_gate_is_closed_by_default,
        what_holds_is_what_was_said_last,
        a_consent_ends,
        advertising_rests_on_consent_or_interest,
        whatever_stands_against_a_contact_point_closes_it,
        the_flags_of_a_lead_close_the_gate,
        a_merge_moves_the_ledger_and_its_undo_moves_it_back,
        a_conversion_takes_the_ledger_along,
        the_ledger_goes_to_the_trash_with_its_customer,
        a_purge_leaves_nothing_of_the_ledger,
        another_company_knows_of_no_consent,
        who_may_not_write_records_no_consent,
        purposes_have_a_maximum,
        what_makes_no_sense_is_refused,
    ]);
}

const EMAIL: ContactChannel = ContactChannel::Email;

fn with_clock(database: &TestDatabase) -> (TestCrm, FixedClock) {
    let clock = FixedClock::default();
    (TestCrm::with(database, Crm::builder().clock(clock.clone())), clock)
}

async fn ann(crm: &TestCrm) -> Result<Customer> {
    let email = Some("ann@example.com".to_owned());
    let phone = Some("+1 212 555 2368".to_owned());
    crm.create(NewCustomer { email, phone, ..NewCustomer::person("Ann", "Lee") }).await
}

async fn say(crm: &TestCrm, customer: CustomerId, new: NewConsent) -> Result<Consent> {
    crm.admin().consents(customer).create(new).await
}

async fn ask(crm: &TestCrm, customer: CustomerId, channel: ContactChannel) -> Result<MayContact> {
    crm.admin().consents(customer).may_contact("newsletter", channel).await
}

async fn reasons(crm: &TestCrm, customer: CustomerId, channel: ContactChannel) -> Result<Vec<ContactReason>> {
    let answer = ask(crm, customer, channel).await?;
    assert_eq!(answer.allowed, answer.reasons.is_empty(), "{answer:?}");
    Ok(answer.reasons)
}

async fn ledger(crm: &TestCrm, customer: CustomerId) -> Result<Vec<Consent>> {
    let page = PageRequest::default().limit(100);
    Ok(crm.admin().consents(customer).list(&ConsentQuery::default(), &page).await?.data)
}

async fn the_gate_is_closed_by_default(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = with_clock(&database);
    let ann = ann(&crm).await?;
    for channel in ContactChannel::ALL {
        assert!(reasons(&crm, ann.id, *channel).await?.contains(&ContactReason::ConsentMissing), "{channel}");
    }
    let granted = say(&crm, ann.id, NewConsent::granted("News-Letter", EMAIL)).await;
    assert_eq!(granted?.purpose, "news_letter", "another purpose");
    let granted = say(&crm, ann.id, NewConsent::granted("newsletter", EMAIL)).await?;
    let answer = ask(&crm, ann.id, EMAIL).await?;
    assert!(answer.allowed, "{answer:?}");
    assert_eq!((answer.consent_id, answer.lawful_basis), (Some(granted.id), Some(LawfulBasis::Consent)));
    assert_eq!(answer.contact_points.iter().map(|point| point.allowed).collect::<Vec<_>>(), [true]);
    // For nothing else.
    assert_eq!(reasons(&crm, ann.id, ContactChannel::Phone).await?, [ContactReason::ConsentMissing]);
    let survey = crm.admin().consents(ann.id).may_contact("survey", EMAIL).await?;
    assert_eq!(survey.reasons, [ContactReason::ConsentMissing]);
    for (state, reason) in [
        (ConsentState::Pending, ContactReason::ConsentPending),
        (ConsentState::Denied, ContactReason::ConsentDenied),
        (ConsentState::Withdrawn, ContactReason::ConsentWithdrawn),
    ] {
        clock.advance(Duration::from_secs(1));
        say(&crm, ann.id, NewConsent::new("newsletter", EMAIL, state)).await?;
        let answer = ask(&crm, ann.id, EMAIL).await?;
        assert_eq!((answer.reasons, answer.lawful_basis), (vec![reason], None), "{state}");
        assert!(!answer.contact_points[0].allowed);
    }
    Ok(())
}

/// The law: what holds is the last of the ledger, evaluated one by one.
async fn what_holds_is_what_was_said_last(database: TestDatabase) -> anyhow::Result<()> {
    let seed = Chance::seed();
    let mut chance = Chance::new(seed);
    let (crm, clock) = with_clock(&database);
    let customers = [crm.named("Lee & Co").await?.id, crm.named("Other").await?.id];
    let start = FixedClock::default_time() - TimeDelta::days(10);
    let mut said: Vec<Consent> = Vec::new();
    for _ in 0..60 {
        clock.advance(Duration::from_secs(chance.below(2) as u64));
        let (purpose, channel) = (chance.one(&["newsletter", "survey"]), ContactChannel::ALL[chance.below(2)]);
        let new = NewConsent::new(purpose, channel, ConsentState::ALL[chance.below(ConsentState::ALL.len())]);
        // Often at the same time as another one.
        let at = start + TimeDelta::days(chance.below(4) as i64);
        let new = if chance.once_in(4) { new } else { new.at(at) };
        let ends = matches!(new.state, ConsentState::Granted | ConsentState::Pending) && chance.once_in(2);
        let new = if ends { new.until(start + TimeDelta::days(20 + chance.below(3) as i64)) } else { new };
        said.push(say(&crm, customers[chance.below(2)], new).await?);
    }
    for days in [0, 9, 10, 11, 13] {
        clock.set(FixedClock::default_time() + TimeDelta::days(days));
        let now = FixedClock::default_time() + TimeDelta::days(days);
        for customer in customers {
            let current = crm.admin().consents(customer).current().await?;
            assert_eq!(current.at, now);
            let found: Vec<(ConsentStatus, Consent)> =
                current.consents.into_iter().map(|current| (current.status, current.consent)).collect();
            assert_eq!(found, evaluated(&said, customer, now), "seed {seed}, after {days} days");
            for (status, consent) in found {
                let answer = crm.admin().consents(customer).may_contact(&consent.purpose, consent.channel).await?;
                assert_eq!((answer.status, answer.consent_id), (Some(status), Some(consent.id)), "seed {seed}");
            }
        }
    }
    Ok(())
}

fn evaluated(said: &[Consent], customer: CustomerId, now: DateTime<Utc>) -> Vec<(ConsentStatus, Consent)> {
    let place = |entry: &Consent| (entry.obtained_at, entry.created_at, entry.state != ConsentState::Granted, entry.id);
    let mut last: BTreeMap<(String, ContactChannel), &Consent> = BTreeMap::new();
    for entry in said.iter().filter(|entry| entry.customer_id == customer) {
        let held = last.entry((entry.purpose.clone(), entry.channel)).or_insert(entry);
        if place(entry) > place(held) {
            *held = entry;
        }
    }
    let status = |entry: &Consent| match (entry.state, entry.expires_at) {
        (ConsentState::Denied, _) => ConsentStatus::Denied,
        (ConsentState::Withdrawn, _) => ConsentStatus::Withdrawn,
        (_, Some(end)) if end <= now => ConsentStatus::Expired,
        (ConsentState::Granted, _) => ConsentStatus::Granted,
        (ConsentState::Pending, _) => ConsentStatus::Pending,
    };
    last.into_values().map(|entry| (status(entry), entry.clone())).collect()
}

async fn a_consent_ends(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = with_clock(&database);
    let (ann, now) = (ann(&crm).await?, FixedClock::default_time());
    let end = now + TimeDelta::days(1);
    say(&crm, ann.id, NewConsent::granted("newsletter", EMAIL).until(end)).await?;
    assert!(ask(&crm, ann.id, EMAIL).await?.allowed);
    clock.set(end - TimeDelta::microseconds(1));
    assert!(ask(&crm, ann.id, EMAIL).await?.allowed);
    clock.set(end);
    assert_eq!(reasons(&crm, ann.id, EMAIL).await?, [ContactReason::ConsentExpired]);
    // What is told late does not go before what is known.
    say(&crm, ann.id, NewConsent::withdrawn("newsletter", EMAIL).at(now - TimeDelta::days(1))).await?;
    assert_eq!(reasons(&crm, ann.id, EMAIL).await?, [ContactReason::ConsentExpired]);
    say(&crm, ann.id, NewConsent::granted("newsletter", EMAIL)).await?;
    assert!(ask(&crm, ann.id, EMAIL).await?.allowed);
    Ok(())
}

async fn advertising_rests_on_consent_or_interest(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = with_clock(&database);
    let ann = ann(&crm).await?;
    for (basis, purpose, expected) in [
        (LawfulBasis::Contract, "newsletter", &[ContactReason::LawfulBasis][..]),
        (LawfulBasis::LegalObligation, "newsletter", &[ContactReason::LawfulBasis]),
        (LawfulBasis::LegitimateInterest, "newsletter", &[]),
        (LawfulBasis::Consent, "newsletter", &[]),
        (LawfulBasis::Contract, "service", &[]),
        (LawfulBasis::LegalObligation, "recall", &[]),
    ] {
        clock.advance(Duration::from_secs(1));
        let new = NewConsent { lawful_basis: Some(basis), ..NewConsent::granted(purpose, EMAIL) };
        say(&crm, ann.id, new).await?;
        let answer = crm.admin().consents(ann.id).may_contact(purpose, EMAIL).await?;
        assert_eq!((answer.reasons.as_slice(), answer.lawful_basis), (expected, Some(basis)), "{basis} for {purpose}");
    }
    Ok(())
}

async fn whatever_stands_against_a_contact_point_closes_it(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let email = CustomerEmail::new;
    let out = CustomerEmail { is_opted_out: true, ..email("out@example.com") };
    let gone = CustomerEmail { is_invalid: true, ..email("gone@example.com") };
    let emails =
        vec![email("ann@example.com"), out, gone, email("listed@example.com"), email("ann@mail.müller.example")];
    let phones = vec![CustomerPhone::new("+1 212 555 2368"), CustomerPhone::new("0123")];
    let ann = NewCustomer { emails: Some(emails), phones: Some(phones), ..NewCustomer::person("Ann", "Lee") };
    let ann = crm.create(ann).await?.id;
    for channel in ContactChannel::ALL {
        say(&crm, ann, NewConsent::granted("newsletter", *channel)).await?;
    }
    for listed in ["Listed@Example.com", "@xn--mller-kva.example"] {
        crm.admin().suppressions().create(NewSuppression::of(listed)).await?;
    }
    let against = |answer: &MayContact| -> Vec<(bool, Vec<ContactReason>)> {
        answer.contact_points.iter().map(|point| (point.allowed, point.reasons.clone())).collect()
    };
    let answer = ask(&crm, ann, EMAIL).await?;
    let expected = [
        (true, vec![]),
        (false, vec![ContactReason::OptedOut]),
        (false, vec![ContactReason::Invalid]),
        (false, vec![ContactReason::Suppressed]),
        (false, vec![ContactReason::DomainSuppressed]),
    ];
    assert!(answer.allowed);
    assert_eq!(against(&answer), expected);
    for channel in [ContactChannel::Phone, ContactChannel::Sms, ContactChannel::Whatsapp] {
        let answer = ask(&crm, ann, channel).await?;
        assert_eq!(against(&answer), [(true, vec![]), (false, vec![ContactReason::NotNormalised])], "{channel}");
    }
    // When nothing is left, all of it is told.
    for listed in ["ann@example.com", "+1 (212) 555-2368"] {
        crm.admin().suppressions().create(NewSuppression::of(listed)).await?;
    }
    let expected =
        [ContactReason::Suppressed, ContactReason::DomainSuppressed, ContactReason::OptedOut, ContactReason::Invalid];
    assert_eq!(reasons(&crm, ann, EMAIL).await?, expected);
    let expected = [ContactReason::Suppressed, ContactReason::NotNormalised];
    assert_eq!(reasons(&crm, ann, ContactChannel::Phone).await?, expected);
    // Without an address there is nobody to write to.
    assert_eq!(reasons(&crm, ann, ContactChannel::Post).await?, [ContactReason::NoContactPoint]);
    let home = CustomerAddress { city: Some("Boston".to_owned()), ..CustomerAddress::default() };
    let bob = NewCustomer { addresses: Some(vec![home]), ..NewCustomer::person("Bob", "Lee") };
    let bob = crm.create(bob).await?.id;
    say(&crm, bob, NewConsent::granted("newsletter", ContactChannel::Post)).await?;
    assert_eq!(ask(&crm, bob, ContactChannel::Post).await?.contact_points[0].value, "Boston");
    Ok(())
}

async fn lead(crm: &TestCrm, email: &str) -> Result<LeadId> {
    let new = NewLead {
        email: Some(email.to_owned()),
        phone: Some("+1 212 555 2368".to_owned()),
        do_not_call: Some(true),
        do_not_email: Some(true),
        ..NewLead::person("Ann", "Lee")
    };
    Ok(crm.admin().leads().create(new).await?.id)
}

async fn the_flags_of_a_lead_close_the_gate(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = with_clock(&database);
    let (first, second) = (lead(&crm, "ann@example.com").await?, lead(&crm, "annie@example.com").await?);
    for lead in [first, second] {
        for channel in [EMAIL, ContactChannel::Phone, ContactChannel::Sms] {
            crm.admin().lead_consents(lead).create(NewConsent::granted("newsletter", channel)).await?;
        }
        for (channel, expected) in [
            (EMAIL, &[ContactReason::DoNotEmail][..]),
            (ContactChannel::Phone, &[ContactReason::DoNotCall]),
            (ContactChannel::Sms, &[]),
        ] {
            let answer = crm.admin().lead_consents(lead).may_contact("newsletter", channel).await?;
            assert_eq!(answer.reasons, expected, "{channel}");
        }
    }
    // It is the same for the customer who comes of it, for the one it is merged into, and for the one after that.
    clock.advance(Duration::from_secs(60));
    let ann = crm.admin().leads().convert(first, ConvertLead::default(), None).await?.customer.id;
    assert_eq!(reasons(&crm, ann, EMAIL).await?, [ContactReason::DoNotEmail]);
    let bob = crm.create(NewCustomer::person("Bob", "Lee")).await?.id;
    let into = ConvertLead { customer_id: Some(bob), ..ConvertLead::default() };
    crm.admin().leads().convert(second, into, None).await?;
    assert_eq!(reasons(&crm, bob, EMAIL).await?, [ContactReason::DoNotEmail]);
    let carl = crm.create(NewCustomer::person("Carl", "Lee")).await?.id;
    crm.admin().customers().merge(MergeCustomers::new(carl, [bob])).await?;
    assert_eq!(reasons(&crm, carl, ContactChannel::Phone).await?, [ContactReason::DoNotCall]);
    // What is granted after the conversion lifts the flag, which nobody can change any more.
    clock.advance(Duration::from_secs(60));
    say(&crm, carl, NewConsent::granted("newsletter", EMAIL)).await?;
    assert!(ask(&crm, carl, EMAIL).await?.allowed);
    assert_eq!(reasons(&crm, carl, ContactChannel::Phone).await?, [ContactReason::DoNotCall]);
    assert_eq!(reasons(&crm, ann, EMAIL).await?, [ContactReason::DoNotEmail]);
    Ok(())
}

async fn a_merge_moves_the_ledger_and_its_undo_moves_it_back(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = with_clock(&database);
    let (ann, other) = (ann(&crm).await?, crm.create(NewCustomer::person("Zoe", "Lee")).await?);
    say(&crm, ann.id, NewConsent::granted("newsletter", EMAIL)).await?;
    clock.advance(Duration::from_secs(1));
    say(&crm, other.id, NewConsent::withdrawn("newsletter", EMAIL)).await?;
    let before = [ledger(&crm, ann.id).await?, ledger(&crm, other.id).await?];
    let outcome = crm.admin().customers().merge(MergeCustomers::new(ann.id, [other.id])).await?;
    assert_eq!(ledger(&crm, ann.id).await?.len(), 2);
    assert_eq!(reasons(&crm, ann.id, EMAIL).await?, [ContactReason::ConsentWithdrawn], "what was said last holds");
    let undone = outcome.id.expect("the id of a merge");
    crm.admin().customers().undo_merge(undone, UnmergeCustomers::default()).await?;
    assert_eq!([ledger(&crm, ann.id).await?, ledger(&crm, other.id).await?], before);
    assert!(ask(&crm, ann.id, EMAIL).await?.allowed);
    Ok(())
}

async fn a_conversion_takes_the_ledger_along(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let bob = crm.create(NewCustomer::person("Bob", "Lee")).await?.id;
    let lead = lead(&crm, "ann@example.com").await?;
    let said = crm.admin().lead_consents(lead).create(NewConsent::granted("newsletter", EMAIL)).await?;
    for how in [ConvertLead::default(), ConvertLead { customer_id: Some(bob), ..ConvertLead::default() }] {
        let customer = crm.admin().leads().convert(lead, how, None).await?.customer.id;
        let moved = ledger(&crm, customer).await?;
        assert_eq!((moved.len(), moved[0].id, moved[0].customer_id), (1, said.id, customer));
        crm.admin().leads().revert(lead, None).await?;
        assert_eq!(crm.admin().lead_consents(lead).get(said.id).await?, said);
        assert!(ledger(&crm, bob).await?.is_empty());
    }
    // A customer's door opens to no lead, and a lead's to no customer.
    assert_matches!(ledger(&crm, CustomerId(lead.0)).await, Err(Error::NotFound { .. }));
    let asked = crm.admin().lead_consents(LeadId(bob.0)).may_contact("newsletter", EMAIL).await;
    assert_matches!(asked, Err(Error::NotFound { .. }));
    Ok(())
}

async fn the_ledger_goes_to_the_trash_with_its_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann = ann(&crm).await?;
    let said = say(&crm, ann.id, NewConsent::granted("newsletter", EMAIL)).await?;
    crm.admin().customers().delete(ann.id, None).await?;
    assert_matches!(ledger(&crm, ann.id).await, Err(Error::NotFound { .. }));
    assert_matches!(crm.admin().consents(ann.id).get(said.id).await, Err(Error::NotFound { .. }));
    let late = say(&crm, ann.id, NewConsent::withdrawn("newsletter", EMAIL)).await;
    assert_matches!(late, Err(Error::NotFound { .. }));
    // Who may restore is told why; to others it is gone.
    assert_eq!(reasons(&crm, ann.id, EMAIL).await?, [ContactReason::Trashed]);
    let rep = crm.scope(Role::SalesRep).consents(ann.id).may_contact("newsletter", EMAIL).await;
    assert_matches!(rep, Err(Error::NotFound { .. }));
    crm.admin().customers().restore(ann.id).await?;
    assert_eq!(ledger(&crm, ann.id).await?, [said]);
    assert!(ask(&crm, ann.id, EMAIL).await?.allowed);
    Ok(())
}

async fn a_purge_leaves_nothing_of_the_ledger(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann = ann(&crm).await?;
    let proof = Some("Quokka".to_owned());
    say(&crm, ann.id, NewConsent { proof, ..NewConsent::granted("newsletter", EMAIL) }).await?;
    assert!(crm.dump("crm_changes").await?.contains("Quokka"), "history keeps it");
    assert!(!crm.dump("crm_audit").await?.contains("Quokka"), "the audit trail does not");
    assert!(!crm.dump("crm_outbox").await?.contains("Quokka"), "nor do events");
    crm.admin().customers().purge(ann.id, None).await?;
    assert_eq!(crm.count("crm_consents").await?, 0);
    assert!(!crm.dump("crm_changes").await?.contains("Quokka"));
    Ok(())
}

async fn another_company_knows_of_no_consent(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, other) = (ann(&crm).await?, crm.other_company());
    let said = say(&crm, ann.id, NewConsent::granted("newsletter", EMAIL)).await?;
    other.named("Lee & Co").await?;
    assert_matches!(ledger(&other, ann.id).await, Err(Error::NotFound { .. }));
    assert_matches!(other.admin().consents(ann.id).get(said.id).await, Err(Error::NotFound { .. }));
    assert_matches!(other.admin().consents(ann.id).current().await, Err(Error::NotFound { .. }));
    assert_matches!(ask(&other, ann.id, EMAIL).await, Err(Error::NotFound { .. }));
    let theirs = say(&other, ann.id, NewConsent::withdrawn("newsletter", EMAIL)).await;
    assert_matches!(theirs, Err(Error::NotFound { .. }));
    // What another company does not contact is none of ours.
    other.admin().suppressions().create(NewSuppression::of("ann@example.com")).await?;
    assert!(ask(&crm, ann.id, EMAIL).await?.allowed);
    assert_eq!(ledger(&crm, ann.id).await?, [said]);
    Ok(())
}

async fn who_may_not_write_records_no_consent(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann = ann(&crm).await?;
    for role in Role::ALL {
        let new = NewConsent::withdrawn("newsletter", EMAIL);
        let said = crm.scope(*role).consents(ann.id).create(new).await;
        match role {
            Role::Viewer => assert_matches!(said, Err(Error::Forbidden { .. })),
            _ => assert_eq!(said?.created_by.id, Some(crm.user(*role))),
        }
        assert_eq!(crm.scope(*role).consents(ann.id).current().await?.consents.len(), 1);
    }
    Ok(())
}

async fn purposes_have_a_maximum(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann = ann(&crm).await?.id;
    for number in 0..MAX_PURPOSES {
        say(&crm, ann, NewConsent::granted(format!("purpose_{number}"), EMAIL)).await?;
    }
    assert_eq!(violation(say(&crm, ann, NewConsent::granted("more", EMAIL)).await, "/purpose"), "too_many");
    say(&crm, ann, NewConsent::withdrawn("purpose_7", ContactChannel::Sms)).await?;
    Ok(())
}

async fn what_makes_no_sense_is_refused(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = with_clock(&database);
    let (ann, now) = (ann(&crm).await?.id, FixedClock::default_time());
    let before = crm.records().await?;
    let granted = || NewConsent::granted("newsletter", EMAIL);
    for (new, pointer, code) in [
        (NewConsent { purpose: " ".to_owned(), ..granted() }, "/purpose", "required"),
        (NewConsent { purpose: "1st".to_owned(), ..granted() }, "/purpose", "purpose_invalid"),
        (granted().at(now + TimeDelta::minutes(2)), "/obtainedAt", "in_the_future"),
        (granted().at("1899-12-31T00:00:00Z".parse()?), "/obtainedAt", "out_of_range"),
        (granted().until(now), "/expiresAt", "before_start"),
        (NewConsent::withdrawn("newsletter", EMAIL).until(now + TimeDelta::days(1)), "/expiresAt", "unexpected"),
        (NewConsent { proof: Some("x".repeat(2_001)), ..granted() }, "/proof", "too_long"),
    ] {
        assert_eq!(violations(say(&crm, ann, new).await), [(pointer.to_owned(), code.to_owned())]);
    }
    let asked = crm.admin().consents(ann).may_contact("no purpose!", EMAIL).await;
    assert_eq!(malformed(asked), "parameter_invalid");
    assert_eq!(crm.records().await?, before, "nothing is written");
    Ok(())
}
