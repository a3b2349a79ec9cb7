//! Rows of a file of customers: those of a file that is given, or believable ones that are the same every time.

use std::path::Path;

use anyhow::{Context, Result, ensure};

/// How many rows are made where no file is given.
const MADE: usize = 10_000;

/// A CSV file with at most `most` rows, and the last names in it that are searched for.
pub(crate) struct Rows {
    pub csv: String,
    pub count: usize,
    pub last_names: Vec<String>,
}

impl Rows {
    /// The first rows of a file with a header and a column `Last Name`, or rows that are made.
    pub fn new(file: Option<&Path>, most: usize) -> Result<Self> {
        let text = match file {
            Some(path) => std::fs::read_to_string(path).with_context(|| format!("{}", path.display()))?,
            None => made(),
        };
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers()?.clone();
        let name = header.iter().position(|name| name.eq_ignore_ascii_case("last name"));
        let name = name.context("the file has no column Last Name")?;
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&header)?;
        let (mut count, mut last_names) = (0, Vec::new());
        for record in reader.records().take(most) {
            let record = record?;
            writer.write_record(&record)?;
            last_names.extend(record.get(name).map(str::to_lowercase));
            count += 1;
        }
        ensure!(count > 0, "the file has no rows");
        Ok(Self { csv: String::from_utf8(writer.into_inner()?)?, count, last_names: some(last_names) })
    }
}

/// Some names out of all parts of the file that a URL takes as they are, each once.
fn some(mut names: Vec<String>) -> Vec<String> {
    names.retain(|name| name.len() >= 3 && name.bytes().all(|byte| byte.is_ascii_alphabetic()));
    names.sort_unstable();
    names.dedup();
    let step = names.len().div_ceil(50).max(1);
    names.into_iter().step_by(step).collect()
}

/// The columns of the files that customers are usually tried with.
fn made() -> String {
    let mut csv = String::from(
        "Index,Customer Id,First Name,Last Name,Company,City,Country,Phone 1,Phone 2,Email,Subscription Date,Website\n",
    );
    let mut random = Random(1);
    for index in 1..=MADE {
        let (first, last) = (random.of(&FIRST), random.of(&LAST));
        let (company, city, country) = (company(&mut random), city(&mut random), random.of(&COUNTRIES));
        let [phone_1, phone_2] = [(); 2].map(|()| {
            let [area, exchange, line] = [800, 800, 10_000].map(|most| random.below(most));
            format!("+1-{:03}-{:03}-{line:04}", 200 + area, 200 + exchange)
        });
        let (id, day, month, year) =
            (random.next(), 1 + random.below(28), 1 + random.below(12), 2020 + random.below(3));
        let domain = random.of(&LAST).to_lowercase();
        csv.push_str(&format!(
            "{index},{id:015X},{first},{last},\"{company}\",{city},{country},{phone_1},{phone_2},\
             {}.{}{index}@{domain}.example,{day:02}-{month:02}-{year},http://www.{domain}{}.example/\n",
            first.to_lowercase(),
            last.to_lowercase(),
            random.below(1000),
        ));
    }
    csv
}

fn company(random: &mut Random) -> String {
    let (one, other) = (random.of(&LAST), random.of(&LAST));
    match random.below(3) {
        0 => format!("{one}-{other}"),
        1 => format!("{one}, {other} and {}", random.of(&LAST)),
        _ => format!("{one} {}", random.of(&["Ltd", "Inc", "LLC", "Group", "PLC"])),
    }
}

fn city(random: &mut Random) -> String {
    let name = random.of(&LAST);
    match random.below(4) {
        0 => format!("Lake {name}"),
        1 => format!("New {name}"),
        2 => format!("{name}ville"),
        _ => format!("Port {name}"),
    }
}

/// Pseudo-random numbers that are the same every time (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) >> 4
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    fn of(&mut self, words: &[&'static str]) -> &'static str {
        words[self.below(words.len() as u64) as usize]
    }
}

const FIRST: [&str; 32] = [
    "Heather", "Kristina", "Briana", "Patty", "Kathryn", "Dale", "Sophia", "Shelley", "Ernest", "Lonnie", "Diana",
    "Marco", "Tamara", "Priya", "Yusuf", "Ingrid", "Mateo", "Aiko", "Chen", "Fatima", "Olga", "Sven", "Noor", "Zoe",
    "Ruben", "Clara", "Amir", "Leila", "Tomas", "Greta", "Hugo", "Nadia",
];

const LAST: [&str; 64] = [
    "Callahan",
    "Ferrell",
    "Andersen",
    "Mosley",
    "David",
    "Horn",
    "Shepard",
    "Watson",
    "Ponce",
    "Figueroa",
    "Zimmerman",
    "Novak",
    "Sharp",
    "Wiley",
    "Escobar",
    "Lindqvist",
    "Okafor",
    "Nakamura",
    "Petrov",
    "Silva",
    "Costa",
    "Haddad",
    "Kowalski",
    "Jensen",
    "Moreau",
    "Fischer",
    "Schneider",
    "Rossi",
    "Romano",
    "Dubois",
    "Laurent",
    "Garcia",
    "Herrera",
    "Mendoza",
    "Castillo",
    "Vargas",
    "Kaplan",
    "Goldberg",
    "Murphy",
    "Sullivan",
    "Brennan",
    "Doyle",
    "Fraser",
    "Sinclair",
    "Whitaker",
    "Blackwell",
    "Thornton",
    "Ellison",
    "Hartman",
    "Krueger",
    "Vogel",
    "Becker",
    "Lange",
    "Brandt",
    "Sommer",
    "Winter",
    "Ziegler",
    "Bauer",
    "Huang",
    "Zhang",
    "Tanaka",
    "Suzuki",
    "Rahman",
    "Chowdhury",
];

const COUNTRIES: [&str; 16] = [
    "Norway", "Andorra", "Germany", "France", "Japan", "Brazil", "Kenya", "Canada", "Mexico", "Italy", "Spain",
    "Poland", "Denmark", "Portugal", "Ireland", "Chile",
];
