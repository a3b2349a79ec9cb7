//! JSON: an array of objects, or objects one after the other, as in NDJSON. Their members are the columns.

use std::collections::HashMap;

use super::super::record::{Fault, Form, MAX_COLUMNS, MAX_ROW, Record, Texts};
use super::members::{cells, is_own};
use super::{Visit, file_invalid};
use crate::base::error::{Malformed, Result};

/// Shows the objects of a file. Each has its number as that of the row.
pub(super) fn visit(text: &str, visitor: &mut impl Visit) -> Result<()> {
    let Some(first) = objects(text).next() else {
        return Err(file_invalid("the file has no objects; it is an array of them, or has one in each line"));
    };
    let is_own = is_own(first);
    let columns = columns(text, is_own)?;
    let mut row = Texts::default();
    columns.iter().for_each(|name| row.push(name));
    visitor.header(&Record::new(0, &row, Form::LIST))?;
    let places: HashMap<&str, usize> = columns.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
    let mut values = vec![String::new(); columns.len()];
    for (number, object) in (1..).zip(objects(text)) {
        row.clear();
        let (fault, raw) = match cells(object, is_own) {
            None => (Some(Fault::NoObject), object),
            Some(_) if object.len() > MAX_ROW => (Some(Fault::Bytes), ""),
            Some(cells) => {
                for (name, cell) in cells {
                    if let Some(place) = places.get(name.as_str()) {
                        values[*place] = cell;
                    }
                }
                for value in &mut values {
                    row.push(value);
                    value.clear();
                }
                (None, "")
            }
        };
        if !visitor.row(&Record { fault, raw, ..Record::new(number, &row, Form::LIST) })? {
            break;
        }
    }
    Ok(())
}

/// The columns of all objects, in the order in which they first appear.
fn columns(text: &str, is_own: bool) -> Result<Vec<String>> {
    let (mut columns, mut places) = (Vec::new(), HashMap::new());
    for object in objects(text) {
        for (name, _) in cells(object, is_own).unwrap_or_default() {
            if !places.contains_key(&name) {
                places.insert(name.clone(), columns.len());
                columns.push(name);
            }
        }
        if columns.len() > MAX_COLUMNS {
            let detail = format!("the objects have at most {MAX_COLUMNS} different members");
            return Err(Malformed::new("too_many_columns", "file", detail).into());
        }
    }
    if columns.is_empty() {
        return Err(file_invalid(
            "this is no JSON that an import reads: an array of objects, or one object in each line",
        ));
    }
    Ok(columns)
}

/// The texts of the objects. A broken one does not affect those after it where each has a line of its own.
fn objects(text: &str) -> Box<dyn Iterator<Item = &str> + '_> {
    let text = text.trim();
    let has_lines = text.lines().next().is_some_and(is_object);
    if has_lines {
        return Box::new(text.lines().map(str::trim).filter(|line| !line.is_empty()));
    }
    let inner = text.strip_prefix('[').map_or(text, |rest| rest.strip_suffix(']').unwrap_or(rest));
    Box::new(Pieces { rest: inner })
}

fn is_object(line: &str) -> bool {
    line.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok()
}

/// The values at the top, between commas and blanks.
struct Pieces<'j> {
    rest: &'j str,
}

impl<'j> Iterator for Pieces<'j> {
    type Item = &'j str;

    fn next(&mut self) -> Option<&'j str> {
        let start = self.rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == ',');
        if start.is_empty() {
            return None;
        }
        let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
        let mut end = start.len();
        for (index, byte) in start.bytes().enumerate() {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if is_text => is_escaped = true,
                b'"' => is_text = !is_text,
                _ if is_text => {}
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth > 1 => depth -= 1,
                b'}' | b']' => {
                    end = index + 1;
                    break;
                }
                b',' if depth == 0 => {
                    end = index;
                    break;
                }
                _ => {}
            }
        }
        let (piece, rest) = start.split_at(end);
        self.rest = rest;
        Some(piece.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::objects;

    #[test]
    fn objects_are_found_in_arrays_and_lines() {
        let one = "{\"a\": \"},{ \\\" \", \"b\": [{}]}";
        for file in [
            format!("[{one}, {one}]"),
            format!("[\n  {one},\n  {one}\n]\n"),
            format!("{one}\n{one}\n"),
            format!("\n{one}\r\n\r\n{one}"),
        ] {
            assert_eq!(objects(&file).collect::<Vec<_>>(), [one, one], "{file}");
        }
        assert_eq!(objects("{\n\"a\": 1\n}\n{\n\"a\": 2\n}").count(), 2);
        assert_eq!(objects("[]").count(), 0);
    }

    #[test]
    fn a_broken_line_is_one_object() {
        assert_eq!(objects("{\"a\": 1}\n{\"a\": \n{\"a\": 3}").count(), 3);
        assert_eq!(objects("[{\"a\": 1}, 7, {\"a\": 3}]").collect::<Vec<_>>(), ["{\"a\": 1}", "7", "{\"a\": 3}"]);
    }
}
