//! Names of organizations: their legal form apart from what tells them from others.

use super::words::{Likeness, compare, words};

/// Legal forms as [`words`] has them, and what they stand for. Longer ones come first.
const LEGAL_FORMS: &[(&[&str], &str)] = &[
    (&["gesellschaft", "mit", "beschrankter", "haftung"], "gmbh"),
    (&["gmbh", "co", "kg"], "gmbh co kg"),
    (&["private", "limited"], "ltd"),
    (&["pvt", "ltd"], "ltd"),
    (&["pty", "ltd"], "ltd"),
    (&["sp", "z", "o", "o"], "sp zoo"),
    (&["s", "r", "l"], "srl"),
    (&["s", "p", "a"], "spa"),
    (&["s", "a", "s"], "sas"),
    (&["s", "a", "r", "l"], "sarl"),
    (&["s", "l"], "sl"),
    (&["s", "a"], "sa"),
    (&["b", "v"], "bv"),
    (&["n", "v"], "nv"),
    (&["a", "s"], "as"),
    (&["e", "v"], "ev"),
    (&["e", "k"], "ek"),
    (&["g", "m", "b", "h"], "gmbh"),
    (&["l", "l", "c"], "llc"),
    (&["aktiengesellschaft"], "ag"),
    (&["aktiebolag"], "ab"),
    (&["incorporated"], "inc"),
    (&["corporation"], "corp"),
    (&["limited"], "ltd"),
    (&["company"], "co"),
    (&["gmbh"], "gmbh"),
    (&["mbh"], "gmbh"),
    (&["ag"], "ag"),
    (&["ab"], "ab"),
    (&["as"], "as"),
    (&["aps"], "aps"),
    (&["bv"], "bv"),
    (&["nv"], "nv"),
    (&["co"], "co"),
    (&["corp"], "corp"),
    (&["ev"], "ev"),
    (&["ek"], "ek"),
    (&["gbr"], "gbr"),
    (&["inc"], "inc"),
    (&["kg"], "kg"),
    (&["kgaa"], "kgaa"),
    (&["llc"], "llc"),
    (&["llp"], "llp"),
    (&["ltd"], "ltd"),
    (&["ohg"], "ohg"),
    (&["ooo"], "ooo"),
    (&["oy"], "oy"),
    (&["oyj"], "oyj"),
    (&["plc"], "plc"),
    (&["sa"], "sa"),
    (&["sarl"], "sarl"),
    (&["sas"], "sas"),
    (&["se"], "se"),
    (&["sl"], "sl"),
    (&["spa"], "spa"),
    (&["srl"], "srl"),
    (&["ug"], "ug"),
];

/// Words that tell no organization from another.
const FILLERS: &[&str] = &["and", "und", "et", "y", "the", "of", "fur", "for"];

/// A name of an organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OrganizationName {
    /// Its words without the legal form, in their order.
    pub core: Vec<String>,
    pub legal_form: Option<&'static str>,
    pub shown: String,
}

impl OrganizationName {
    /// None without any word.
    pub fn of(name: &str) -> Option<Self> {
        let all = words(name);
        let (mut core, mut legal_form) = (all.clone(), None);
        while let Some((rest, form)) = without_form(&core) {
            core.truncate(rest);
            legal_form = legal_form.or(Some(form));
        }
        core.retain(|word| !FILLERS.contains(&word.as_str()));
        if core.is_empty() {
            core = all;
        }
        (!core.is_empty()).then(|| Self { core, legal_form, shown: name.to_owned() })
    }

    /// The words in one, so that `Data Base` is `Database`.
    pub fn joined(&self) -> String {
        self.core.concat()
    }

    pub fn compare(&self, other: &Self) -> Likeness {
        let digits = |name: &Self| -> Vec<String> {
            name.core.iter().filter(|word| word.bytes().any(|byte| byte.is_ascii_digit())).cloned().collect()
        };
        if digits(self) != digits(other) {
            return Likeness::Other;
        }
        let (left, right) = (self.joined(), other.joined());
        let likeness = compare(&left, &right);
        if likeness.is_alike() {
            return likeness;
        }
        let (mut left, mut right) = (self.core.clone(), other.core.clone());
        left.sort_unstable();
        right.sort_unstable();
        if left == right {
            return Likeness::Same;
        }
        let is_in = |one: &[String], other: &[String]| {
            one.iter().all(|word| other.contains(word)) && one.iter().any(|word| word.len() > 2)
        };
        if is_in(&left, &right) || is_in(&right, &left) { Likeness::Unsure } else { Likeness::Other }
    }
}

/// How many words are left before a legal form at the end.
fn without_form(words: &[String]) -> Option<(usize, &'static str)> {
    LEGAL_FORMS.iter().find_map(|(form, name)| {
        let rest = words.len().checked_sub(form.len()).filter(|rest| *rest > 0)?;
        words[rest..].iter().map(String::as_str).eq(form.iter().copied()).then_some((rest, *name))
    })
}

#[cfg(test)]
mod tests {
    use super::{Likeness, OrganizationName};

    fn of(name: &str) -> OrganizationName {
        OrganizationName::of(name).unwrap_or_default()
    }

    #[test]
    fn legal_forms_stand_apart() {
        assert_eq!(of("Kaffe Aktiebolag").core, ["kaffe"]);
        assert_eq!(of("Kaffe Aktiebolag").legal_form, of("Kaffe AB").legal_form);
        assert_eq!(of("Müller & Söhne G.m.b.H.").compare(&of("Mueller und Soehne GmbH")), Likeness::Same);
        assert_eq!(of("Müller GmbH & Co. KG").core, ["muller"]);
        assert_eq!(of("Inc").core, ["inc"]);
    }

    #[test]
    fn numbers_tell_branches_apart() {
        assert_eq!(of("Branch 12 Ltd").compare(&of("Branch 13 Ltd")), Likeness::Other);
        assert_eq!(of("Kaffe AB").compare(&of("Kaffe Stockholm AB")), Likeness::Unsure);
    }
}
