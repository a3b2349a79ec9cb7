//! What a language model has made of an interaction, as text and nothing else.

use chrono::Days;
use crm_core::actor::{Action, Resource};
use crm_core::ai::{AiState, BUDGET_USED_UP, InteractionAi, SentimentLabel};
use crm_core::interactions::Interaction;

use super::text::Text;
use crate::base::fields::Fields;
use crate::base::moment::{Calendar, Shown};
use crate::web::{Frame, People, Visit};

/// The part of a page that shows it.
pub(crate) struct Generated {
    /// The interaction.
    pub id: String,
    pub is_pending: bool,
    pub is_failed: bool,
    /// What is told where there is no text yet.
    pub told: Option<String>,
    pub texts: Vec<Block>,
    pub mood: Option<Mood>,
    /// By what it was made, exactly by what, and when.
    pub by: Option<(String, String, Shown)>,
    /// Who corrected it, and when.
    pub corrected: Option<(String, Shown)>,
    pub is_outdated: bool,
    /// Where it is made anew, and what the button says.
    pub again: Option<(String, String)>,
    /// True if making it anew replaces what a person wrote, so that it is asked for first.
    pub asks: bool,
    pub version: i64,
    /// Where its forms come back to.
    pub back: String,
    /// True on the page of the interaction, false in a timeline.
    pub is_page: bool,
    /// True if forms come back to the dialogue that shows the page.
    pub stays: bool,
}

/// One of its texts.
pub(crate) struct Block {
    pub name: &'static str,
    pub text: String,
    /// Where it is edited and discarded, for those who may.
    pub edit: Option<String>,
    pub discard: Option<String>,
}

/// The mood of the text: its name, its icon, and its label.
pub(crate) struct Mood {
    pub name: &'static str,
    pub icon: &'static str,
    pub label: String,
}

/// The text without characters that change the direction or the look of what is around it.
fn plain(text: &str) -> String {
    let is_hidden = |letter: char| {
        matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || (letter.is_control() && letter != '\n')
    };
    text.chars().filter(|letter| !is_hidden(*letter)).collect()
}

/// The summary, for a line in a list.
pub(crate) fn summary_of(interaction: &Interaction) -> Option<String> {
    interaction.ai.summary.as_deref().map(plain)
}

impl Generated {
    /// The part of the page of an interaction; `back` is that page. Nothing if there is nothing to show or to do.
    pub(crate) fn on_page(visit: &Visit, people: &People, interaction: &Interaction, back: &str) -> Option<Self> {
        let shown = Self::of(visit, people, interaction, back, true);
        (shown.is_shown() || shown.again.is_some()).then_some(shown)
    }

    /// The part of an entry of a timeline; `back` is the page of the timeline.
    pub(crate) fn in_timeline(visit: &Visit, people: &People, interaction: &Interaction, back: &str) -> Option<Self> {
        Some(Self::of(visit, people, interaction, back, false)).filter(Self::is_shown)
    }

    fn of(visit: &Visit, people: &People, interaction: &Interaction, back: &str, is_page: bool) -> Self {
        let (frame, ai) = (&visit.frame, &interaction.ai);
        let may_update = visit.may(Resource::Interactions, Action::Update, interaction.owner_id);
        let is_pending = ai.state == AiState::Pending;
        let stays = is_page && frame.is_live;
        let url = frame.url(&format!("interactions/{}/ai", interaction.id));
        let way = Fields::default().with("back", back);
        let way = if stays { way.with("stays", "true") } else { way }.query();
        let block = |text: Text| {
            let place = |what: &str| may_update.then(|| format!("{url}/{}/{what}{way}", text.name()));
            let words = plain(text.of(ai)?);
            Some(Block { name: text.name(), text: words, edit: place("edit"), discard: place("discard") })
        };
        let may_ask = may_update && visit.has_language_model && interaction.content.is_some() && !is_pending;
        let moment = |at| frame.calendar.relative(at);
        let by = ai.model.as_deref().zip(ai.generated_at).map(|(model, at)| {
            let shown = moment(at);
            let provider = ai.provider.as_deref().map(plain).unwrap_or_default();
            (frame.w("ai-by", &plain(model)), format!("{provider}, {}", shown.exact), shown)
        });
        let corrected = ai.edited_at.map(|at| {
            let name = ai.edited_by.as_ref().map_or_else(|| frame.t("person-unknown"), |by| people.actor(frame, by));
            (frame.w("ai-corrected", &name), moment(at))
        });
        Self {
            id: interaction.id.to_string(),
            is_pending,
            is_failed: ai.state == AiState::Failed,
            told: told(visit, ai),
            texts: [Text::Summary, Text::Reply].into_iter().filter_map(block).collect(),
            mood: ai.has_text().then(|| mood(frame, ai)).flatten(),
            by: by.filter(|_| ai.has_text()),
            corrected,
            is_outdated: ai.is_outdated && !is_pending,
            again: may_ask.then(|| (format!("{url}/again{way}"), frame.t(again(ai)))),
            asks: ai.is_edited(),
            version: ai.version,
            back: back.to_owned(),
            is_page,
            stays,
        }
    }

    fn is_shown(&self) -> bool {
        self.told.is_some() || !self.texts.is_empty()
    }
}

fn again(ai: &InteractionAi) -> &'static str {
    match ai.state {
        AiState::Failed => "ai-try-again",
        _ if ai.has_text() => "ai-again",
        _ => "ai-make",
    }
}

/// What is told of a summary that is being made, or was not.
fn told(visit: &Visit, ai: &InteractionAi) -> Option<String> {
    let frame = &visit.frame;
    let reason = ai.reason.as_deref().unwrap_or_default();
    match ai.state {
        AiState::Pending if reason == BUDGET_USED_UP => Some(match next_day(visit) {
            Some(at) => frame.w("ai-waits-for-tokens", &at),
            None => frame.t("ai-waits"),
        }),
        AiState::Pending => Some(frame.t("ai-pending")),
        AiState::Failed => {
            let known = frame.language().known(&format!("ai-failed-{}", reason.replace('_', "-")));
            Some(known.unwrap_or_else(|| frame.t("ai-failed")))
        }
        AiState::None | AiState::Done | AiState::Skipped => None,
    }
}

/// When the next day of the company begins, as the person reads times.
fn next_day(visit: &Visit) -> Option<String> {
    let calendar = &visit.frame.calendar;
    let company = Calendar { zone: visit.zone, ..*calendar };
    let day = company.today().checked_add_days(Days::new(1))?;
    Some(calendar.full(company.read(&format!("{day}T00:00"))?).words)
}

fn mood(frame: &Frame, ai: &InteractionAi) -> Option<Mood> {
    let label = ai.sentiment?.label;
    let icon = match label {
        SentimentLabel::Positive => "smile",
        SentimentLabel::Neutral => "meh",
        SentimentLabel::Negative => "frown",
    };
    Some(Mood { name: label.as_str(), icon, label: frame.named("ai-mood", label.as_str()) })
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn nothing_hides_in_a_text() {
        assert_eq!(plain("a\u{202e}b\u{2066}c\u{200f}\u{0}d\ne\u{1b}"), "abcd\ne");
        assert_eq!(plain("<b>שלום</b>"), "<b>שלום</b>");
    }
}
