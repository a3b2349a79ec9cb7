//! What is learned from won and lost leads: a synthetic set whose truth is known.

use crm_core::ids::LeadId;
use crm_core::lead_scoring::{LeadScoreModel, LeadScoreTermKind, LeadScoringModel, LeadScoringQuality, Score};
use crm_core::leads::{Lead, LeadRating, NewLead};
use serde_json::{Map, json};
use sha2::{Digest, Sha256};
use testkit::{Suite, TestDatabase};

use super::{add, at_noon, explained, nightly, rated, rule, stored, sum};
use crate::chance::Chance;
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_known_truth_is_learned_and_measured,
        few_leads_teach_nothing,
    ]);
}

/// In each field from which nothing must be learned.
const MARKER: &str = "zzmarker";
const LEADS: usize = 260;

/// A lead in which all that is protected has the marker.
fn marked(source: &str, rating: LeadRating) -> NewLead {
    let text = || Some(MARKER.to_owned());
    let object = || Some(Map::from_iter([(MARKER.to_owned(), json!(MARKER))]));
    NewLead {
        name: text(),
        salutation: text(),
        email: Some(format!("{MARKER}@example.com")),
        phone: Some("+49 30 901820".to_owned()),
        organization_name: text(),
        language: Some("sv".to_owned()),
        time_zone: Some("Europe/Stockholm".to_owned()),
        website: Some(format!("https://{MARKER}.example.com")),
        address: text(),
        city: text(),
        state: text(),
        zip_code: text(),
        description: text(),
        status_reason: text(),
        source_detail: text(),
        referred_by: text(),
        custom_fields: object(),
        metadata: object(),
        source: Some(source.to_owned()),
        rating: Some(rating),
        job_title: Some(if source == "Fair" { "Head of purchasing" } else { "Student" }.to_owned()),
        ..NewLead::person(MARKER, MARKER)
    }
}

/// Nine of ten leads of the fair are won, and one of ten of the list; the rating says nothing.
async fn world(crm: &TestCrm) -> anyhow::Result<Vec<(Lead, bool)>> {
    let mut chance = Chance::new(Chance::seed());
    let mut admin = crm.admin();
    let mut tx = admin.begin().await?;
    let mut leads = Vec::new();
    for number in 0..LEADS {
        let (source, won) =
            if number.is_multiple_of(2) { ("Fair", !chance.once_in(10)) } else { ("List", chance.once_in(10)) };
        let new = marked(source, LeadRating::ALL[chance.below(3)]);
        let status = if won { "qualified" } else { "unqualified" };
        let lead = tx.scope().leads().create(NewLead { status: Some(status.into()), ..new }).await?;
        leads.push((lead, won));
    }
    tx.commit().await?;
    Ok(leads)
}

/// Whether a lead was held out, as the documentation says.
fn is_held_out(id: LeadId) -> bool {
    let digest = Sha256::digest(id.to_string().as_bytes());
    let first = digest.iter().take(8).fold(0_i64, |hash, byte| (hash << 8) | i64::from(*byte));
    first.rem_euclid(5) == 0
}

fn share(part: usize, whole: usize) -> Option<Score> {
    let thousandths = (part * 2_000 + whole).checked_div(2 * whole)?;
    Some(Score::from_thousandths(u16::try_from(thousandths).ok()?))
}

/// The quality, computed pair by pair from the scores that users see.
fn check(quality: &LeadScoringQuality, held_out: &[(i64, bool)]) {
    let of = |wanted: bool| held_out.iter().filter(move |(_, won)| *won == wanted).map(|(score, _)| *score);
    let (won, lost) = (of(true).count(), of(false).count());
    let halves: usize = of(true)
        .flat_map(|one| of(false).map(move |other| 1 + usize::from(one > other) - usize::from(one < other)))
        .sum();
    assert_eq!((quality.won, quality.lost), (i64::try_from(won).unwrap(), i64::try_from(lost).unwrap()));
    assert_eq!((quality.auc, quality.base_rate), (share(halves, 2 * won * lost), share(won, won + lost)));
    assert_eq!(quality.bins.len(), 10);
    for bin in &quality.bins {
        let inside = held_out.iter().filter(|(score, _)| (bin.from..=bin.to).contains(score));
        let outcomes: Vec<bool> = inside.map(|(_, won)| *won).collect();
        let won = outcomes.iter().filter(|won| **won).count();
        assert_eq!((bin.leads, bin.won), (i64::try_from(outcomes.len()).unwrap(), i64::try_from(won).unwrap()));
        assert_eq!(bin.observed, share(won, outcomes.len()));
        assert_eq!(bin.predicted.is_some(), !outcomes.is_empty());
    }
}

fn weight(model: &LeadScoringModel, term: &str, value: &str) -> i64 {
    let found = model.weights.iter().find(|of| of.term == term && of.value.as_deref() == Some(value));
    found.unwrap_or_else(|| panic!("{term} {value}: {model:?}")).weight
}

async fn a_known_truth_is_learned_and_measured(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _clock) = at_noon(&database);
    let leads = world(&crm).await?;
    assert_eq!(leads[0].0.score, 0);
    nightly(&crm).await?;
    let model = crm.admin().lead_scoring().model().await?;
    assert!(model.is_ready && model.version == 1, "{model:?}");
    let known: Vec<bool> = leads.iter().filter(|(lead, _)| !is_held_out(lead.id)).map(|(_, won)| *won).collect();
    assert_eq!(usize::try_from(model.won + model.lost)?, known.len());
    assert!(weight(&model, "source", "fair") > 5 && weight(&model, "source", "list") < -5);
    assert!(weight(&model, "jobTitle", "purchasing") > 5 && weight(&model, "jobTitle", "student") < -5);
    assert!(weight(&model, "rating", "hot").abs() < weight(&model, "source", "fair"));

    // Nothing that is protected is there.
    for table in ["crm_lead_scoring_weights", "crm_lead_scoring_models"] {
        let dump = crm.dump(table).await?;
        assert!(!dump.is_empty() && !dump.contains(MARKER) && !dump.contains("sv"), "{table}");
    }

    // The quality is that of a plain evaluation, and far better than chance.
    let quality = crm.admin().lead_scoring().quality().await?;
    let mut held_out = Vec::new();
    for (lead, won) in leads.iter().filter(|(lead, _)| is_held_out(lead.id)) {
        held_out.push((explained(&crm, lead.id).await?.score, *won));
    }
    check(&quality, &held_out);
    assert_eq!(quality.version, 1);
    assert!(quality.auc > Some(Score::from_thousandths(700)), "{quality:?}");

    // Scores are stored, and their terms add up to them, with rules and without.
    for (lead, _) in leads.iter().take(10) {
        let told = explained(&crm, lead.id).await?;
        assert_eq!((stored(&crm, lead.id).await?, sum(&told)), (told.score, told.score));
        assert_eq!((told.model, told.version), (LeadScoreModel::Frequencies, 1));
        assert_eq!(told.terms[0].kind, LeadScoreTermKind::Base);
        assert_eq!(crm.other_process().admin().leads().score(lead.id).await?, told, "another process says the same");
    }
    let fresh = add(&crm, marked("Fair", LeadRating::Warm)).await?;
    assert!(fresh.score > stored(&crm, add(&crm, marked("List", LeadRating::Warm)).await?.id).await?);
    rule(&crm, rated("warm", -7)).await?;
    let told = explained(&crm, fresh.id).await?;
    assert_eq!(sum(&told), told.score);

    // Nothing new is nothing to learn.
    nightly(&crm).await?;
    assert_eq!(crm.admin().lead_scoring().model().await?, model);
    assert_eq!(crm.admin().lead_scoring().quality().await?, quality);
    assert_eq!(nightly(&crm).await?, 0);
    Ok(())
}

async fn few_leads_teach_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _clock) = at_noon(&database);
    let blank = crm.admin().lead_scoring().model().await?;
    assert_eq!((blank.version, blank.is_ready, blank.needed), (0, false, 20));
    assert_eq!(crm.admin().lead_scoring().quality().await?, LeadScoringQuality::default());
    let lead = add(&crm, NewLead { status: Some("qualified".into()), ..marked("Fair", LeadRating::Hot) }).await?;
    assert_eq!(nightly(&crm).await?, 0);
    let model = crm.admin().lead_scoring().model().await?;
    assert!(!model.is_ready && model.weights.is_empty() && model.won + model.lost <= 1, "{model:?}");
    let told = explained(&crm, lead.id).await?;
    assert_eq!((told.score, told.model, told.version), (0, LeadScoreModel::Rules, 0));
    assert!(told.terms.is_empty());
    Ok(())
}
