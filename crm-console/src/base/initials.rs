//! What stands for a name where there is no room for it.

/// The first letters of the first and the last word, in capitals.
#[must_use]
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|letter| letter.is_alphanumeric()));
    let (first, last) = (words.next(), words.next_back());
    [first, last].into_iter().flatten().flat_map(char::to_uppercase).collect()
}

/// One of eight tints, the same for the same name.
#[must_use]
pub fn tint(name: &str) -> u32 {
    name.chars().fold(0_u32, |sum, letter| sum.wrapping_mul(31).wrapping_add(letter.into())) % 8
}

#[cfg(test)]
mod tests {
    use super::{initials, tint};

    #[test]
    fn names_become_initials() {
        assert_eq!(initials("Ann Mary Lee"), "AL");
        assert_eq!(initials("  lee & co "), "LC");
        assert_eq!(initials("Öz"), "Ö");
        assert_eq!(initials(""), "");
        assert!(tint("Ann") < 8);
    }
}
