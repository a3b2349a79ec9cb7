//! The participants of an interaction: what they are called, and how a form adds and removes them.

use crm_core::CompanyScope;
use crm_core::ids::CustomerId;
use crm_core::interactions::{Interaction, Participant, ParticipantKind, ParticipantRole};
use crm_core::patch::Patch;
use crm_web::problem::ApiError;

use super::names::{PartyNames, customer_names};
use crate::base::fields::Fields;
use crate::customers::{Brief, Choice, Faults};
use crate::web::{Frame, People};

/// How many customers a search offers.
const FOUND: u64 = 8;
/// The longest e-mail address.
const MOST: usize = 254;

/// The name of a participant; words of our own for a person that the reader does not see.
pub(super) fn name(frame: &Frame, people: &People, names: &PartyNames, participant: &Participant) -> String {
    let known = match (participant.kind, participant.id) {
        (ParticipantKind::User, Some(id)) => people.name(id.into()).map(str::to_owned),
        (ParticipantKind::Customer, Some(id)) => names.get(&CustomerId(id)).cloned(),
        _ => participant.address.clone(),
    };
    known.unwrap_or_else(|| frame.t("person-unknown"))
}

/// The customers among participants.
pub(super) fn customers(participants: &[Participant]) -> impl Iterator<Item = CustomerId> {
    let customers = participants.iter().filter(|one| one.kind == ParticipantKind::Customer);
    customers.filter_map(|one| one.id.map(CustomerId))
}

/// A participant in a form.
pub(super) struct Row {
    /// What the form calls them.
    pub key: String,
    pub name: String,
    pub kind: &'static str,
    pub roles: Vec<Choice>,
}

/// The part of a form that has the participants.
pub(super) struct Editor {
    pub rows: Vec<Row>,
    /// Who can be added without a search.
    pub offered: Vec<Choice>,
    /// What was searched for, and the customers that were found.
    pub search: Option<String>,
    pub found: Vec<Brief>,
    pub fault: Option<String>,
    /// True if someone was added or removed just now.
    pub is_step: bool,
}

impl Editor {
    /// Reads what the form shows: the participants of `form`, or those of the interaction.
    ///
    /// # Errors
    /// Those of the search for customers.
    pub(super) async fn read(
        scope: &mut CompanyScope<'_>,
        frame: &Frame,
        people: &People,
        about: CustomerId,
        before: Option<&Interaction>,
        (form, faults): (Option<&Fields>, &Faults),
    ) -> Result<(Self, Option<String>), ApiError> {
        let given = form.filter(|form| form.has("participants")).map(|form| of_form(before, form));
        let given = given.unwrap_or_else(|| before.map(|before| before.participants.clone()).unwrap_or_default());
        let names = customer_names(scope, customers(&given).chain([about])).await?;
        let search = form.and_then(searched).map(str::to_owned);
        let found = match &search {
            Some(text) => Brief::search(scope, frame, text, FOUND).await?,
            None => Vec::new(),
        };
        let row = |one: &Participant| Row {
            key: key(one),
            name: name(frame, people, &names, one),
            kind: one.kind.as_str(),
            roles: roles(frame, one.role),
        };
        let offer = |key: String, label: &str| Choice { value: key, label: label.to_owned(), is_chosen: false };
        let customer = names.get(&about).map(|name| offer(format!("customer:{about}"), name));
        let users = people.active().map(|(id, name)| offer(format!("user:{id}"), name));
        let is_new = |choice: &Choice| !given.iter().any(|one| key(one) == choice.value);
        let editor = Self {
            rows: given.iter().map(row).collect(),
            offered: customer.into_iter().chain(users).filter(is_new).collect(),
            search,
            found,
            fault: faults.at("participants"),
            is_step: form.is_some_and(is_step),
        };
        Ok((editor, names.get(&about).cloned()))
    }
}

fn roles(frame: &Frame, chosen: ParticipantRole) -> Vec<Choice> {
    let choice = |role: &ParticipantRole| Choice {
        value: role.to_string(),
        label: frame.named("participant-role", role.as_str()),
        is_chosen: *role == chosen,
    };
    ParticipantRole::ALL.iter().map(choice).collect()
}

/// Whether a form only adds or removes participants, and is to be shown again.
pub(super) fn is_step(form: &Fields) -> bool {
    ["add", "pick", "without"].iter().any(|name| form.get(name).is_some()) || searched(form).is_some()
}

/// The text that customers are searched for by: what is not an e-mail address.
fn searched(form: &Fields) -> Option<&str> {
    form.get("other").filter(|text| !text.contains('@') && form.get("without").is_none() && form.get("pick").is_none())
}

/// The participants of a form, with those that it adds, and without the one that it removes.
fn of_form(before: Option<&Interaction>, form: &Fields) -> Vec<Participant> {
    let email = form.get("other").filter(|text| text.contains('@') && text.len() <= MOST);
    let email = email.map(|address| format!("email:{address}"));
    let roles = form
        .all("role")
        .map(|role| role.parse().unwrap_or_default())
        .chain(std::iter::repeat(ParticipantRole::default()));
    let kept = form.all("participant").zip(roles);
    let added = [form.get("person"), form.get("pick"), email.as_deref()];
    let added = added.into_iter().flatten().map(|key| (key, ParticipantRole::default()));
    let mut participants: Vec<Participant> = Vec::new();
    for (text, role) in kept.chain(added).filter(|(text, _)| Some(*text) != form.get("without")) {
        let Some(mut one) = participant(text) else { continue };
        if participants.iter().any(|known| known.identity() == one.identity()) {
            continue;
        }
        // Forms do not ask for the answer of a participant.
        let held = before.and_then(|before| before.participants.iter().find(|held| held.identity() == one.identity()));
        one.response = held.map(|held| held.response).unwrap_or_default();
        one.role = role;
        participants.push(one);
    }
    participants
}

/// The change that a form makes to the participants.
pub(super) fn patch(before: Option<&Interaction>, form: &Fields) -> Patch<Vec<Participant>> {
    if !form.has("participants") {
        return Patch::Absent;
    }
    let after = of_form(before, form);
    let is_same = before.map_or(after.is_empty(), |before| before.participants == after);
    if is_same { Patch::Absent } else { Patch::Set(after) }
}

/// What forms call a participant: `user:` or `customer:` and the id, or `email:` and the address.
fn key(participant: &Participant) -> String {
    let id = participant.id.map(|id| id.to_string());
    format!("{}:{}", participant.kind, id.or_else(|| participant.address.clone()).unwrap_or_default())
}

fn participant(key: &str) -> Option<Participant> {
    let (kind, of) = key.split_once(':')?;
    Some(match kind.parse().ok()? {
        ParticipantKind::User => Participant::user(of.parse().ok()?),
        ParticipantKind::Customer => Participant::customer(of.parse().ok()?),
        ParticipantKind::Email => Participant::email(of),
    })
}

#[cfg(test)]
mod tests {
    use super::{key, of_form, participant, searched};
    use crate::base::fields::Fields;

    const ANN: &str = "user:019eca9d-cdc0-7000-8000-000000000201";

    fn keys(form: &str) -> Vec<String> {
        of_form(None, &Fields::parse(form.as_bytes())).iter().map(key).collect()
    }

    #[test]
    fn participants_are_added_once_and_removed() {
        let form = format!("participant={ANN}&role=optional&person={ANN}&other=bo@example.com");
        assert_eq!(keys(&form), [ANN, "email:bo@example.com"]);
        assert_eq!(keys(&format!("{form}&without={ANN}")), ["email:bo@example.com"]);
        assert_eq!(keys("participant=nobody:1&participant=user:1&participant=x&pick=customer:x"), [""; 0]);
        assert_eq!(participant(ANN).map(|one| key(&one)).as_deref(), Some(ANN));
    }

    #[test]
    fn what_is_no_address_is_searched_for() {
        let searched = |form: &str| searched(&Fields::parse(form.as_bytes())).map(str::to_owned);
        assert_eq!(searched("other=harbour"), Some("harbour".to_owned()));
        assert_eq!((searched("other=bo@example.com"), searched("other=harbour&pick=x")), (None, None));
    }
}
