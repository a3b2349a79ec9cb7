//! Finds the customer, or the lead, that a row changes.

use super::columns::Columns;
use super::headers::Field;
use super::known::{Key, Known};
use super::options::{ImportMode, ImportOptions, MatchBy};
use super::report::ImportFault;
use super::rows::ParsedRow;
use crate::base::ids::CustomerId;
use crate::base::text::fold;

/// How the rows of a file find their records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matching<'m> {
    options: &'m ImportOptions,
    columns: &'m Columns,
}

impl<'m> Matching<'m> {
    pub const fn of(options: &'m ImportOptions, columns: &'m Columns) -> Self {
        Self { options, columns }
    }

    /// The record that a row changes; `None` for a new one.
    pub fn target(self, known: &Known, row: u64, input: &ParsedRow) -> Result<Option<CustomerId>, Vec<ImportFault>> {
        if !self.options.matches() {
            return Ok(None);
        }
        let field = match self.options.match_by {
            MatchBy::Email => Field::Email,
            MatchBy::Phone => Field::Phone,
            MatchBy::ExternalRef => Field::ExternalRefs,
            MatchBy::Id => Field::Id,
        };
        let Some(found) = self.found(known, input) else {
            if self.options.mode == ImportMode::Upsert {
                return self.otherwise_found(known, row, input);
            }
            let message = "the row has no valid value to match a record by";
            return Err(self.columns.fault(row, Some(field), "match_key_missing", message));
        };
        match found.as_slice() {
            [id] => Ok(Some(*id)),
            [] if self.options.mode == ImportMode::Upsert && self.options.match_by != MatchBy::Id => Ok(None),
            [] => Err(self.columns.fault(row, Some(field), "not_found", "there is no such record")),
            _ => Err(self.ambiguous(row, field)),
        }
    }

    fn ambiguous(self, row: u64, field: Field) -> Vec<ImportFault> {
        self.columns.fault(row, Some(field), "match_ambiguous", "several records have this value")
    }

    /// The records with the row's key; empty if the row has none.
    fn found(self, known: &Known, input: &ParsedRow) -> Option<Vec<CustomerId>> {
        let key = match self.options.match_by {
            MatchBy::Id => {
                let id = input.id?;
                return Some(Some(id).filter(|id| known.is_known(*id)).into_iter().collect());
            }
            MatchBy::Email => Key::Email(input.part.email.clone()?),
            MatchBy::Phone => Key::Phone(input.phone_e164.clone()?),
            MatchBy::ExternalRef => Key::of(input.own_reference(self.options)?),
        };
        Some(known.having(&key))
    }

    /// The record of a row without the value that others are matched by: by its id in the other system, its e-mail
    /// address, or its number and name. Without a match the row is new.
    fn otherwise_found(
        self,
        known: &Known,
        row: u64,
        input: &ParsedRow,
    ) -> Result<Option<CustomerId>, Vec<ImportFault>> {
        // Our own export with added rows at the end, which have no id.
        if self.options.match_by == MatchBy::Id {
            return Ok(None);
        }
        let reference = input.own_reference(self.options).map(|reference| (Field::ExternalRefs, Key::of(reference)));
        let email = input.part.email.clone().map(|email| (Field::Email, Key::Email(email)));
        for (field, key) in reference.into_iter().chain(email) {
            match known.having(&key).as_slice() {
                [] => {}
                [id] => return Ok(Some(*id)),
                _ => return Err(self.ambiguous(row, field)),
            }
        }
        // Colleagues share a number.
        let name = input.fresh_name().map(|name| fold(&name));
        let phone = input.phone_e164.clone().map(|phone| known.having(&Key::Phone(phone))).unwrap_or_default();
        let is_same = |id: &&CustomerId| known.get(**id).map(|other| fold(&other.name)) == name;
        let mut same = phone.iter().filter(|_| name.is_some()).filter(is_same);
        Ok(same.next().copied().filter(|_| same.next().is_none()))
    }
}
