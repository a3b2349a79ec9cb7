//! Cards of an address book (vCard 2.1, 3.0 and 4.0). Each is a row, and its columns are named as Google's files name them,
//! so that they are recognised like those of a table.

use std::collections::{BTreeMap, BTreeSet};

use calcard::vcard::VCard;

use super::super::record::{Fault, Form, MAX_COLUMNS, MAX_ROW, Notice, Record, Texts};
use super::card::{Card, Key};
use super::{Visit, file_invalid};
use crate::base::error::{Malformed, Result};

/// The column of the ids of cards. It is nothing unless the system of the file has a name, or cards are matched by id.
pub(in super::super) const UID_COLUMN: &str = "vCard UID";
/// The same of our own export, which is read as our own table is.
pub(in super::super) const OWN_UID_COLUMN: &str = "CRM UID";
/// What the cards of our own export say has made them.
pub(in super::super::super) const PRODUCT: &str = "-//CRM//Customers//EN";

/// Shows the cards of a file. Each has its number as that of the row.
pub(super) fn visit(text: &str, visitor: &mut impl Visit) -> Result<()> {
    let columns = columns(text)?;
    if columns.is_empty() {
        return Err(file_invalid("the file has no card with a value"));
    }
    let mut row = Texts::default();
    columns.keys().for_each(|key| row.push(&key.header));
    visitor.header(&Record::new(0, &row, Form::LIST))?;
    let mut values = vec![String::new(); columns.len()];
    for (number, piece) in (1..).zip(Pieces { rest: text }) {
        row.clear();
        let (mut fault, mut notice) = ((!piece.is_ended).then_some(Fault::CardNotEnded), None);
        if let Some(card) = read(piece.text).filter(|_| piece.is_ended) {
            notice = card.has_media.then_some(Notice::MediaLeftOut);
            for (key, value) in card.values {
                if let Some(place) = columns.get(&key) {
                    values[*place] = value;
                }
            }
            for value in &mut values {
                row.push(value);
                value.clear();
            }
        }
        if Record::new(number, &row, Form::LIST).bytes() > MAX_ROW {
            row.clear();
            fault = Some(Fault::Bytes);
        }
        if !visitor.row(&Record { fault, notice, ..Record::new(number, &row, Form::LIST) })? {
            break;
        }
    }
    Ok(())
}

/// The columns of all cards, with their places.
fn columns(text: &str) -> Result<BTreeMap<Key, usize>> {
    let mut keys = BTreeSet::new();
    for piece in (Pieces { rest: text }) {
        keys.extend(read(piece.text).into_iter().flat_map(|card| card.values).map(|(key, _)| key));
        if keys.len() > MAX_COLUMNS {
            let detail = format!("the cards have at most {MAX_COLUMNS} different properties");
            return Err(Malformed::new("too_many_columns", "file", detail).into());
        }
    }
    Ok(keys.into_iter().zip(0..).collect())
}

fn read(text: &str) -> Option<Card> {
    VCard::parse(text).ok().map(Card::new)
}

/// The texts of cards.
struct Pieces<'t> {
    rest: &'t str,
}

/// The text of a card.
struct Piece<'t> {
    text: &'t str,
    is_ended: bool,
}

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        let begins = |line: &str| line.trim().eq_ignore_ascii_case("BEGIN:VCARD");
        let mut start = None;
        let mut place = 0;
        for line in self.rest.split_inclusive(['\n', '\r']) {
            let end = place + line.len();
            match start {
                None if begins(line) => start = Some(place),
                Some(start) if line.trim().eq_ignore_ascii_case("END:VCARD") => {
                    let text = &self.rest[start..end];
                    self.rest = &self.rest[end..];
                    return Some(Piece { text, is_ended: true });
                }
                Some(start) if begins(line) => {
                    let text = &self.rest[start..place];
                    self.rest = &self.rest[place..];
                    return Some(Piece { text, is_ended: false });
                }
                _ => {}
            }
            place = end;
        }
        let text = &std::mem::take(&mut self.rest)[start?..];
        Some(Piece { text, is_ended: false })
    }
}

#[cfg(test)]
mod tests {
    use super::Pieces;

    #[test]
    fn cards_are_found_by_their_ends() {
        let card = "BEGIN:VCARD\r\nFN:Ida\r\nEND:VCARD\r\n";
        let ended = |file: &str| Pieces { rest: file }.map(|piece| piece.is_ended).collect::<Vec<_>>();
        assert_eq!(ended(&card.repeat(2)), [true, true]);
        assert_eq!(ended(&format!("\r\nbegin:vcard\nFN:Bo\n{card}")), [false, true]);
        assert_eq!(ended(&format!("{card}BEGIN:VCARD\r\nFN:Cut")), [true, false]);
        assert!(ended("FN:Ida\r\nEND:VCARD").is_empty());
    }
}
