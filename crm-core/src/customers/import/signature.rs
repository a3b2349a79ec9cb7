//! What tells the files of one program from those of another: the names of their columns.

use sha2::{Digest, Sha256};

use super::headers::plain;
use crate::base::hex::hex;

/// The digest of a header line, without case, accents and punctuation. The order of the columns counts, because a mapping
/// may name a column by its number.
pub(crate) fn signature<'h>(headers: impl IntoIterator<Item = &'h str>) -> String {
    let mut digest = Sha256::new();
    for header in headers {
        digest.update(plain(header));
        digest.update("\n");
    }
    hex(digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn spellings_do_not_count_and_names_and_places_do() {
        let own = signature(["First Name", "E-mail", "Straße"]);
        assert_eq!(own, signature(["first_name", " e-MAIL ", "STRASSE"]));
        for other in [
            vec!["E-mail", "First Name", "Straße"],
            vec!["First Name", "E-mail"],
            vec!["First", "NameE-mail", "Straße"],
            vec!["First Name", "E-mail", "Straße", ""],
        ] {
            assert_ne!(own, signature(other.iter().copied()), "{other:?}");
        }
        // It is stored, so it stays the same in every version.
        assert_eq!(signature(["Name"]).len(), 64);
    }
}
