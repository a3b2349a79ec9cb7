//! Google Contacts, Outlook, Thunderbird, LinkedIn, Mailchimp.

use crm_core::customers::{DateOrder, ImportOptions, MatchBy};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::super::{counts, create, upsert};
use super::{land, landed};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        google_contacts,
        google_contacts_of_earlier_years,
        outlook,
        thunderbird,
        linked_in,
        mailchimp,
        mailchimp_unsubscribed,
    ]);
}

const GOOGLE: &str = "First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Middle Name,Phonetic Last Name,\
    Name Prefix,Name Suffix,Nickname,File As,Organization Name,Organization Title,Organization Department,Birthday,Notes,\
    Photo,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,\
    Phone 2 - Label,Phone 2 - Value,Address 1 - Label,Address 1 - Formatted,Address 1 - Street,Address 1 - City,\
    Address 1 - PO Box,Address 1 - Region,Address 1 - Postal Code,Address 1 - Country,Address 1 - Extended Address,\
    Website 1 - Label,Website 1 - Value,Event 1 - Label,Event 1 - Value,Custom Field 1 - Label,Custom Field 1 - Value\n\
    Ida,,Berg,,,,Dr.,,,,Kaffe AB,Buyer,Sales,1987-10-06,\"line one\nline two\",,* myContacts ::: Press,* Work,\
    ida@kaffe.example ::: ida2@kaffe.example,Home,ida@home.example,Mobile,+46 70 123 45 67,Work,+46 8 111 11 11,Home,\
    \"1 Kai\n111 22 Stockholm\nSE\",1 Kai,Stockholm,,Stockholms län,111 22,SE,,Work,kaffe.example,,,,\n\
    Bo,Erik,Ström,ブー,,,,Jr.,Bosse,,,,, --10-06,,,* myContacts,Work,bo@firma.example,* Other,bo@example.com,Work Fax,\
    +46 8 222 22 22,Home,+46 8 333 33 33,,,,,,,,,,,,,,,\n\
    ,,,,,,,,,,Fjord AS,,,,,,* myContacts ::: * starred,,,,,,,,,,,,,,,,,,,,,,,\n";

async fn google_contacts(database: TestDatabase) -> anyhow::Result<()> {
    let landed = landed(&database, GOOGLE).await?;
    landed.has(
        0,
        json!({
            "kind": "person", "name": "Ida Berg", "firstName": "Ida", "lastName": "Berg", "salutation": "Dr.",
            "organizationName": "Kaffe AB", "jobTitle": "Buyer", "department": "Sales", "birthDate": "1987-10-06",
            "email": "ida@kaffe.example",
            "emails": ["ida@kaffe.example", "ida2@kaffe.example", "ida@home.example"],
            "phone": "+46 70 123 45 67", "phones": ["+46 70 123 45 67", "+46 8 111 11 11"],
            "address": "1 Kai", "city": "Stockholm", "state": "Stockholms län", "zipCode": "111 22", "countryCode": "SE",
            "website": "kaffe.example", "tags": ["Press"], "customFields": { "website1Label": "Work" },
        }),
    );
    assert_eq!(landed.notes(0).await?, ["line one\nline two"]);
    // The star is the main address; nobody calls a fax machine, and a birthday without a year is kept.
    landed.has(
        1,
        json!({
            "name": "Bo Erik Ström Jr.", "middleName": "Erik", "nameSuffix": "Jr.", "email": "bo@example.com",
            "emails": ["bo@example.com", "bo@firma.example"], "phone": "+46 8 333 33 33",
            "phones": ["+46 8 333 33 33", "+46 8 222 22 22"], "tags": [], "birthDate": null,
            "customFields": { "phoneticFirstName": "ブー", "nickname": "Bosse", "birthday": " --10-06" },
        }),
    );
    landed.has(2, json!({ "kind": "organization", "name": "Fjord AS", "tags": ["starred"], "customFields": {} }));
    assert_eq!(landed.warned(), [(3, "date_invalid")]);
    Ok(())
}

async fn google_contacts_of_earlier_years(database: TestDatabase) -> anyhow::Result<()> {
    let file = "Name,Given Name,Additional Name,Family Name,Given Name Yomi,Name Prefix,Name Suffix,Group Membership,\
                E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Organization 1 - Name,\
                Organization 1 - Title,Address 1 - Type,Address 1 - Street,Address 1 - City,Website 1 - Value\n\
                Ida Berg,Ida,Maria,Berg,,,,Friends ::: * My Contacts,* ,ida@kaffe.example,Mobile,+46 70 123 45 67,\
                Kaffe AB,Buyer,Work,1 Kai,Stockholm,http://kaffe.example\n\
                Bo,Bo,,,,,,* My Contacts,,,Pager,+46 8 222 22 22,,,,,,\n\
                Cleo,Cleo,,,,,,,Home,cleo@example.com,Work,+46 8 333 33 33 ::: +46 8 444 44 44,,,,,,\n";
    let landed = landed(&database, file).await?;
    landed.has(
        0,
        json!({
            "name": "Ida Berg", "middleName": "Maria", "email": "ida@kaffe.example", "phone": "+46 70 123 45 67",
            "organizationName": "Kaffe AB", "jobTitle": "Buyer", "address": "1 Kai", "city": "Stockholm",
            "website": "http://kaffe.example", "tags": ["Friends"], "customFields": {},
        }),
    );
    landed.has(1, json!({ "phone": null, "tags": [] }));
    assert!(json!(landed.customers[1]).to_string().contains("+46 8 222 22 22"));
    landed.has(2, json!({ "phones": ["+46 8 333 33 33", "+46 8 444 44 44"] }));
    Ok(())
}

const OUTLOOK: &str = "Title,First Name,Middle Name,Last Name,Suffix,Company,Department,Job Title,Business Street,\
    Business Street 2,Business Street 3,Business City,Business State,Business Postal Code,Business Country/Region,\
    Home Street,Home Street 2,Home Street 3,Home City,Home State,Home Postal Code,Home Country/Region,Other Street,\
    Other City,Other State,Other Postal Code,Other Country/Region,Assistant's Phone,Business Fax,Business Phone,\
    Business Phone 2,Callback,Car Phone,Company Main Phone,Home Fax,Home Phone,Home Phone 2,ISDN,Mobile Phone,Other Fax,\
    Other Phone,Pager,Primary Phone,Radio Phone,TTY/TDD Phone,Telex,Account,Anniversary,Assistant's Name,\
    Billing Information,Birthday,Categories,Children,Directory Server,E-mail Address,E-mail Type,E-mail Display Name,\
    E-mail 2 Address,E-mail 2 Type,E-mail 2 Display Name,E-mail 3 Address,Gender,Government ID Number,Hobby,Initials,\
    Keywords,Language,Location,Manager's Name,Mileage,Notes,Office Location,PO Box,Priority,Private,Profession,\
    Referred By,Sensitivity,Spouse,User 1,User 2,User 3,User 4,Web Page";

/// A row of Outlook's file with these cells.
fn outlook_row(cells: &[(&str, &str)]) -> String {
    let row: Vec<&str> = OUTLOOK
        .split(',')
        .map(|header| cells.iter().find(|(own, _)| *own == header).map_or("", |(_, cell)| *cell))
        .collect();
    row.join(",")
}

async fn outlook(database: TestDatabase) -> anyhow::Result<()> {
    let usual = [("Anniversary", "0/0/00"), ("Birthday", "0/0/00"), ("Priority", "Normal"), ("Private", "False")];
    let rows = [
        outlook_row(
            &[
                &usual[..],
                &[
                    ("Title", "Ms."),
                    ("First Name", "Ida"),
                    ("Last Name", "Berg"),
                    ("Company", "Kaffe AB"),
                    ("Job Title", "Buyer"),
                    ("Business Street", "1 Kai"),
                    ("Business City", "Stockholm"),
                    ("Business Postal Code", "111 22"),
                    ("Business Country/Region", "Sweden"),
                    ("Home City", "Uppsala"),
                    ("Assistant's Phone", "+46 8 999 99 99"),
                    ("Business Fax", "+46 8 888 88 88"),
                    ("Business Phone", "+46 8 111 11 11"),
                    ("Mobile Phone", "+46 70 123 45 67"),
                    ("Categories", "Press;VIP"),
                    ("E-mail Address", "ida@kaffe.example"),
                    ("E-mail Type", "SMTP"),
                    ("E-mail 2 Address", "ida@home.example"),
                    ("Web Page", "https://kaffe.example"),
                ],
            ]
            .concat(),
        ),
        outlook_row(&[
            ("First Name", "Bo"),
            ("Home City", "Oslo"),
            ("Home Street", "2 Vei"),
            ("Mobile Phone", "+47 22 34 56 78"),
            ("Notes", "Calls back"),
        ]),
        outlook_row(&[("Company", "Fjord AS"), ("Company Main Phone", "+47 22 34 56 00"), ("Birthday", "10/26/1987")]),
    ];
    let landed = landed(&database, format!("{OUTLOOK}\r\n{}\r\n", rows.join("\r\n"))).await?;
    landed.has(
        0,
        json!({
            "salutation": "Ms.", "name": "Ida Berg", "jobTitle": "Buyer", "organizationName": "Kaffe AB",
            "email": "ida@kaffe.example", "emails": ["ida@kaffe.example", "ida@home.example"],
            "phone": "+46 8 111 11 11", "phones": ["+46 8 111 11 11", "+46 70 123 45 67", "+46 8 888 88 88"],
            "address": "1 Kai", "city": "Stockholm", "zipCode": "111 22", "countryCode": "SE",
            "addresses": ["Stockholm", "Uppsala"], "tags": ["Press", "VIP"], "birthDate": null,
            "website": "https://kaffe.example",
            "customFields": { "assistantSPhone": "+46 8 999 99 99", "priority": "Normal", "private": "False" },
        }),
    );
    landed.has(1, json!({ "name": "Bo", "city": "Oslo", "address": "2 Vei", "phone": "+47 22 34 56 78" }));
    assert_eq!(landed.notes(1).await?, ["Calls back"]);
    landed.has(
        2,
        json!({ "kind": "organization", "name": "Fjord AS", "phone": "+47 22 34 56 00", "birthDate": "1987-10-26" }),
    );
    assert!(landed.warned().is_empty(), "{:?}", landed.warned());
    Ok(())
}

async fn thunderbird(database: TestDatabase) -> anyhow::Result<()> {
    let file = "First Name,Last Name,Display Name,Nickname,Primary Email,Secondary Email,Screen Name,Work Phone,Home Phone,\
                Fax Number,Pager Number,Mobile Number,Home Address,Home Address 2,Home City,Home State,Home ZipCode,\
                Home Country,Work Address,Work Address 2,Work City,Work State,Work ZipCode,Work Country,Job Title,\
                Department,Organization,Web Page 1,Web Page 2,Birth Year,Birth Month,Birth Day,Custom 1,Custom 2,Custom 3,\
                Custom 4,Notes,\n\
                Ida,Berg,Ida Berg,,ida@kaffe.example,ida@home.example,,+46 8 111 11 11,,+46 8 888 88 88,,+46 70 123 45 67,\
                9 Gata,,Uppsala,,753 10,SE,1 Kai,2 tr,Stockholm,,111 22,SE,Buyer,Sales,Kaffe AB,https://kaffe.example,\
                https://ida.example,1987,10,6,blue,,,,Likes tea,\n\
                Bo,,Bo,,bo@example.com,,,,+47 22 34 56 78,,,,2 Vei,,Oslo,,0150,NO,,,,,,,,,,,,,10,26,,,,,,\n\
                ,,,,info@fjord.example,,,,,,,,,,,,,,,,,,,,,,Fjord AS,,,,,,,,,,,\n";
    let landed = landed(&database, file).await?;
    landed.has(
        0,
        json!({
            "name": "Ida Berg", "email": "ida@kaffe.example", "emails": ["ida@kaffe.example", "ida@home.example"],
            "phone": "+46 8 111 11 11", "phones": ["+46 8 111 11 11", "+46 70 123 45 67", "+46 8 888 88 88"],
            "address": "1 Kai", "addressLine2": "2 tr", "city": "Stockholm", "zipCode": "111 22",
            "addresses": ["Stockholm", "Uppsala"], "jobTitle": "Buyer", "department": "Sales",
            "organizationName": "Kaffe AB", "website": "https://kaffe.example", "birthDate": "1987-10-06",
            "customFields": { "webPage2": "https://ida.example", "custom1": "blue" },
        }),
    );
    assert_eq!(landed.notes(0).await?, ["Likes tea"]);
    landed.has(1, json!({ "city": "Oslo", "phone": "+47 22 34 56 78", "customFields": { "birthday": "10-26" } }));
    landed.has(2, json!({ "kind": "organization", "name": "Fjord AS", "email": "info@fjord.example" }));
    Ok(())
}

const LINKED_IN: &str = "Notes:\n\
    \"When you export your data, some addresses may be missing. Only those who allow it are shown.\"\n\n\
    First Name,Last Name,URL,Email Address,Company,Position,Connected On\n\
    Oda,Lind,https://www.linkedin.com/in/oda-example,,\"Fjord, Ltd.\",Head of Buying,04 May 2025\n\
    Teo,,https://www.linkedin.com/in/teo-example,teo@example.com,Havn AS,\"Chef \"\"de cuisine\"\"\",9-Jun-21\n\
    ,,,,,,\n";

async fn linked_in(database: TestDatabase) -> anyhow::Result<()> {
    let options = ImportOptions { date_order: Some(DateOrder::Dmy), ..upsert(MatchBy::Email) };
    let landed = land(&database, LINKED_IN, &options).await?;
    assert_eq!(counts(&landed.report), [2, 0, 0, 0]);
    landed.has(
        0,
        json!({
            "name": "Oda Lind", "organizationName": "Fjord, Ltd.", "jobTitle": "Head of Buying", "email": null,
            "website": "https://www.linkedin.com/in/oda-example", "customFields": { "connectedOn": "2025-05-04" },
        }),
    );
    landed.has(
        1,
        json!({
            "name": "Teo", "lastName": null, "jobTitle": "Chef \"de cuisine\"", "email": "teo@example.com",
            "customFields": { "connectedOn": "2021-06-09" },
        }),
    );
    // Nearly nobody has an address; the profile tells who they are.
    let options = ImportOptions { external_system: Some("linkedin".into()), ..upsert(MatchBy::ExternalRef) };
    for expected in [[2, 0, 0, 0], [0, 0, 2, 0]] {
        assert_eq!(
            counts(&landed.crm.import(LINKED_IN.replace("@example", "@two.example"), &options).await?),
            expected
        );
    }
    Ok(())
}

const MAILCHIMP: &str = "\"Email Address\",\"First Name\",\"Last Name\",Address,\"Phone Number\",Birthday,MEMBER_RATING,\
    OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,\
    EUID,NOTES,TAGS";

async fn mailchimp(database: TestDatabase) -> anyhow::Result<()> {
    let file = format!(
        "{MAILCHIMP}\n\
         ida@kaffe.example,Ida,Berg,\"1 Kai  Stockholm  11122 SE\",\"+46 70 123 45 67\",10/06,2,,,\
         \"2026-01-05 09:00:00\",203.0.113.7,,,1,2,Europe/Stockholm,SE,AB,\"2026-01-05 09:00:00\",123,abc,,\
         \"\"\"VIP\"\",\"\"Press\"\"\"\n\
         bo@example.com,Bo,,,,,3,,,,,,,,,,NO,03,,124,abd,Met in Oslo,\n\
         cleo@example.com,,,,,,1,,,,,,,,,,,,,125,abe,,\n"
    );
    let landed = landed(&database, file).await?;
    landed.has(
        0,
        json!({
            "name": "Ida Berg", "email": "ida@kaffe.example", "address": "1 Kai", "city": "Stockholm", "zipCode": "11122",
            "countryCode": "SE", "state": "AB", "phone": "+46 70 123 45 67", "timeZone": "Europe/Stockholm",
            "birthDate": null, "tags": ["Press", "VIP"], "status": "prospect",
        }),
    );
    let custom = &landed.customers[0].custom_fields;
    assert_eq!((&custom["birthday"], &custom["lastChanged"]), (&json!("10/06"), &json!("2026-01-05 09:00:00")));
    landed.has(1, json!({ "name": "Bo", "countryCode": "NO", "state": "03" }));
    assert_eq!(landed.notes(1).await?, ["Met in Oslo"]);
    landed.has(2, json!({ "name": "cleo@example.com" }));
    Ok(())
}

async fn mailchimp_unsubscribed(database: TestDatabase) -> anyhow::Result<()> {
    let file = format!(
        "{MAILCHIMP},UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_REASON\n\
         ida@kaffe.example,Ida,Berg{},\"2026-01-05 09:00:00\",News,too many\n",
        ",".repeat(20)
    );
    let landed = landed(&database, file.as_str()).await?;
    assert_eq!(landed.warned(), [(2, "opted_out")]);
    let custom = &landed.customers[0].custom_fields;
    assert_eq!((&custom["unsubTime"], &custom["unsubReason"]), (&json!("2026-01-05 09:00:00"), &json!("too many")));
    assert_eq!(json!(landed.customers[0])["emails"][0]["isOptedOut"], true);

    let skip = ImportOptions { opted_out: crm_core::customers::OptedOut::Skip, ..create() };
    let landed = land(&database, file, &skip).await?;
    assert_eq!((landed.report.skipped, landed.customers.len()), (1, 0));
    assert_eq!(landed.warned(), [(2, "opted_out")]);
    Ok(())
}
