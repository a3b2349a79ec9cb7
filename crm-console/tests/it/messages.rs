//! The message files have the same names, and all that pages ask for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use testkit::{Suite, tests};

pub fn register(suite: &mut Suite) {
    tests!(suite, plain: [languages_have_the_same_messages, every_file_is_built_in, pages_name_messages_that_are_there]);
}

/// The names of all messages of a language.
fn names(language: &str) -> BTreeSet<String> {
    let mut text = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("messages").join(language), &mut text);
    let lines = text.lines().filter(|line| line.starts_with(|letter: char| letter.is_ascii_alphabetic()));
    let names: Vec<String> = lines.map(|line| line.split(" =").next().unwrap().to_owned()).collect();
    let set: BTreeSet<String> = names.iter().cloned().collect();
    assert_eq!(set.len(), names.len(), "{language} has a name twice");
    set
}

fn languages_have_the_same_messages() {
    let (english, german) = (names("en"), names("de"));
    assert_eq!(english, german, "{:?}", english.symmetric_difference(&german).collect::<Vec<_>>());
}

fn sources(directory: &Path, found: &mut String) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

fn every_file_is_built_in() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let code = fs::read_to_string(root.join("src/base/language.rs")).unwrap();
    for entry in fs::read_dir(root.join("messages/en")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy();
        assert!(code.contains(&format!("\"{name}\"")), "language.rs does not name {name}");
    }
}

fn pages_name_messages_that_are_there() {
    let known = names("en");
    let mut text = String::new();
    for directory in ["src", "templates"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(directory), &mut text);
    }
    for call in ["frame.t(\"", "frame.w(\"", "frame.n(\"", "language.text(\"", "language().counted(\"", "frame().t(\""]
    {
        for (at, _) in text.match_indices(call) {
            let name = text[at + call.len()..].split('"').next().unwrap();
            assert!(known.contains(name), "{name} has no message");
        }
    }
}
