//! The demo's leads over the twelve months: new ones, ones that are worked on, that wait, that were lost, and that became
//! customers, some with a deal.

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::deals::NewDeal;
use crm_core::ids::{InteractionId, LeadId, LeadScoringRuleId, LeadStatusId, NoteId};
use crm_core::interactions::{InteractionDirection, InteractionType, NewInteraction};
use crm_core::lead_scoring::NewLeadScoringRule;
use crm_core::lead_statuses::NewLeadStatus;
use crm_core::leads::{ConvertLead, LeadPatch, LeadRating, LeadUtm, NewLead};
use crm_core::money::Money;
use crm_core::notes::NewNote;
use crm_core::patch::Patch;
use crm_core::tasks::NewTask;
use crm_http::examples;
use rand::RngExt;
use serde_json::json;
use uuid::Uuid;

use super::super::names::{FIRMS, FIRST, JOBS, LAST, SOURCES, TRADES};
use super::super::people::Company;
use super::{Seeder, plain};

/// The number of leads per company, without those of the examples.
const LEADS: u32 = 180;
/// The number of days over which they were added.
const DAYS: i64 = 360;

const CAMPAIGNS: &[&str] = &["spring", "trade-fair", "webinar", "newsletter"];
const REASONS: &[&str] = &["no_budget", "timing", "no_answer", "competitor"];
const NOTES: &[&str] = &[
    "Saw us at the fair, asked for the **price list**.",
    "Left a message, calls back on Monday.",
    "Compares three suppliers; decides by the end of the quarter.",
];

/// The statuses that leads pass after the first one.
const PATHS: &[&[&str]] = &[
    &[],
    &["contacted"],
    &["contacted", "in_progress"],
    &["contacted", "unqualified"],
    &["contacted", "in_progress", "qualified"],
    &["unqualified"],
];

impl Seeder<'_, '_> {
    /// The statuses of the company's leads, and those of the document's examples.
    pub(super) async fn lead_statuses(&mut self) -> anyhow::Result<()> {
        self.tx.scope().lead_statuses().add_usual().await?;
        let main: NewLeadStatus = serde_json::from_value(examples::lead_status_fields())?;
        let mistake = NewLeadStatus { name: Some("Made by mistake".to_owned()), code: None, ..main.clone() };
        for (id, new) in [(examples::LEAD_STATUS, main), (examples::LEAD_STATUS_TO_DELETE, mistake)] {
            self.randomness.choose(id);
            let status = self.tx.scope().lead_statuses().create(new).await?;
            anyhow::ensure!(status.id == LeadStatusId(id), "the example {id} became {}", status.id);
        }
        Ok(())
    }

    /// The rules by which leads are scored.
    pub(super) async fn lead_scoring_rules(&mut self) -> anyhow::Result<()> {
        let main: NewLeadScoringRule = serde_json::from_value(examples::lead_scoring_rule_fields())?;
        let field = |field: &str, value: &str| json!({ "field": field, "op": "eq", "value": value });
        let mistake = NewLeadScoringRule {
            is_active: Some(false),
            ..NewLeadScoringRule::of("Added by mistake", &field("source", "trade fair"), 15)
        };
        for (id, new) in [(examples::LEAD_SCORING_RULE, main), (examples::LEAD_SCORING_RULE_TO_DELETE, mistake)] {
            self.randomness.choose(id);
            let rule = self.tx.scope().lead_scoring().create_rule(new).await?;
            anyhow::ensure!(rule.id == LeadScoringRuleId(id), "the example {id} became {}", rule.id);
        }
        let reachable = json!({ "field": "phone", "op": "is_null", "value": false });
        for new in [
            NewLeadScoringRule::of("Was rated hot", &field("rating", "hot"), 30),
            NewLeadScoringRule::of("Was rated cold", &field("rating", "cold"), -10),
            NewLeadScoringRule::of("Can be called", &reachable, 10),
        ] {
            self.tx.scope().lead_scoring().create_rule(new).await?;
        }
        Ok(())
    }

    /// The leads of the document's examples, with what belongs to them.
    pub(super) async fn example_leads(&mut self) -> anyhow::Result<()> {
        let main: NewLead = serde_json::from_value(examples::lead_fields())?;
        self.example_lead(examples::LEAD, NewLead { owner_id: self.user("sales"), ..main }).await?;
        for (id, first, last) in [
            (examples::LEAD_TO_DELETE, "Paul", "Twice"),
            (examples::LEAD_TO_RESTORE, "Rita", "Toosoon"),
            (examples::LEAD_TO_PURGE, "Tim", "Entry"),
            (examples::LEAD_TO_CONVERT, "Nora", "Jetty"),
            (examples::CONVERTED_LEAD, "Carl", "Mole"),
            (examples::LEAD_TO_CONVERT_AT_ONCE, "Nina", "Haven"),
        ] {
            let firm = format!("{last} & Co");
            self.example_lead(id, NewLead { organization_name: Some(firm), ..NewLead::person(first, last) }).await?;
        }
        self.tx.scope().leads().delete(examples::LEAD_TO_RESTORE.into(), None).await?;
        let lead: LeadId = examples::LEAD.into();
        self.tx.scope().lead_tags(lead).add(["Newsletter"]).await?;
        self.example_lead_notes(lead).await?;
        self.example_lead_interactions(lead).await
    }

    async fn example_lead(&mut self, id: Uuid, new: NewLead) -> anyhow::Result<()> {
        self.randomness.choose(id);
        let lead = self.tx.scope().leads().create(new).await?;
        anyhow::ensure!(lead.id == LeadId(id), "the example {id} became {}", lead.id);
        Ok(())
    }

    async fn example_lead_notes(&mut self, lead: LeadId) -> anyhow::Result<()> {
        let main: NewNote = serde_json::from_value(examples::note_fields())?;
        for (id, new) in [
            (examples::LEAD_NOTE, main),
            (examples::LEAD_NOTE_TO_DELETE, NewNote::text("Noted twice.")),
            (examples::LEAD_NOTE_TO_RESTORE, NewNote::text("Thrown away too soon.")),
        ] {
            self.randomness.choose(id);
            let note = self.tx.scope().lead_notes(lead).create(new).await?;
            anyhow::ensure!(note.id == NoteId(id), "the example {id} became {}", note.id);
        }
        Ok(self.tx.scope().lead_notes(lead).delete(examples::LEAD_NOTE_TO_RESTORE.into(), None).await?)
    }

    async fn example_lead_interactions(&mut self, lead: LeadId) -> anyhow::Result<()> {
        let read = |value| serde_json::from_value::<NewInteraction>(value);
        let sales = Patch::from(self.user("sales"));
        let planned = NewInteraction { owner_id: sales, ..read(examples::new_interaction())? };
        let call = |subject: &str| NewInteraction { subject: Some(subject.to_owned()), ..planned.clone() };
        for (id, new) in [
            (examples::LEAD_INTERACTION, NewInteraction { owner_id: sales, ..read(examples::interaction_fields())? }),
            (examples::LEAD_INTERACTION_TO_COMPLETE, planned.clone()),
            (examples::LEAD_INTERACTION_TO_DELETE, call("Planned twice")),
            (examples::LEAD_INTERACTION_TO_RESTORE, call("Thrown away too soon")),
        ] {
            self.randomness.choose(id);
            let interaction = self.tx.scope().lead_interactions(lead).create(new).await?;
            anyhow::ensure!(interaction.id == InteractionId(id), "the example {id} became {}", interaction.id);
        }
        let thrown = examples::LEAD_INTERACTION_TO_RESTORE.into();
        Ok(self.tx.scope().lead_interactions(lead).delete(thrown, None).await?)
    }

    /// Converted today, so that the example of taking that back works for 30 days.
    pub(super) async fn converted_lead(&mut self) -> anyhow::Result<()> {
        self.clock.set(self.now);
        let id = examples::CONVERTED_LEAD.into();
        self.tx.scope().leads().convert(id, ConvertLead::default(), None).await?;
        Ok(())
    }

    /// All other leads.
    pub(super) async fn leads(&mut self) -> crm_core::Result<()> {
        for number in 0..LEADS {
            // They come at all hours, and more of them by and by.
            let progress = (f64::from(number) / f64::from(LEADS)).sqrt();
            #[expect(clippy::cast_possible_truncation, reason = "minutes of a year")]
            let minutes = (progress * (DAYS * 24 * 60) as f64) as i64 + self.random.random_range(0..600);
            let added = (self.now - TimeDelta::days(DAYS) + TimeDelta::minutes(minutes)).min(self.now);
            self.clock.set(added);
            let new = self.new_lead(number);
            let id = self.tx.scope().leads().create(new).await?.id;
            if number.is_multiple_of(2) {
                let text = *self.pick(NOTES);
                self.tx.scope().lead_notes(id).create(NewNote::text(text)).await?;
            }
            if number.is_multiple_of(5) {
                let call = NewTask { customer_id: Some(id.0.into()), ..NewTask::titled("Call back") };
                self.tx.scope().tasks().create(call).await?;
            }
            self.first_call(id, number, added).await?;
            self.lead_path(id, number, added).await?;
        }
        Ok(())
    }

    /// Most leads are called within a day, some only after days, and every sixth never.
    async fn first_call(&mut self, id: LeadId, number: u32, added: DateTime<Utc>) -> crm_core::Result<()> {
        let minutes = match number % 6 {
            0 => return Ok(()),
            5 => self.random.random_range(2 * 24 * 60..5 * 24 * 60),
            _ => self.random.random_range(15..20 * 60),
        };
        let at = added + TimeDelta::minutes(minutes);
        let ended = at + TimeDelta::minutes(6);
        if ended > self.now {
            return Ok(());
        }
        self.clock.set(ended);
        let call = NewInteraction {
            direction: Some(InteractionDirection::Outbound),
            outcome: Some(if number.is_multiple_of(4) { "callback" } else { "connected" }.to_owned()),
            started_at: Some(at),
            completed_at: Some(ended),
            duration_seconds: Some(6 * 60),
            owner_id: self.owner(number).or_else(|| self.user("support")).into(),
            ..NewInteraction::of(InteractionType::Call, "First call")
        };
        self.tx.scope().lead_interactions(id).create(call).await.map(drop)
    }

    /// What becomes of a lead: three of four qualified ones are customers by now, two of them with a deal.
    async fn lead_path(&mut self, id: LeadId, number: u32, added: DateTime<Utc>) -> crm_core::Result<()> {
        let mut at = added;
        let path = PATHS[number as usize % PATHS.len()];
        for status in path {
            at += TimeDelta::days(self.random.random_range(1..12));
            if at > self.now {
                return Ok(());
            }
            self.clock.set(at);
            let reason = (*self.pick(REASONS)).to_owned();
            let lost_reason = if *status == "unqualified" { Patch::Set(reason) } else { Patch::Absent };
            let patch = LeadPatch { status: Patch::Set((*status).into()), lost_reason, ..LeadPatch::default() };
            self.tx.scope().leads().update(id, patch, None).await?;
        }
        if path.last() == Some(&"qualified") && number % 24 != 10 {
            let currency = match self.company {
                Company::Acme => "USD",
                Company::Globex => "EUR",
            };
            let amount = |currency| Money { amount: i64::from(number) * 12_500, currency };
            let deal = NewDeal {
                amount: currency.parse().ok().map(amount),
                expected_close_date: Some((self.now + TimeDelta::days(i64::from(number % 90))).date_naive()),
                ..NewDeal::named("First order")
            };
            let how = ConvertLead {
                add_organization: Some(number.is_multiple_of(8)),
                deal: (number % 24 != 22).then_some(deal),
                ..ConvertLead::default()
            };
            self.tx.scope().leads().convert(id, how, None).await?;
        }
        Ok(())
    }

    fn new_lead(&mut self, number: u32) -> NewLead {
        let (first, last) = (*self.pick(FIRST), *self.pick(LAST));
        let firm = format!("{} {}", self.pick(FIRMS), self.pick(TRADES));
        let campaign = number.is_multiple_of(3).then(|| (*self.pick(CAMPAIGNS)).to_owned());
        NewLead {
            email: Some(format!("{}.{}.lead{number}@example.com", plain(first), plain(last))),
            organization_name: Some(firm),
            job_title: Some((*self.pick(JOBS)).to_owned()),
            source: Some((*self.pick(SOURCES)).to_owned()),
            utm: campaign.map(|campaign| LeadUtm { campaign: Some(campaign), ..LeadUtm::default() }),
            rating: Some(LeadRating::ALL[number as usize % LeadRating::ALL.len()]),
            owner_id: self.owner(number),
            ..NewLead::person(first, last)
        }
    }
}
