//! Names, addresses and texts of the demo's customers.

use crm_core::interactions::{InteractionDirection, InteractionType};
use crm_core::notes::NoteType;

pub(super) const FIRST: &[&str] = &[
    "Olivia",
    "Liam",
    "Emma",
    "Noah",
    "Amelia",
    "Lucas",
    "Hannah",
    "Elias",
    "Sofía",
    "Mateo",
    "Chloé",
    "Gabriel",
    "Freja",
    "William",
    "Zofia",
    "Jakub",
    "Aylin",
    "Emre",
    "Priya",
    "Arjun",
    "Mei",
    "Hiroshi",
    "Fatima",
    "Omar",
    "Grace",
    "Samuel",
    "Ingrid",
    "Søren",
    "Beatriz",
    "João",
    "Niamh",
    "Ciarán",
    "Anneliese",
    "Jürgen",
    "Camille",
    "Étienne",
    "Katarzyna",
    "Łukasz",
    "Naomi",
    "Ethan",
];

pub(super) const LAST: &[&str] = &[
    "Smith",
    "Johnson",
    "García",
    "Müller",
    "Schmidt",
    "Dubois",
    "Lefèvre",
    "Rossi",
    "Ferrari",
    "Andersson",
    "Nielsen",
    "Kowalski",
    "Wiśniewska",
    "Yılmaz",
    "Patel",
    "Sharma",
    "Chen",
    "Tanaka",
    "Haddad",
    "Okafor",
    "O'Brien",
    "Murphy",
    "Silva",
    "Santos",
    "Novák",
    "Horvat",
    "van Dijk",
    "de Vries",
    "Nguyen",
    "Kim",
    "Brown",
    "Taylor",
    "Weiß",
    "Baker",
    "Fischer",
    "Moreau",
    "Larsen",
    "Papadopoulos",
    "Jensen",
    "Walker",
];

/// First halves of organizations.
pub(super) const FIRMS: &[&str] = &[
    "Northwind",
    "Blue Harbor",
    "Silverline",
    "Alpenblick",
    "Greenfield",
    "Ostsee",
    "Redwood",
    "Summit",
    "Kestrel",
    "Lighthouse",
    "Meridian",
    "Nordstern",
    "Oakridge",
    "Pacific",
    "Quarry",
    "Riverside",
    "Solaris",
    "Tidewater",
    "Umbra",
    "Vanguard",
    "Westfalen",
    "Zephyr",
    "Corner",
    "Bright",
];

/// Second halves of organizations.
pub(super) const TRADES: &[&str] = &[
    "Logistics",
    "Foods",
    "Textiles",
    "Instruments",
    "Energy",
    "Construction",
    "Software",
    "Packaging",
    "Optics",
    "Furniture",
    "Medical",
    "Robotics",
    "Printing",
    "Foundry",
];

pub(super) const JOBS: &[&str] = &[
    "Purchasing manager",
    "Head of operations",
    "Managing director",
    "Office manager",
    "Chief engineer",
    "Buyer",
    "Facility manager",
    "Head of IT",
    "Founder",
    "Assistant to the board",
];

pub(super) const SOURCES: &[&str] = &["referral", "web_site", "trade_fair", "cold_call", "newsletter", "partner"];

pub(super) const STREETS: &[&str] =
    &["Harbour Street", "Mill Lane", "Station Road", "Park Avenue", "Church Street", "Garden Way", "Market Square"];

/// Notes: the type and the text.
pub(super) const NOTES: &[(NoteType, &str)] = &[
    (NoteType::Call, "Asked for a **quote**. Decides by the end of the month."),
    (NoteType::Meeting, "Met at the trade fair.\n\n- has used our competitor for years\n- unhappy with delivery times"),
    (NoteType::FollowUp, "Call again after the holidays."),
    (NoteType::Complaint, "Second delivery was late. Offered free shipping on the next order."),
    (NoteType::Feedback, "Likes the new catalogue, misses prices in it."),
    (NoteType::Contract, "Frame contract runs until the end of next year."),
    (NoteType::Billing, "Wants *one* invoice a month, not one for each delivery."),
    (NoteType::Internal, "Speak to purchasing first; the owner decides in the end."),
    (NoteType::General, "Best reached in the morning."),
];

/// Interactions: the subject and the outcome.
#[derive(Clone, Copy, Debug)]
pub(super) struct Story {
    pub interaction_type: InteractionType,
    pub direction: InteractionDirection,
    pub subject: &'static str,
    pub minutes: i64,
    pub outcome: &'static str,
    pub content: &'static str,
}

const fn story(
    interaction_type: InteractionType,
    direction: InteractionDirection,
    subject: &'static str,
    minutes: i64,
    outcome: &'static str,
    content: &'static str,
) -> Story {
    Story { interaction_type, direction, subject, minutes, outcome, content }
}

pub(super) const INTERACTIONS: &[Story] = {
    use {InteractionDirection as D, InteractionType as T};
    &[
        story(
            T::Call,
            D::Outbound,
            "First call",
            12,
            "connected",
            "Knows us from the trade fair. Wants the catalogue.",
        ),
        story(T::Call, D::Outbound, "Call about the quote", 1, "left_message", "Left a message with the assistant."),
        story(T::Call, D::Outbound, "Call about the quote", 1, "no_answer", "No one answered."),
        story(T::Call, D::Inbound, "Asks for delivery dates", 8, "resolved", "Confirmed that **week 34** holds."),
        story(T::Call, D::Outbound, "Contract runs out", 15, "callback", "Is travelling, call again next week."),
        story(T::Email, D::Outbound, "Catalogue sent", 5, "connected", "Sent the catalogue with prices."),
        story(T::Email, D::Inbound, "Complaint about an invoice", 10, "resolved", "Invoice was right, explained it."),
        story(
            T::Meeting,
            D::Outbound,
            "Talk about the frame contract",
            60,
            "interested",
            "Wants three years, if prices hold.",
        ),
        story(
            T::Meeting,
            D::Outbound,
            "Yearly review",
            90,
            "connected",
            "- happy with quality\n- deliveries could be quicker",
        ),
        story(T::Video, D::Outbound, "Product tour", 45, "interested", "Asked for an offer for two sites."),
        story(
            T::Visit,
            D::Outbound,
            "Visit to the works",
            120,
            "interested",
            "Saw the line. Needs spare parts on site.",
        ),
        story(T::Demo, D::Outbound, "Demonstration", 60, "not_interested", "Too large for them. Perhaps next year."),
        story(T::Whatsapp, D::Inbound, "Short question", 3, "resolved", "Sent the data sheet."),
        story(T::Lunch, D::Outbound, "Lunch", 75, "connected", "Purchasing gets a new head in spring."),
    ]
};

/// City, state, postal code, country, and the beginning of a telephone number there.
pub(super) type Address = (&'static str, &'static str, &'static str, &'static str, &'static str);

pub(super) const AMERICA: &[Address] = &[
    ("New York", "New York", "10013", "United States", "+1 212 555 "),
    ("Boston", "Massachusetts", "02110", "United States", "+1 617 555 "),
    ("Chicago", "Illinois", "60601", "United States", "+1 312 555 "),
    ("Seattle", "Washington", "98101", "United States", "+1 206 555 "),
    ("Austin", "Texas", "78701", "United States", "+1 512 555 "),
    ("Toronto", "Ontario", "M5H 2N2", "Canada", "+1 416 555 "),
    ("São Paulo", "São Paulo", "01310-100", "Brazil", "+55 11 3071-"),
    ("London", "England", "EC2A 4NE", "United Kingdom", "+44 20 7946 "),
];

pub(super) const EUROPE: &[Address] = &[
    ("Berlin", "Berlin", "10117", "Germany", "+49 30 9018"),
    ("München", "Bayern", "80331", "Germany", "+49 89 2333"),
    ("Hamburg", "Hamburg", "20095", "Germany", "+49 40 4286"),
    ("Wien", "Wien", "1010", "Austria", "+43 1 5333"),
    ("Zürich", "Zürich", "8001", "Switzerland", "+41 44 412 "),
    ("Paris", "Île-de-France", "75002", "France", "+33 1 4276 "),
    ("Kraków", "Małopolskie", "31-042", "Poland", "+48 12 616 "),
    ("København", "Hovedstaden", "1050", "Denmark", "+45 33 66 "),
];
