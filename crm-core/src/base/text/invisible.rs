//! Invisible characters, with which two different names would look the same.

use icu_properties::props::{
    CanonicalCombiningClass, DefaultIgnorableCodePoint, Emoji, ExtendedPictographic, Ideographic, JoiningType,
};
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed, CodePointSetData, CodePointSetDataBorrowed};

const IGNORABLE: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<DefaultIgnorableCodePoint>();
const EMOJI: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<Emoji>();
const PICTURE: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<ExtendedPictographic>();
const IDEOGRAPH: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<Ideographic>();
const JOINING: CodePointMapDataBorrowed<'static, JoiningType> = CodePointMapData::<JoiningType>::new();
const CLASS: CodePointMapDataBorrowed<'static, CanonicalCombiningClass> =
    CodePointMapData::<CanonicalCombiningClass>::new();

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';
const BLACK_FLAG: char = '\u{1f3f4}';

/// Whether a character is invisible by itself (Unicode's Default_Ignorable_Code_Point): zero-width characters, soft
/// hyphens, direction marks, variation selectors, fillers.
pub(super) fn is(character: char) -> bool {
    !character.is_ascii() && IGNORABLE.contains(character)
}

/// Whether nothing of the text is visible.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(|character| character.is_whitespace() || is(character))
}

/// The text without invisible characters. Those that shape their neighbours stay: joiners in scripts that need them,
/// and in emoji.
pub(super) fn without(text: &str) -> impl Iterator<Item = char> {
    let mut before = None;
    text.char_indices().filter_map(move |(at, character)| {
        if is(character) && !before.is_some_and(|before| shapes(character, before, &text[..at], &text[at..])) {
            return None;
        }
        before = Some(character);
        Some(character)
    })
}

/// Whether an invisible character shapes the one before it, or joins it to the next one.
fn shapes(character: char, before: char, text_before: &str, rest: &str) -> bool {
    match character {
        NON_JOINER => is_virama(before) || (joins_on(text_before) && joins_back(rest)),
        JOINER => is_virama(before) || (is_part_of_emoji(before) && follows(rest, |next| PICTURE.contains(next))),
        '\u{180b}'..='\u{180f}' => ('\u{1820}'..='\u{18aa}').contains(&before),
        '\u{fe0e}' | '\u{fe0f}' => EMOJI.contains(before) || IDEOGRAPH.contains(before),
        '\u{fe00}'..='\u{fe0d}' | '\u{e0100}'..='\u{e01ef}' => IDEOGRAPH.contains(before),
        // The flags of England, Scotland and Wales are spelled with tag characters.
        '\u{e0020}'..='\u{e007f}' => before == BLACK_FLAG || ('\u{e0020}'..='\u{e007e}').contains(&before),
        _ => false,
    }
}

fn follows(rest: &str, is: impl Fn(char) -> bool) -> bool {
    rest.chars().nth(1).is_some_and(is)
}

fn is_part_of_emoji(character: char) -> bool {
    PICTURE.contains(character) || matches!(character, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e007f}')
}

fn is_virama(character: char) -> bool {
    CLASS.get(character) == CanonicalCombiningClass::Virama
}

/// The rule of RFC 5892, appendix A.1: between two letters of a cursive script, which would join.
fn joins_on(before: &str) -> bool {
    let mut types = before.chars().rev().map(|letter| JOINING.get(letter)).filter(|of| *of != JoiningType::Transparent);
    types.next().is_some_and(|of| matches!(of, JoiningType::DualJoining | JoiningType::LeftJoining))
}

fn joins_back(rest: &str) -> bool {
    let mut types = rest.chars().skip(1).map(|letter| JOINING.get(letter)).filter(|of| *of != JoiningType::Transparent);
    types.next().is_some_and(|of| matches!(of, JoiningType::DualJoining | JoiningType::RightJoining))
}

#[cfg(test)]
mod tests {
    use super::without;

    fn visible(text: &str) -> String {
        without(text).collect()
    }

    #[test]
    fn what_nobody_sees_is_dropped() {
        for text in
            ["VIP\u{200b}", "V\u{ad}IP", "\u{202e}VIP\u{202c}", "\u{feff}VIP", "V\u{200d}I\u{200c}P", "VIP\u{fe0f}"]
        {
            assert_eq!(visible(text), "VIP", "{text:?}");
        }
        assert_eq!(visible("\u{200b}\u{3164}\u{200d}"), "");
    }

    #[test]
    fn what_shapes_its_neighbours_stays() {
        for text in
            ["می\u{200c}خواهم", "क्\u{200d}ष", "क्\u{200c}ष", "👩\u{200d}💻", "❤\u{fe0f}", "👩🏽\u{200d}🚀", "葛\u{e0100}"]
        {
            assert_eq!(visible(text), text, "{text:?}");
        }
        let scotland = "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
        assert_eq!(visible(scotland), scotland);
    }
}
