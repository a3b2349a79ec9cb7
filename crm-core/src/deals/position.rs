//! Places between places: a key is a text, and between any two of them there is another one.
//!
//! A key is a whole number and a fraction, both in base 62, and keys are compared byte by byte. The first letter tells
//! how many digits the whole number has: `a0` is 0, `a1` is 1, `b00` is 62, `Zz` is -1. So keys at the ends stay short,
//! and only what is put between two others grows.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LEAST: u8 = b'0';
const GREATEST: u8 = b'z';
/// The key of the first place.
const FIRST: &str = "a0";

/// A key after `after` and before `before`; without one of them there is no bound on its side. None if there can be
/// none: the bounds are no keys, or not in order.
pub(super) fn between(after: Option<&str>, before: Option<&str>) -> Option<String> {
    let key = match (after, before) {
        (None, None) => FIRST.as_bytes().to_vec(),
        (None, Some(before)) => below(split(before)?)?,
        (Some(after), None) => above(split(after)?)?,
        (Some(after), Some(before)) if after < before => inside(split(after)?, split(before)?, before.as_bytes())?,
        (Some(_), Some(_)) => return None,
    };
    String::from_utf8(key).ok()
}

/// The whole number of a key, and its fraction.
type Parts<'k> = (&'k [u8], &'k [u8]);

fn split(key: &str) -> Option<Parts<'_>> {
    let key = key.as_bytes();
    let length = match *key.first()? {
        head @ b'a'..=b'z' => usize::from(head - b'a') + 2,
        head @ b'A'..=b'Z' => usize::from(b'Z' - head) + 2,
        _ => return None,
    };
    let (whole, fraction) = key.split_at_checked(length)?;
    let is_sound = key.iter().all(|digit| DIGITS.contains(digit)) && fraction.last() != Some(&LEAST);
    is_sound.then_some((whole, fraction))
}

fn below((whole, fraction): Parts<'_>) -> Option<Vec<u8>> {
    if fraction.is_empty() { decremented(whole) } else { Some(whole.to_vec()) }
}

fn above((whole, fraction): Parts<'_>) -> Option<Vec<u8>> {
    incremented(whole).or_else(|| Some([whole, middle(fraction, None).as_slice()].concat()))
}

fn inside(after: Parts<'_>, before: Parts<'_>, bound: &[u8]) -> Option<Vec<u8>> {
    if after.0 == before.0 {
        return Some([after.0, middle(after.1, Some(before.1)).as_slice()].concat());
    }
    let next = incremented(after.0)?;
    if next.as_slice() < bound {
        return Some(next);
    }
    Some([after.0, middle(after.1, None).as_slice()].concat())
}

/// A fraction between two others, of which the second is the greater one; without it, any that is greater.
fn middle(after: &[u8], before: Option<&[u8]>) -> Vec<u8> {
    let digit = |of: &[u8], at: usize| of.get(at).copied().unwrap_or(LEAST);
    let shared = before.map_or(0, |before| (0..before.len()).take_while(|at| digit(after, *at) == before[*at]).count());
    if let Some(before) = before.filter(|_| shared > 0) {
        let rest = after.get(shared..).unwrap_or_default();
        return [&before[..shared], middle(rest, Some(&before[shared..])).as_slice()].concat();
    }
    let low = place_of(digit(after, 0));
    let high = before.and_then(<[u8]>::first).map_or(DIGITS.len(), |digit| place_of(*digit));
    if high > low + 1 {
        return vec![DIGITS[low.midpoint(high)]];
    }
    match before {
        // The next digit alone is less than what goes on after it.
        Some(before) if before.len() > 1 => vec![before[0]],
        _ => [&[DIGITS[low]][..], middle(after.get(1..).unwrap_or_default(), None).as_slice()].concat(),
    }
}

fn place_of(digit: u8) -> usize {
    DIGITS.iter().position(|other| *other == digit).unwrap_or_default()
}

fn incremented(whole: &[u8]) -> Option<Vec<u8>> {
    let mut next = whole.to_vec();
    for digit in next.iter_mut().skip(1).rev() {
        if *digit != GREATEST {
            *digit = DIGITS[place_of(*digit) + 1];
            return Some(next);
        }
        *digit = LEAST;
    }
    match *next.first()? {
        b'Z' => return Some(FIRST.as_bytes().to_vec()),
        b'z' => return None,
        head => next[0] = head + 1,
    }
    // A positive number gets another digit, a negative one loses one.
    if next[0] > b'a' {
        next.push(LEAST)
    } else {
        next.truncate(next.len() - 1)
    }
    Some(next)
}

fn decremented(whole: &[u8]) -> Option<Vec<u8>> {
    let mut next = whole.to_vec();
    for digit in next.iter_mut().skip(1).rev() {
        if *digit != LEAST {
            *digit = DIGITS[place_of(*digit) - 1];
            return Some(next);
        }
        *digit = GREATEST;
    }
    match *next.first()? {
        b'a' => return Some(vec![b'Z', GREATEST]),
        b'A' => return None,
        head => next[0] = head - 1,
    }
    if next[0] < b'Z' {
        next.push(GREATEST)
    } else {
        next.truncate(next.len() - 1)
    }
    Some(next)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::between;

    fn bound(text: &str) -> Option<&str> {
        (!text.is_empty()).then_some(text)
    }

    fn key(after: &str, before: &str) -> Option<String> {
        between(bound(after), bound(before))
    }

    #[test]
    fn known_keys() {
        for (after, before, expected) in [
            ("", "", "a0"),
            ("", "a0", "Zz"),
            ("", "Zz", "Zy"),
            ("", "Z0", "Yzz"),
            ("", "b00", "az"),
            ("", "a0V", "a0"),
            ("a0", "", "a1"),
            ("az", "", "b00"),
            ("Zz", "", "a0"),
            ("Yzz", "", "Z0"),
            ("bzz", "", "c000"),
            ("a0", "a1", "a0V"),
            ("a0V", "a1", "a0k"),
            ("a0", "a0V", "a0F"),
            ("a0", "a0G", "a08"),
            ("Zz", "a1", "a0"),
            ("Zz", "a0", "ZzV"),
            ("a0", "a01", "a00V"),
            ("a0z", "a1", "a0zV"),
        ] {
            assert_eq!(key(after, before).as_deref(), Some(expected), "{after} {before}");
        }
    }

    #[test]
    fn what_is_no_key_and_what_is_not_in_order_has_nothing_between() {
        for (after, before) in [("a1", "a0"), ("a0", "a0"), ("a", ""), ("", "?0"), ("a00", ""), ("", "a é")] {
            assert_eq!(key(after, before), None, "{after} {before}");
        }
    }

    #[test]
    fn keys_at_the_ends_stay_short() {
        let (mut first, mut last) = (between(None, None), between(None, None));
        for _ in 0..10_000 {
            first = between(None, first.as_deref());
            last = between(last.as_deref(), None);
        }
        let length = |key: Option<String>| key.map(|key| key.len());
        assert_eq!((length(first), length(last)), (Some(4), Some(4)));
    }

    /// Where keys are put, one after the other.
    fn places() -> impl Strategy<Value = Vec<prop::sample::Index>> {
        prop::collection::vec(any::<prop::sample::Index>(), 1..200)
    }

    proptest! {
        #[test]
        fn a_key_between_any_two_is_between_them(places in places()) {
            let mut keys: Vec<String> = Vec::new();
            for place in places {
                let at = place.index(keys.len() + 1);
                let after = at.checked_sub(1).and_then(|before| keys.get(before));
                let new = between(after.map(String::as_str), keys.get(at).map(String::as_str));
                keys.insert(at, new.expect("there is always one"));
                prop_assert!(keys.is_sorted() && keys.windows(2).all(|pair| pair[0] != pair[1]), "{keys:?}");
            }
        }
    }
}
