//! From input to stored values: normalises, applies defaults and validates, and reports all errors at once.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use validator::{Validate, ValidateEmail, ValidationError};

use super::input::NewInteraction;
use super::model::{Interaction, InteractionStatus, Participant, ParticipantKind};
use crate::base::error::Violations;
use crate::base::patch::Patch;
use crate::base::string_enum::canonical;
use crate::base::text::{self, Unprintable};
use crate::base::validation::{self, Read, invalid, normalise};
use crate::base::{clock, json};

/// The maximum duration of an interaction, in seconds: 31 days.
pub(super) const MAX_DURATION: i64 = 31 * 24 * 3600;
/// The maximum length of an e-mail address, in characters (RFC 3696, erratum 1690).
const MAX_ADDRESS_LENGTH: usize = 254;

/// The maximum clock skew accepted for times in the past.
const MAX_SKEW: TimeDelta = TimeDelta::minutes(1);

/// The range of plausible times.
pub(super) fn time(time: &DateTime<Utc>) -> Result<(), ValidationError> {
    if clock::stored(*time).is_some_and(|time| time.year() >= 1900) {
        return Ok(());
    }
    Err(invalid("out_of_range", "expected a time of the years 1900 to 9999"))
}

/// A word of an open list, in its stored form.
pub(super) fn word(text: &str) -> Result<Option<String>, Unprintable> {
    Ok(text::line(text)?.map(|word| canonical(&word)))
}

/// The precision that both databases store; the range is checked by [`time`].
pub(super) fn cut(time: DateTime<Utc>) -> DateTime<Utc> {
    clock::stored(time).unwrap_or(time)
}

impl NewInteraction {
    /// Trims all texts, clears empty ones, applies defaults, and checks every rule. `before` is the stored interaction,
    /// if it exists.
    pub(super) fn validated(mut self, before: Option<&Interaction>, now: DateTime<Utc>) -> Result<Self, Violations> {
        let mut violations = self.normalise();
        self.apply_defaults(before, now);
        self.check_times(before, now, &mut violations);
        self.check_participants(&mut violations);
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        violations.into_result()?;
        Ok(self)
    }

    fn normalise(&mut self) -> Violations {
        let mut violations = Violations::default();
        let texts: [(&mut Option<String>, &str, Read); 5] = [
            (&mut self.subject, "/subject", text::line),
            (&mut self.content, "/content", text::block),
            (&mut self.outcome, "/outcome", word),
            (&mut self.location, "/location", text::line),
            (&mut self.meeting_url, "/meetingUrl", text::line),
        ];
        for (field, pointer, read) in texts {
            normalise(field, pointer, read, &mut violations);
        }
        for time in [&mut self.scheduled_at, &mut self.started_at, &mut self.completed_at, &mut self.follow_up_at] {
            *time = time.map(cut);
        }
        json::normalise(&mut self.metadata, "/metadata", &mut violations);
        violations
    }

    /// Applies the defaults of the owner, the status and the time of completion.
    fn apply_defaults(&mut self, before: Option<&Interaction>, now: DateTime<Utc>) {
        if let Some(before) = before.filter(|_| self.owner_id.is_absent()) {
            self.owner_id = before.owner_id.into();
        }
        let status = self.status.or(before.map(|before| before.status)).unwrap_or_else(|| self.implied_status(now));
        self.status = Some(status);
        if status == InteractionStatus::Completed && self.completed_at.is_none() {
            self.completed_at = Some(match before {
                Some(before) => before.completed_at.unwrap_or(now),
                None => self.end().filter(|end| *end <= now).unwrap_or(now),
            });
        }
    }

    fn implied_status(&self, now: DateTime<Utc>) -> InteractionStatus {
        let begins = self.started_at.or(self.scheduled_at);
        if self.completed_at.is_none() && begins.is_some_and(|begins| begins > now) {
            return InteractionStatus::Planned;
        }
        InteractionStatus::Completed
    }

    /// The start plus the duration, if both are known.
    fn end(&self) -> Option<DateTime<Utc>> {
        let duration = TimeDelta::try_seconds(self.duration_seconds.unwrap_or_default())?;
        self.started_at.or(self.scheduled_at)?.checked_add_signed(duration)
    }

    fn check_times(&self, before: Option<&Interaction>, now: DateTime<Utc>, violations: &mut Violations) {
        // Only a planned interaction may start in the future. Unchanged values are not checked again.
        let is_ahead = |time: Option<DateTime<Utc>>, before: Option<DateTime<Utc>>| {
            time != before && time.is_some_and(|time| time > now + MAX_SKEW)
        };
        let has_begun = self.status != Some(InteractionStatus::Planned);
        if has_begun && is_ahead(self.started_at, before.and_then(|before| before.started_at)) {
            violations.add("/startedAt", "in_the_future", "the start must not be in the future");
        }
        if is_ahead(self.completed_at, before.and_then(|before| before.completed_at)) {
            violations.add("/completedAt", "in_the_future", "the completion must not be in the future");
        }
        let Some(completed_at) = self.completed_at else {
            return;
        };
        if self.status != Some(InteractionStatus::Completed) {
            violations.add("/completedAt", "not_completed", "only a completed interaction has this time");
        }
        if self.started_at.is_some_and(|started_at| started_at > completed_at) {
            violations.add("/completedAt", "before_start", "the completion must not be before the start");
        }
    }

    fn check_participants(&mut self, violations: &mut Violations) {
        let Some(participants) = &mut self.participants else {
            return;
        };
        for (index, participant) in participants.iter_mut().enumerate() {
            participant.check(&format!("/participants/{index}"), violations);
        }
        let distinct: BTreeSet<_> = participants.iter().map(Participant::identity).collect();
        if distinct.len() < participants.len() {
            violations.add("/participants", "duplicate", "the same participant is listed twice");
        }
    }

    /// Writes validated input into an interaction. The caller sets the owner's name.
    pub(super) fn write(self, interaction: &mut Interaction) {
        let Self {
            interaction_type,
            direction,
            subject,
            content,
            status,
            outcome,
            scheduled_at,
            started_at,
            completed_at,
            duration_seconds,
            location,
            meeting_url,
            owner_id,
            participants,
            follow_up_at,
            metadata,
        } = self;
        interaction.interaction_type = interaction_type.unwrap_or_default();
        interaction.direction = direction;
        interaction.subject = subject;
        interaction.content = content;
        interaction.status = status.unwrap_or(interaction.status);
        interaction.outcome = outcome;
        interaction.scheduled_at = scheduled_at;
        interaction.started_at = started_at;
        interaction.completed_at = completed_at;
        interaction.occurred_at = completed_at.or(started_at).or(scheduled_at).unwrap_or(interaction.created_at);
        interaction.duration_seconds = duration_seconds;
        interaction.location = location;
        interaction.meeting_url = meeting_url;
        interaction.owner_id = match owner_id {
            Patch::Absent | Patch::Clear => None,
            Patch::Set(owner) => Some(owner),
        };
        interaction.participants = participants.unwrap_or_default();
        interaction.follow_up_at = follow_up_at;
        interaction.metadata = metadata.unwrap_or_default();
    }
}

impl Participant {
    /// Normalises the participant's address, and checks that it has the id or address that its kind requires.
    fn check(&mut self, at: &str, violations: &mut Violations) {
        normalise(&mut self.address, &format!("{at}/address"), text::line, violations);
        self.address = self.address.take().map(|address| text::email(&address));
        let (needs_address, id, address) =
            (self.kind == ParticipantKind::Email, format!("{at}/id"), format!("{at}/address"));
        match &self.address {
            None if needs_address => violations.add(address, "required", "an e-mail address is required"),
            Some(_) if !needs_address => violations.add(address, "unexpected", "a user or customer has no address"),
            Some(text) if text.chars().count() > MAX_ADDRESS_LENGTH => {
                violations.add(address, "too_long", format!("at most {MAX_ADDRESS_LENGTH} long"));
            }
            Some(text) if !text.validate_email() => {
                violations.add(address, "email_invalid", "expected an e-mail address such as ann@example.com");
            }
            _ => {}
        }
        match self.id {
            None if !needs_address => violations.add(id, "required", "the id of the user or customer is required"),
            Some(_) if needs_address => violations.add(id, "unexpected", "a participant with an address has no id"),
            _ => {}
        }
    }
}
