//! Cards of address books, as their programs write them.

use crm_core::customers::{AddressKind, ContactLabel, Customer, ImportOptions, MatchBy};
use crm_core::notes::NoteQuery;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use super::super::{counts, create, faults, upsert, warnings};
use super::refusal;
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        google,
        apple,
        outlook,
        nextcloud,
        firms_are_organizations,
        faults_name_the_card,
        cards_are_matched_by_their_ids,
        what_there_is_no_field_for_is_kept,
    ]);
}

fn custom(customer: &Customer) -> Value {
    json!(customer.custom_fields)
}

fn emails(customer: &Customer) -> Vec<(&str, Option<ContactLabel>)> {
    customer.emails.iter().map(|email| (email.address.as_str(), email.label)).collect()
}

fn phones(customer: &Customer) -> Vec<(&str, Option<ContactLabel>)> {
    customer.phones.iter().map(|phone| (phone.number.as_str(), phone.label)).collect()
}

fn tags(customer: &Customer) -> Vec<&str> {
    customer.tags.iter().map(|tag| tag.name.as_str()).collect()
}

async fn notes(crm: &TestCrm, customer: &Customer) -> anyhow::Result<Vec<String>> {
    let notes = crm.admin().notes(customer.id).list(&NoteQuery::default(), &Default::default()).await?;
    Ok(notes.data.into_iter().map(|note| note.body).collect())
}

const GOOGLE: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Dr. Ida Maria Berg\r\nN:Berg;Ida;Maria;Dr.;\r\nNICKNAME:Idchen\r\n\
    EMAIL;TYPE=INTERNET;TYPE=HOME:ida@home.example\r\nEMAIL;TYPE=INTERNET;TYPE=WORK;TYPE=PREF:ida@kaffe.example\r\n\
    TEL;TYPE=CELL:+46 70 123 45 67\r\nTEL;TYPE=WORK;TYPE=FAX:+46 8 222 22 22\r\n\
    item1.TEL:+46 8 333 33 33\r\nitem1.X-ABLabel:Ferienhaus\r\n\
    ADR;TYPE=HOME:;;1 Kai;Stockholm;Stockholms län;111 22;Sweden\r\nORG:Kaffe AB;Sales;North\r\nTITLE:Buyer\r\n\
    item2.URL:https\\://kaffe.example\r\nitem2.X-ABLabel:_$!<HomePage>!$_\r\nBDAY:1987-10-06\r\n\
    item3.X-ABDATE:2015-05-01\r\nitem3.X-ABLabel:_$!<Anniversary>!$_\r\n\
    NOTE:line one\\nline two\\, with a comma\r\nCATEGORIES:myContacts,Press\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Bo\r\nN:;Bo;;;\r\nBDAY;VALUE=text:--10-06\r\nCATEGORIES:myContacts\r\nEND:VCARD\r\n";

async fn google(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let report = crm.import(GOOGLE, &create()).await?;
    assert_eq!(counts(&report), [2, 0, 0, 0], "{report:?}");
    let all = crm.all().await?;
    let ida = &all[0];
    assert_eq!((ida.name.as_str(), ida.salutation.as_deref()), ("Dr. Ida Maria Berg", Some("Dr.")));
    assert_eq!((ida.first_name.as_deref(), ida.middle_name.as_deref()), (Some("Ida"), Some("Maria")));
    let work = Some(ContactLabel::Work);
    assert_eq!(emails(ida), [("ida@kaffe.example", work), ("ida@home.example", Some(ContactLabel::Home))]);
    let expected = [
        ("+46 70 123 45 67", Some(ContactLabel::Mobile)),
        ("+46 8 333 33 33", None),
        ("+46 8 222 22 22", Some(ContactLabel::Fax)),
    ];
    assert_eq!(phones(ida), expected);
    assert_eq!((ida.address.as_deref(), ida.state.as_deref()), (Some("1 Kai"), Some("Stockholms län")));
    assert_eq!((ida.addresses[0].kind, ida.country_code.as_deref()), (AddressKind::Home, Some("SE")));
    assert_eq!((ida.organization_name.as_deref(), ida.department.as_deref()), (Some("Kaffe AB"), Some("Sales, North")));
    assert_eq!((ida.job_title.as_deref(), ida.website.as_deref()), (Some("Buyer"), Some("https://kaffe.example")));
    assert_eq!(json!(ida.birth_date), "1987-10-06");
    assert_eq!(notes(&crm, ida).await?, ["line one\nline two, with a comma"]);
    let expected = json!({ "nickname": "Idchen", "anniversary": "2015-05-01", "phone3Label": "Ferienhaus" });
    assert_eq!((custom(ida), tags(ida)), (expected, vec!["myContacts", "Press"]));
    // A birthday without a year is kept.
    assert_eq!((json!(all[1].birth_date), custom(&all[1])), (json!(null), json!({ "birthday": "--10-06" })));
    assert_eq!(warnings(&report), [(2, Some("Birthday"), "date_invalid")]);
    Ok(())
}

const APPLE: &str = "BEGIN:VCARD\nVERSION:3.0\nPRODID:-//Apple Inc.//iPhone OS 17.2//EN\nN:Ström;Bo;;;Jr.\nFN:Bo Ström Jr.\n\
    ORG:Firma GmbH;\nEMAIL;type=INTERNET;type=HOME:bo@example.com\n\
    item1.EMAIL;type=INTERNET;type=pref:bo@firma.example\nitem1.X-ABLabel:_$!<Work>!$_\n\
    TEL;type=CELL;type=VOICE;type=pref:0701234567\nTEL;type=IPHONE;type=CELL;type=VOICE:0707654321\n\
    item2.ADR;type=HOME;type=pref:;;1 Kai\\nFloor 2;Stockholm;;111 22;Sweden\nitem2.X-ABADR:se\n\
    ADR;type=WORK:;;2 Torg;Uppsala;;753 10;Sweden\n\
    BDAY;X-APPLE-OMIT-YEAR=1604:1604-05-04\nX-SOCIALPROFILE;type=twitter:https://twitter.com/bo\n\
    item3.X-ABRELATEDNAMES:Eva\nitem3.X-ABLabel:_$!<Spouse>!$_\n\
    PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJ\n  \
    ChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/\nUID:1A2B-3C\nEND:VCARD\n";

async fn apple(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let report = crm.import(APPLE, &create()).await?;
    assert_eq!(counts(&report), [1, 0, 0, 0], "{report:?}");
    let bo = crm.all().await?.remove(0);
    let work = Some(ContactLabel::Work);
    assert_eq!(emails(&bo), [("bo@firma.example", work), ("bo@example.com", Some(ContactLabel::Home))]);
    let mobile = Some(ContactLabel::Mobile);
    assert_eq!(phones(&bo), [("0701234567", mobile), ("0707654321", mobile)]);
    assert_eq!((bo.address.as_deref(), bo.address_line2.as_deref()), (Some("1 Kai"), Some("Floor 2")));
    let places: Vec<_> = bo.addresses.iter().map(|address| (address.city.as_deref(), address.kind)).collect();
    assert_eq!(places, [(Some("Stockholm"), AddressKind::Home), (Some("Uppsala"), AddressKind::Office)]);
    assert_eq!((bo.organization_name.as_deref(), bo.name_suffix.as_deref()), (Some("Firma GmbH"), Some("Jr.")));
    let expected = json!({ "birthday": "--05-04", "socialProfile": "https://twitter.com/bo", "spouse": "Eva" });
    assert_eq!(custom(&bo), expected);
    let mut told: Vec<&str> = report.warning_details.iter().map(|warning| warning.code.as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, ["date_invalid", "line_breaks_removed", "media_left_out"]);
    Ok(())
}

const OUTLOOK: &[u8] = b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;LANGUAGE=de;CHARSET=Windows-1252;ENCODING=QUOTED-PRINTABLE:=\r\n\
    M=FCller;J=F6rg\r\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg M=C3=BCller\r\nORG:M\xFCller AG;Einkauf\r\n\
    TITLE:Leiter\r\nTEL;WORK;VOICE:+49 (30) 901820\r\nTEL;CELL;VOICE:+49 171 1234567\r\nTEL;WORK;FAX:+49 (30) 901821\r\n\
    ADR;WORK;PREF;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:;;Hauptstra=C3=9Fe 1=0D=0AHinterhaus;Berlin;;10115;=\r\n\
    Deutschland\r\nLABEL;WORK;PREF;ENCODING=QUOTED-PRINTABLE:Hauptstr. 1=0D=0A10115 Berlin\r\n\
    X-MS-OL-DEFAULT-POSTAL-ADDRESS:2\r\nURL;WORK:http://mueller.example\r\nEMAIL;PREF;INTERNET:joerg@mueller.example\r\n\
    NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Zeile eins=0D=0AZeile zwei mit =C3=A4=\r\n und mehr\r\n\
    BDAY:19870610\r\nPHOTO;TYPE=JPEG;ENCODING=BASE64:\r\n /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYI\r\n\r\n\
    REV:20260105T093000Z\r\nEND:VCARD\r\n";

async fn outlook(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let report = crm.import(OUTLOOK, &create()).await?;
    assert_eq!(counts(&report), [1, 0, 0, 0], "{report:?}");
    let joerg = crm.all().await?.remove(0);
    assert_eq!((joerg.name.as_str(), joerg.last_name.as_deref()), ("Jörg Müller", Some("Müller")));
    assert_eq!((joerg.organization_name.as_deref(), joerg.department.as_deref()), (Some("Müller AG"), Some("Einkauf")));
    let expected = [
        ("+49 (30) 901820", Some(ContactLabel::Work)),
        ("+49 171 1234567", Some(ContactLabel::Mobile)),
        ("+49 (30) 901821", Some(ContactLabel::Fax)),
    ];
    assert_eq!(phones(&joerg), expected);
    assert_eq!((joerg.address.as_deref(), joerg.address_line2.as_deref()), (Some("Hauptstraße 1"), Some("Hinterhaus")));
    assert_eq!((joerg.zip_code.as_deref(), joerg.country_code.as_deref()), (Some("10115"), Some("DE")));
    assert_eq!((joerg.email.as_deref(), json!(joerg.birth_date)), (Some("joerg@mueller.example"), json!("1987-06-10")));
    let note = notes(&crm, &joerg).await?.remove(0);
    assert!(note.starts_with("Zeile eins\nZeile zwei mit ä") && note.ends_with("und mehr"), "{note:?}");
    assert_eq!(custom(&joerg), json!({}));
    assert!(report.warning_details.iter().any(|warning| warning.code == "media_left_out"));
    Ok(())
}

const NEXTCLOUD: &str = "BEGIN:VCARD\r\nVERSION:4.0\r\nPRODID:-//Sabre//Sabre VObject 4.5.4//EN\r\n\
    UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1\r\nKIND:individual\r\nFN:Cleo Öz\r\nN:Öz;Cleo;;;\r\n\
    EMAIL;TYPE=HOME;PREF=2:cleo@home.example\r\nEMAIL;TYPE=WORK;PREF=1:cleo@firma.example\r\n\
    TEL;TYPE=\"cell,voice\";VALUE=uri:tel:+90-212-555-0101;ext=12\r\nADR;TYPE=billing:;;3 Cadde;Istanbul;;34000;Turkey\r\n\
    ADR;TYPE=delivery;PREF=1:;Depo;4 Cadde;Izmir;;35000;Turkey\r\nLANG;PREF=1:tr\r\nTZ:Europe/Istanbul\r\n\
    BDAY:19900203\r\nURL:https://cleo.example/a\\,b\r\nNOTE:first\r\nNOTE:second\r\n\
    CATEGORIES:VIP,Trade\\, fairs\r\nPHOTO:data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP\r\n \
    8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==\r\nEND:VCARD\r\n";

async fn nextcloud(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let report = crm.import(NEXTCLOUD, &create()).await?;
    assert_eq!(counts(&report), [1, 0, 0, 0], "{report:?}");
    let cleo = crm.all().await?.remove(0);
    let work = Some(ContactLabel::Work);
    assert_eq!(emails(&cleo), [("cleo@firma.example", work), ("cleo@home.example", Some(ContactLabel::Home))]);
    assert_eq!(phones(&cleo), [("+90-212-555-0101 ext. 12", Some(ContactLabel::Mobile))]);
    assert_eq!((cleo.address.as_deref(), cleo.address_line2.as_deref()), (Some("4 Cadde"), Some("Depo")));
    let kinds: Vec<_> = cleo.addresses.iter().map(|address| address.kind).collect();
    assert_eq!(kinds, [AddressKind::Shipping, AddressKind::Billing]);
    assert_eq!((cleo.language.as_deref(), cleo.time_zone.as_deref()), (Some("tr"), Some("Europe/Istanbul")));
    assert_eq!(
        (json!(cleo.birth_date), cleo.website.as_deref()),
        (json!("1990-02-03"), Some("https://cleo.example/a,b"))
    );
    let mut all = notes(&crm, &cleo).await?;
    all.sort();
    assert_eq!(all, ["first", "second"]);
    assert!(cleo.external_refs.is_empty() && custom(&cleo)["vCardUid"].is_null());
    assert_eq!(warnings(&report)[0], (1, None, "media_left_out"));
    Ok(())
}

async fn firms_are_organizations(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let card = |inner: &str| format!("BEGIN:VCARD\r\nVERSION:3.0\r\n{inner}\r\nEND:VCARD\r\n");
    let file = [
        card("KIND:org\r\nFN:Kaffe AB\r\nORG:Kaffe AB"),
        card("FN:Fjord AS\r\nN:;;;;\r\nORG:Fjord AS\r\nX-ABShowAs:COMPANY"),
        card("FN:Torg KB\r\nORG:Torg KB;"),
        card("FN:Ann Lee\r\nN:Lee;Ann;;;\r\nORG:Lee & Co"),
        card("FN:Solo"),
    ];
    let report = crm.import(file.concat(), &create()).await?;
    assert_eq!((counts(&report), report.warnings), ([5, 0, 0, 0], 0), "{report:?}");
    let told: Vec<_> =
        crm.all().await?.into_iter().map(|one| (one.kind.as_str(), one.name, one.organization_name)).collect();
    let expected = [
        ("organization", "Kaffe AB", None),
        ("organization", "Fjord AS", None),
        ("organization", "Torg KB", None),
        ("person", "Ann Lee", Some("Lee & Co")),
        ("person", "Solo", None),
    ];
    assert_eq!(told, expected.map(|(kind, name, firm)| (kind, name.to_owned(), firm.map(str::to_owned))));
    Ok(())
}

async fn faults_name_the_card(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = "BEGIN:VCARD\nVERSION:3.0\nFN:Ann\nEND:VCARD\n\nBEGIN:VCARD\nVERSION:3.0\nFN:Bad\nEMAIL:nobody\nEND:VCARD\n\
                BEGIN:VCARD\nFN:Open\nBEGIN:VCARD\nFN:Bob\nEND:VCARD\nBEGIN:VCARD\nFN:Cut";
    let report = crm.import(file, &create()).await?;
    let expected =
        vec![(2, Some("E-mail 1 - Value"), "email_invalid"), (3, None, "card_not_ended"), (5, None, "card_not_ended")];
    assert_eq!((counts(&report), faults(&report)), ([2, 0, 0, 3], expected));
    let told = refusal(crm.import("BEGIN:VCARD\nVERSION:4.0\nEND:VCARD\n", &create()).await);
    assert!(told.starts_with("file_invalid: the file has no card"), "{told}");
    Ok(())
}

async fn cards_are_matched_by_their_ids(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let options = ImportOptions { external_system: Some("nextcloud".to_owned()), ..upsert(MatchBy::ExternalRef) };
    assert_eq!(counts(&crm.import(NEXTCLOUD, &options).await?), [1, 0, 0, 0]);
    let changed = NEXTCLOUD.replace("Istanbul;;34000", "Ankara;;06000");
    assert_eq!(counts(&crm.import(NEXTCLOUD, &options).await?), [0, 0, 1, 0]);
    assert_eq!(counts(&crm.import(changed, &options).await?)[1], 1);
    let cleo = crm.all().await?.remove(0);
    assert_eq!(cleo.external_refs[0].id, "4fbe8971-0bc3-424c-9c26-36c3e1eff6b1");
    Ok(())
}

async fn what_there_is_no_field_for_is_kept(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file = "BEGIN:VCARD\nVERSION:3.0\nFN:Ann\nX-SKYPE:ann.lee\nX-SKYPE:ann2\nGENDER:F\nIMPP;X-SERVICE-TYPE=Jabber:xmpp:ann@x.example\n\
                X-EVOLUTION-SPOUSE:Ben\nURL:https://a.example\nURL:https://b.example\nTZ:+01:00\nGEO:59.9;10.7\nEND:VCARD\n";
    let report = crm.import(file, &create()).await?;
    assert_eq!(counts(&report), [1, 0, 0, 0], "{report:?}");
    let ann = crm.all().await?.remove(0);
    let kept = custom(&ann);
    for (key, value) in [
        ("skype", "ann.lee"),
        ("skype2", "ann2"),
        ("gender", "F"),
        ("instantMessenger", "xmpp:ann@x.example"),
        ("evolutionSpouse", "Ben"),
        ("website2", "https://b.example"),
        ("timeZone", "+01:00"),
    ] {
        assert_eq!(kept[key], value, "{kept}");
    }
    assert_eq!((ann.website.as_deref(), ann.time_zone), (Some("https://a.example"), None));
    Ok(())
}
