//! Short forms of given names.
//!
//! Facts from Wiktionary's categories of English and German diminutives of given names: the frequent ones, in the form of
//! [`words`](super::words::words). A name in several groups belongs to each of them.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The full name first, then its short forms and spellings.
const GROUPS: &[&str] = &[
    "abigail abby gail",
    "albert al bert",
    "aleksandr alexander alex sasha sascha sandy xander",
    "aleksandra alexandra alex sasha sandra",
    "alfred fred alf freddy",
    "andreas andrew andy andre drew",
    "anna anne ann annie anja",
    "anthony antony anton tony toni",
    "barbara barb babs",
    "benjamin ben benny",
    "bernhard bernd bernard",
    "catherine katharina katherine kathryn kate kathy katie katja cathy",
    "charles charlie chuck karl carl",
    "christina christine kristina tina chris christel",
    "christian christopher christoph chris kit",
    "daniel dan danny",
    "david dave davy",
    "deborah debbie deb debra",
    "dmitri dmitry dima",
    "dorothea dorothy dora dot",
    "edward eduard ed eddie ted ned",
    "elisabeth elizabeth liz lisa beth betty eliza elsa else lisbeth sissi",
    "evgeny eugen evgenii zhenya",
    "ekaterina katya katja",
    "francis frank franz francesco frankie",
    "frederick friedrich fred fritz freddy",
    "gabriele gabriela gabi",
    "george georg jorg jurgen",
    "gerald jerry gerry",
    "gerhard gerd gert",
    "gregory greg",
    "heinrich henry heinz harry hank",
    "helena helene lena helen nell",
    "irina ira",
    "ivan vanya johann",
    "jacob jakob jake",
    "james jim jimmy jamie",
    "jennifer jenny jen",
    "joachim achim jochen",
    "johannes johann hans john jan hannes",
    "john jack johnny jon jonathan",
    "joseph josef joe jo sepp",
    "joshua josh",
    "judith judy",
    "julia julie yulia",
    "kenneth ken kenny",
    "lawrence larry laurence lorenz",
    "leonard leo len lenny leonhard",
    "magdalena lena magda",
    "margarethe margaret margarete maggie meg peggy greta gretel rita",
    "maria marie mary mia",
    "matthew matthias mathias matt",
    "maximilian max",
    "mikhail michael michal mike mick michel misha mischa",
    "natalia nataly natalie natasha natascha",
    "nicholas nikolaus nicolas nick klaus claus nico",
    "nikolai nikolaj kolya",
    "olga olya",
    "pamela pam",
    "patricia pat patty trish",
    "patrick pat paddy",
    "peter pete piet pjotr",
    "philip philipp phil",
    "rebecca becky",
    "richard rick dick rich",
    "robert bob rob bobby robbie bert",
    "ronald ron ronny",
    "rudolf rudi rudolph",
    "samantha sam",
    "samuel sam sammy",
    "sergei sergey serhij",
    "stefan stephan stephen steven steve stephane",
    "susan susanne sue susi suzanne",
    "susan su susi",
    "tatiana tatyana tanya tanja",
    "theodor theodore theo ted",
    "teresa theresa tess resi",
    "thomas tom tommy",
    "timothy tim",
    "ulrich uli ulli",
    "victoria viktoria vicky tori",
    "vladimir volodya wladimir",
    "walter walt wally",
    "wilhelm william will bill billy willi liam",
    "wolfgang wolf wolfi",
];

static GROUPS_OF: LazyLock<HashMap<&'static str, Vec<usize>>> = LazyLock::new(|| {
    let mut groups: HashMap<&'static str, Vec<usize>> = HashMap::new();
    for (index, group) in GROUPS.iter().enumerate() {
        group.split(' ').for_each(|name| groups.entry(name).or_default().push(index));
    }
    groups
});

/// Whether both are forms of one name.
pub(super) fn are_of_one(left: &str, right: &str) -> bool {
    let Some((left, right)) = GROUPS_OF.get(left).zip(GROUPS_OF.get(right)) else { return false };
    left.iter().any(|group| right.contains(group))
}

/// The full names that a name can stand for: itself, if the table does not have it.
pub(super) fn full_names(name: &str) -> Vec<&str> {
    match GROUPS_OF.get(name) {
        Some(groups) => groups.iter().filter_map(|group| GROUPS.get(*group)?.split(' ').next()).collect(),
        None => vec![name],
    }
}
